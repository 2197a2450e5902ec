"""What an act is: a value that asks for a change, and can be carried to the process that holds the project.

Each kind of act stands beside the use-cases it belongs to; ``app.acts`` does them and writes them down.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from trunkline.kernel.errors import TrunklineError
from trunkline.kernel.roles import Role

SHOWN_ITEMS = 20
"""Of a long list in an act, such as offsets, the audit keeps this many and the count of the rest."""

_TOLD_APART = {"by", "why"}
_PERSONAL = {"key", "keys", "subject"}


class Change(msgspec.Struct, frozen=True):
    """What an act did, for the audit: the states it led from and to, and how many things it changed."""

    before: str = ""
    after: str = ""
    count: int = 0


class Act(msgspec.Struct, frozen=True, tag=True):
    """The base of every act; its tag is its class name. ``role`` is of the process that has to do it.

    One that a person answers for has fields ``by`` and ``why``, and is audited.
    """

    role: ClassVar[Role] = "intake"

    def change(self, result: Any) -> Change:
        """Return what came of it; a list is counted."""
        return Change(count=len(result) if isinstance(result, list) else 1)


def agree(count: int | None, there: int) -> None:
    """Raise ``TrunklineError`` where ``count`` was said of what an act is for, and ``there`` are others."""
    if count is not None and count != there:
        raise TrunklineError(
            f"{there:,} are found now, not {count:,}: look at them again, and say the new count"
        )


def about(act: msgspec.Struct) -> str:
    """Return what an act, or a question, was about as JSON: all but by whom and why, and never a payload.

    Of bytes, which are payload, the number is told; an entity key may be personal and is masked; of a long
    list the beginning is told, and how many there are.
    """
    given = {name: value for name, value in _given(act).items() if name not in _TOLD_APART}
    return msgspec.json.encode(given).decode()


def _given(struct: msgspec.Struct) -> dict[str, Any]:
    """Return the fields that say something: not those that are left at their defaults."""
    fields = {one.name: one for one in msgspec.structs.fields(struct)}
    values = msgspec.structs.asdict(struct).items()
    return {
        name: "***" if name in _PERSONAL else _told(value)
        for name, value in values
        if value and value != fields[name].default
    }


def _told(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return _given(value)
    if isinstance(value, dict):
        return {name: _told(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        rest = len(value) - SHOWN_ITEMS
        return [*map(_told, value[:SHOWN_ITEMS]), *([f"and {rest} more"] if rest > 0 else [])]
    return f"{len(value)} bytes" if isinstance(value, bytes) else value
