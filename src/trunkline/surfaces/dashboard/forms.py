"""What may be asked of the control room that changes something: forms as data, each for one act.

A form first says what will happen and to how many, and asks why; then it makes the same act as the command
line does. One that is refused comes back with what was typed and what is wrong with it. ``pages.FORMS`` lists
them all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from trunkline.app.act import Act
from trunkline.app.acts import perform, remote
from trunkline.app.backbone import Backbone
from trunkline.app.verdicts import several
from trunkline.kernel.errors import TrunklineError, UsageError
from trunkline.surfaces.dashboard.page import Asked
from trunkline.surfaces.identity import Permission

PATIENCE_SECONDS = 5.0
"""How long a form for many goes on, a piece after the other, before it says how far it is."""


class Mistaken(UsageError):
    """What stands in ``field`` of a form is refused, so nothing was changed."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


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
    be typed in. ``progress`` is how many of how many are behind it already, of a form that is sent again for
    the rest.
    """

    title: str
    says: tuple[str, ...]
    back: str
    fields: Mapping[str, str] = {}
    affected: int | None = None
    checked: tuple[tuple[str, str], ...] = ()
    inputs: tuple[Input, ...] = ()
    progress: tuple[int, int] | None = None


def of_many(asked: Asked, verb: str, noun: str, there: int, piece: int, **more: Any) -> Asking:
    """Ask about ``there`` things that are chosen, ``piece`` an act; of what is left, where some are done.

    The form is sent with their count, so that the act is refused where there are others by then.
    ``more`` are the other parts of an ``Asking``.
    """
    seen = asked.number("seen", 0) if asked.value("after") else 0
    says, fields = list(more.pop("says")), {**more.pop("fields"), "count": str(there)}
    if seen:
        fields |= {"after": asked.value("after"), "seen": str(seen)}
    if seen or there > piece:
        says.append(
            f"{piece:,} are answered at a time, each time with a line in the audit. You can stop between."
        )
    title = (
        f"{verb} {several(there, noun) if there or not seen else f'{noun}s'}{' still left' if seen else ''}?"
    )
    progress = (seen, seen + there) if seen else None
    return Asking(
        title,
        tuple(says),
        fields=fields,
        affected=there or None if seen else there,
        progress=progress,
        **more,
    )


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
    ``tells`` one sentence on what came of it; it raises ``Mistaken`` where that is nothing. A ``grave`` one
    cannot be taken back. Who sends it has the permission ``may``. One that ``shows`` personal data has it in
    the answer, and nowhere else.

    ``leads`` returns the page to go on at, where it is there only now. ``tries`` tells what would come of it,
    and changes nothing. A form for many has ``behind``: of what one act answered the place that the next one
    begins at, its field ``after``, and empty where nothing is left.
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
    leads: Callable[[Any], str] | None = None
    tries: Callable[[Asked], Awaitable[Sequence[str]]] | None = None
    behind: Callable[[Any], str] | None = None


class Came(msgspec.Struct, frozen=True):
    """What came of a form: one sentence, and the page to go on at, empty for the one that it said.

    ``left`` asks for what is left, where there is more than was done in one go; ``problem`` is why the rest
    was not done as well.
    """

    text: str
    at: str = ""
    left: Asked | None = None
    problem: str = ""


async def done(form: Form, asked: Asked, by: str) -> Came:
    """Do what a form asks for; raises ``Mistaken`` where nobody says why."""
    why = asked.value("why").strip()
    if not why:
        raise Mistaken("why", "say why: it is kept in the audit, for whoever asks later")
    if form.behind is not None:
        return await _piecewise(form, asked, by, why)
    result = await _performed(asked.backbone, form.acts(asked, by, why))
    return Came(form.tells(result), form.leads(result) if form.leads else "")


async def _piecewise(form: Form, asked: Asked, by: str, why: str) -> Came:
    """Make act after act, until nothing is left or patience is over; each is in the audit."""
    assert form.behind is not None
    clock, results, left = asked.backbone.machine.clock, list[Any](), asked
    last = clock.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            piece = await _performed(asked.backbone, form.acts(left, by, why))
        except TrunklineError as error:
            if not results:
                raise
            return Came(form.tells(results), left=left, problem=str(error))
        results += piece
        behind, seen = form.behind(piece), left.number("seen", 0) + len(piece)
        if not behind:
            whole = f" {seen:,} were gone through in all." if asked.value("after") else ""
            return Came(form.tells(results) + whole)
        count = {"count": str(left.number("count", 0) - len(piece))} if left.value("count") else {}
        left = replace(asked, query={**asked.query, "after": behind, "seen": str(seen), **count})
        if clock.monotonic() >= last:
            return Came(form.tells(results), left=left)


async def _performed(backbone: Backbone, act: Act) -> Any:
    """Do an act here, or have the process do it that has its role."""
    if act.role in backbone.roles:
        return await perform(backbone, act)
    return await remote(backbone.project, act)


def counted(asked: Asked) -> int | None:
    """Return how many a form was shown to be for, as ``of_many`` put it in; None where it says nothing."""
    return asked.number("count", 0) if asked.value("count") else None
