"""The ledger's port: what each flow did, and what it still owes.

A flow writes here what it settled, and finds here after a restart where it was. A run of events that
were simply delivered is one ``Range``; only an event that was not gets a ``Case`` of its own: it waits
for a retry, is held behind an older event of its key, is a dead letter, or was one of these once.
``memory.py`` beside it is the reference; ``trunkline.testkit.ledger`` is the suite every engine passes.

The one rule an engine keeps by itself: **an open key has a head**. The open cases of a key are those with
``holds``; the oldest is its head and is ``waiting`` or ``dead``. Where a change would leave a ``held``
case as head, it becomes ``waiting``, due at once, in the same transaction. So no crash can leave an event
held behind nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias

import msgspec

State: TypeAlias = Literal["waiting", "held", "dead", "delivered", "dropped", "discarded"]
"""Open: ``waiting`` (tried again when due), ``held`` (behind its key), ``dead`` (a person has to look).
Closed: ``delivered`` (late), ``dropped`` (by the mapping, late), ``discarded`` (by a person)."""

KEPT_TRIES = 20
"""Of an event's failed attempts the first and the latest are kept, this many in all."""

DETAIL_CHARACTERS = 500
"""An attempt's detail is cut to this length."""


class Try(msgspec.Struct, frozen=True, gc=False):
    """One failed attempt: when (microseconds), its short class, and what a person can read about it."""

    at: int
    kind: str
    detail: str


class Case(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An event that was not simply delivered.

    ``key`` is its entity key, ``holds`` whether later events of that key wait for it. ``attempts`` were
    made so far, of which ``forgiven`` count no more because a person asked for new ones. ``due`` is when it
    is tried again, ``at`` when it came to this state, ``since`` when its first attempt was, all in
    microseconds. ``reason`` says why a person discarded it, or which rule dropped it.
    """

    offset: int
    key: str
    state: State
    holds: bool = False
    attempts: int = 0
    forgiven: int = 0
    due: int = 0
    at: int = 0
    since: int = 0
    correlation: str = ""
    reason: str = ""
    tries: tuple[Try, ...] = ()


class Range(msgspec.Struct, frozen=True):
    """Events ``first`` to ``last``, settled together: delivered but for the ``dropped`` and the cases.

    ``attempts`` is how many calls it took, ``started`` and ``finished`` are in microseconds and
    ``delivered`` is how many of them took effect.
    """

    first: int
    last: int
    started: int
    finished: int
    attempts: int = 1
    delivered: int = 0
    dropped: tuple[int, ...] = ()


class Record(msgspec.Struct, frozen=True):
    """What a flow did, for one transaction: its new cursor, the run it settled, the cases that changed.

    ``cursor`` None leaves the cursor. A case replaces what was known of its offset. ``at`` is now.
    """

    flow: str
    at: int
    cursor: int | None = None
    range: Range | None = None
    cases: Sequence[Case] = ()


class Position(msgspec.Struct, frozen=True):
    """Where a flow is: everything below ``cursor`` is settled or a case.

    ``owes`` tells whether a case waits or holds its key.
    """

    cursor: int
    owes: bool


class Ledger(Protocol):
    """What a running flow writes and reads. Methods raise ``StoreError`` and nothing of a driver."""

    async def position(self, flow: str) -> Position | None:
        """Return where ``flow`` is, or None where it never was anywhere."""

    async def record(self, record: Record) -> None:
        """Store all of ``record`` or nothing, durable on return, and give every open key its head."""

    async def rewind(self, flow: str, cursor: int) -> None:
        """Set the cursor and forget every range and case at or above it: they did not take place."""

    async def waiting(self, flow: str, limit: int) -> list[Case]:
        """Return up to ``limit`` waiting cases that are their key's head, soonest due first."""

    async def held(self, flow: str, keys: Sequence[str], limit: int) -> list[Case]:
        """Return what the head of each of ``keys`` holds, up to ``limit`` a key, in order within a key.

        That is the held cases behind the head, up to the next one that is ``waiting`` or ``dead`` itself.
        """

    async def blocked(self, flow: str, keys: Sequence[str]) -> set[str]:
        """Return those of ``keys`` that have an open case: newer events of them have to be held."""

    async def cases(self, flow: str, offsets: Sequence[int]) -> list[Case]:
        """Return what is known of ``offsets`` beyond their ranges, by offset."""


class Fate(msgspec.Struct, frozen=True):
    """What became of one event in one flow.

    ``pending``: not reached yet; ``skipped``: below the cursor, yet never the flow's (it started later, or
    the log had trimmed it). ``attempt`` is the one that gave it effect, or the last that failed.
    """

    state: State | Literal["pending", "skipped"]
    attempt: int = 0
    at: int = 0


class FlowStatus(msgspec.Struct, frozen=True):
    """How a flow stands; its lag is the stream's next offset less ``cursor``.

    ``keep_from`` is the oldest offset it may still have to read: retention keeps from there on.
    """

    flow: str
    cursor: int
    waiting: int
    held: int
    dead: int
    delivered_at: int
    keep_from: int


class Counts(msgspec.Struct, frozen=True):
    """What a flow finished in a span of time: first-time and late deliveries, drops, discards."""

    delivered: int
    late: int
    dropped: int
    discarded: int
    died: int


class CaseQuery(msgspec.Struct, frozen=True):
    """Which cases to list: of one flow or (empty) of all, in one state, after a (flow, offset)."""

    flow: str = ""
    state: State = "dead"
    key: str = ""
    after: tuple[str, int] = ("", -1)
    limit: int = 100


class Retry(msgspec.Struct, frozen=True):
    """A person's answer to a dead letter: try it again, with all attempts of the policy."""


class Discard(msgspec.Struct, frozen=True):
    """A person's answer to a dead letter: never deliver it, and here is why."""

    reason: str


Resolution: TypeAlias = Retry | Discard


class LedgerView(Protocol):
    """What people and surfaces ask the ledger, and how they answer a dead letter."""

    async def status(self) -> list[FlowStatus]:
        """Return how every flow stands, by name."""

    async def fate(self, flow: str, offset: int) -> Fate:
        """Return what became of one event in ``flow``, on which attempt and when."""

    async def find(self, query: CaseQuery) -> list[tuple[str, Case]]:
        """Return cases with their flows, by flow and offset; page on with ``after``."""

    async def resolve(self, flow: str, offset: int, resolution: Resolution, at: int) -> bool:
        """Answer a dead letter; tell whether there was one. The flow notices within seconds."""

    async def counts(self, flow: str, since: int, until: int) -> Counts:
        """Return what ``flow`` finished at or after ``since`` and before ``until`` (microseconds)."""

    async def trim(self, before: int) -> int:
        """Forget ranges and closed cases finished before ``before``; return how many of both went."""


def resolved(case: Case, resolution: Resolution, at: int) -> Case:
    """Return a dead letter as a person's answer leaves it."""
    if isinstance(resolution, Discard):
        return msgspec.structs.replace(case, state="discarded", holds=False, at=at, reason=resolution.reason)
    return msgspec.structs.replace(
        case, state="waiting", holds=case.key != "", forgiven=case.attempts, due=at, at=at, since=0
    )


def with_try(tries: tuple[Try, ...], latest: Try) -> tuple[Try, ...]:
    """Add an attempt to a bounded history: the first few stay, of the rest the latest."""
    cut = msgspec.structs.replace(latest, detail=latest.detail[:DETAIL_CHARACTERS])
    half = KEPT_TRIES // 2
    if len(tries) < KEPT_TRIES:
        return (*tries, cut)
    return (*tries[:half], *tries[half + 1 :], cut)
