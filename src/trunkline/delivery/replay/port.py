"""What a replay is: values, which changes of its state there are, and the port that keeps replays.

A replay delivers events again that its flow had behind it, through the flow's present mapping to its target.
It is a flow of its own in the ledger and in a table's progress, under ``name``; here stands what that flow
is to do and whether it may. ``replays.py`` beside it is the reference, ``trunkline.testkit.replays`` the
suite.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias

import msgspec
from msgspec.structs import replace

State: TypeAlias = Literal["running", "paused", "done", "cancelled", "failed"]
"""``failed`` needs a person to mend something, then it may be resumed; only ``cancelled`` is for good."""

RATE = 50.0
"""Events a second unless a replay says otherwise."""

_MAY: Mapping[State, frozenset[State]] = {
    "running": frozenset({"paused", "done", "cancelled", "failed"}),
    "paused": frozenset({"running", "cancelled"}),
    "failed": frozenset({"running", "cancelled"}),
    "done": frozenset({"running"}),
    "cancelled": frozenset(),
}


class Selection(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which events of a stream: those that every part which is given holds for; by default all.

    ``first`` to ``last`` are offsets, both included. ``since`` and ``until`` bound when an event was
    accepted, in microseconds, the end not included. ``keys`` are entity keys, ``when`` is an expression of
    the mapping language over the event's record.
    """

    first: int = 0
    last: int | None = None
    since: int | None = None
    until: int | None = None
    keys: tuple[str, ...] = ()
    correlation: str = ""
    when: str = ""


class Replay(msgspec.Struct, frozen=True):
    """One replay of a flow.

    ``rate`` is the most events a second. ``exactly`` delivers the selected events and no others, whatever
    has happened to their entities since; otherwise later events of the same entities follow, and what
    newer live events have made pointless is dropped. ``original_identity`` sends the idempotency keys of
    the first delivery. ``bound`` is the offset below which its events lie: where the flow was when it
    first ran, None before. ``planned``, ``delivered`` and ``dead`` are counts of events, as of the last note.
    ``by``, ``why`` and ``created`` say who started it; ``changed_by``, ``changed_why`` and ``changed`` are
    those of its last change of state. Instants are in microseconds.
    """

    id: str
    flow: str
    stream: str
    selection: Selection
    by: str
    why: str
    created: int
    rate: float = RATE
    exactly: bool = False
    original_identity: bool = False
    state: State = "running"
    bound: int | None = None
    planned: int = 0
    delivered: int = 0
    dead: int = 0
    changed: int = 0
    changed_by: str = ""
    changed_why: str = ""

    @property
    def name(self) -> str:
        """The name it has in the ledger and, after the project's, in a table's progress."""
        return f"{self.flow}#{self.id}"

    @property
    def is_open(self) -> bool:
        """Whether it has something left to do, now or once it is resumed."""
        return self.state in ("running", "paused", "failed")


class Change(msgspec.Struct, frozen=True):
    """A change of state, by whom and why, at an instant in microseconds."""

    to: State
    by: str
    why: str
    at: int


def changed(replay: Replay, change: Change) -> Replay | None:
    """Return a replay as a change leaves it; None where there is no such change."""
    if change.to not in _MAY[replay.state]:
        return None
    return replace(replay, state=change.to, changed=change.at, changed_by=change.by, changed_why=change.why)


class Replays(Protocol):
    """Keeps replays. Methods raise ``StoreError`` and nothing of a driver; what they wrote is durable."""

    async def add(self, replay: Replay) -> Replay | None:
        """Store a new replay, unless one of its flow is open: then return that one and store nothing."""

    async def get(self, replay_id: str) -> Replay | None:
        """Return one replay; None where there is none of that id."""

    async def all(self, flow: str = "") -> list[Replay]:
        """Return the replays of one flow or (empty) of all, the newest first."""

    async def fix(self, replay_id: str, bound: int) -> int:
        """Fix the bound of a replay that has none yet, and return the one it has."""

    async def note(self, replay_id: str, planned: int, delivered: int, dead: int) -> None:
        """Note how many events it has to deliver, delivered, and has as dead letters."""

    async def change(self, replay_id: str, change: Change) -> bool:
        """Change its state; tell whether there is such a replay and such a change."""


def flow_of(name: str) -> str:
    """Return the flow that a name in the ledger belongs to: its own, or that of its replay."""
    return name.partition("#")[0]


def is_replay(name: str) -> bool:
    """Tell whether a name in the ledger is that of a replay."""
    return "#" in name
