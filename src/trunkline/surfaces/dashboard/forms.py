"""What may be asked of the control room that changes something: forms as data, each for one act.

A form first says what will happen and to how many, and asks why; then it makes the same act as the command
line does. ``pages.FORMS`` lists them all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from trunkline.app.act import Act
from trunkline.app.acts import perform, remote
from trunkline.app.backbone import Backbone
from trunkline.kernel.errors import UsageError
from trunkline.surfaces.dashboard.page import Asked
from trunkline.surfaces.identity import Permission


class Input(msgspec.Struct, frozen=True):
    """Something to be typed in: the field, what it is called, and what may stand in it.

    ``value`` stands in it before; an ``optional`` one may be left empty.
    """

    name: str
    label: str
    hint: str = ""
    value: str = ""
    optional: bool = False


class Asking(msgspec.Struct, frozen=True):
    """What a form says before anything happens: its title, what will come of it, and to how many.

    ``fields`` are sent with it as they are; ``back`` is the page to go on at. ``affected`` 0 leaves nothing
    to do; None is not counted. ``checked`` are further choices: a field and what it says; ``inputs`` are to
    be typed in.
    """

    title: str
    says: tuple[str, ...]
    back: str
    fields: Mapping[str, str] = {}
    affected: int | None = None
    checked: tuple[tuple[str, str], ...] = ()
    inputs: tuple[Input, ...] = ()


REVEALS = (
    "It is shown once, in the answer to this form, and on no other page.",
    "That you look is in the audit before you see anything.",
)
"""What every form says that shows personal data."""


class Revealed(msgspec.Struct, frozen=True):
    """Personal data as it is: what it is of, the page it belongs to, and each part with its heading."""

    title: str
    back: str
    parts: tuple[tuple[str, Any], ...]


class Form(msgspec.Struct, frozen=True):
    """A form: ``name`` is its address below ``/control/act``, ``button`` what is pressed.

    ``asks`` returns what it says of a request, ``acts`` the act that a request asks for by whom and why, and
    ``tells`` one sentence on what came of it. A ``grave`` one cannot be taken back. Who sends it has the
    permission ``may``. One that ``shows`` personal data has it in the answer, and nowhere else.
    """

    name: str
    button: str
    does: str
    asks: Callable[[Asked], Awaitable[Asking]]
    acts: Callable[[Asked, str, str], Act]
    tells: Callable[[Any], str]
    grave: bool = False
    may: Permission = "act"
    shows: Callable[[Asked], Awaitable[Revealed]] | None = None


async def done(form: Form, asked: Asked, by: str) -> str:
    """Do what a form asks for, and tell what came of it; raises ``UsageError`` where nobody says why."""
    why = asked.value("why").strip()
    if not why:
        raise UsageError("say why: it is kept in the audit, for whoever asks later")
    return form.tells(await _performed(asked.backbone, form.acts(asked, by, why)))


async def _performed(backbone: Backbone, act: Act) -> Any:
    """Do an act here, or have the process do it that has its role."""
    if act.role in backbone.roles:
        return await perform(backbone, act)
    return await remote(backbone.project, act)
