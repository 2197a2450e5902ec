"""The ledger's port: what each flow did, and what it still owes.

A flow writes here what it settled, and finds here after a restart where it was. A run of events that
were simply delivered is one ``Range``; only an event that was not gets a ``Case`` of its own: it waits
for a retry, is held behind an older event of its key, is a dead letter, or was one of these once.
``memory.py`` beside it is the reference; ``trunkline.testkit.ledger`` is the suite every engine passes.

The one rule an engine keeps by itself: **an open key has a head**. The open cases of a key are those with
``holds``; the oldest is its head and is ``waiting`` or ``dead``. Where a change would leave a ``held``
case as head, it becomes ``waiting``, due at once, in the same transaction: no crash leaves one held for ever.

A dead case that ``yields`` is no head: what is behind it goes on, and where one of that is delivered, the
dead letter becomes ``superseded`` in the same transaction. It still holds in that newer events of its key
become cases, so the ledger sees them delivered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias, TypeVar

import msgspec
from msgspec.structs import replace

from trunkline.connectors.reply import Reply
from trunkline.kernel.sketch import EMPTY, Sketch

T = TypeVar("T")

State: TypeAlias = Literal["waiting", "held", "dead", "delivered", "dropped", "discarded", "superseded"]
"""Open: ``waiting`` (tried again when due), ``held`` (behind its key), ``dead`` (a person has to look).
Closed: ``delivered`` (late), ``dropped`` (by the mapping, late), ``discarded`` (by a person), ``superseded``
(a newer state of its key was delivered, which makes the dead letter moot)."""

KEPT_TRIES = 20
"""Of an event's failed attempts the first and the latest are kept, this many in all."""

DETAIL_CHARACTERS = 500
"""An attempt's detail is cut to this length."""

KEPT_ANSWERS = 20
"""Of a person's answers to a dead letter the first and the latest are kept, this many in all."""


class Try(msgspec.Struct, frozen=True, gc=False):
    """One failed attempt: when (microseconds), its short class, and what a person can read about it."""

    at: int
    kind: str
    detail: str


class Answer(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What a person did with a dead letter: when (microseconds), how, who, and why.

    ``changed`` names the fields that an edit changed, as dotted paths, without their values.
    """

    at: int
    how: Literal["retry", "discard", "edit"]
    by: str
    why: str = ""
    changed: tuple[str, ...] = ()


class Case(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An event that was not simply delivered.

    ``key`` is its entity key, ``holds`` whether later events of that key wait for it. ``attempts`` were
    made so far, of which ``forgiven`` count no more because a person asked for new ones. ``due`` is when it
    is tried again, ``at`` when it came to this state, ``since`` when its first attempt was, all in
    microseconds. ``reason`` says why a person discarded it, or which rule dropped it. ``contract`` is the
    event's, known once an attempt failed.

    ``edited`` is the record, as JSON, that a person put in place of the event's; empty without one. The
    event stays in the log as it came. ``yields`` says that, while it is dead, newer events of its key go on
    and make it moot. ``renamed`` counts how often a person had its effect sent under a new idempotency key.
    ``time`` is the event's own, 0 where it is not known; ``died`` is when it first became a dead letter, 0
    where it never was or still is one for the first time.
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
    contract: str = ""
    edited: bytes = b""
    renamed: int = 0
    answers: tuple[Answer, ...] = ()
    yields: bool = False
    time: int = 0
    died: int = 0

    @property
    def gives_way(self) -> bool:
        """Whether newer events of its key do not wait for it."""
        return self.yields and self.state == "dead"


class Range(msgspec.Struct, frozen=True):
    """Events ``first`` to ``last``, settled together: delivered but for the ``dropped`` and the cases.

    ``attempts`` is how many calls it took, ``started`` and ``finished`` are in microseconds and
    ``delivered`` is how many of them took effect, ``lags`` how long after their own times.
    """

    first: int
    last: int
    started: int
    finished: int
    attempts: int = 1
    delivered: int = 0
    dropped: tuple[int, ...] = ()
    lags: Sketch = EMPTY


class StoredReply(msgspec.Struct, frozen=True):
    """What the caller of an event is told; ``name`` is the idempotency key that the target was asked by."""

    offset: int
    name: str
    reply: Reply


class Record(msgspec.Struct, frozen=True):
    """What a flow did, for one transaction: its new cursor, the run it settled, the cases that changed.

    ``cursor`` None leaves the cursor. A case replaces what was known of its offset; of the ``replies`` to an
    offset the first stays. ``at`` is now. ``stream`` is the one that the flow reads, where it is known.
    """

    flow: str
    at: int
    cursor: int | None = None
    range: Range | None = None
    cases: Sequence[Case] = ()
    replies: Sequence[StoredReply] = ()
    stream: str = ""


class Position(msgspec.Struct, frozen=True):
    """Where a flow is: below ``cursor`` all is settled or a case; it ``owes`` where one waits or holds.

    ``dead``: one is a dead letter. ``stream``: where it is a place, as first recorded; empty in old records.
    """

    cursor: int
    owes: bool
    stream: str = ""
    dead: bool = False


class Ledger(Protocol):
    """What a running flow writes and reads. Methods raise ``StoreError`` and nothing of a driver."""

    async def position(self, flow: str) -> Position | None:
        """Return where ``flow`` is, or None where it never was anywhere."""

    async def record(self, record: Record) -> None:
        """Store all of ``record`` or nothing, durable on return, and give every open key its head.

        The same record once more changes nothing: where it failed, it may be stored all the same.
        """

    async def rewind(self, flow: str, cursor: int) -> None:
        """Set the cursor and forget every range, case and reply at or above it: they did not take place."""

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
    the log had trimmed it). ``attempt`` is the one that gave it effect, or the last that failed. ``began`` is
    when the run that it was settled in began, of which it is known no better.
    """

    state: State | Literal["pending", "skipped"]
    attempt: int = 0
    at: int = 0
    began: int = 0


class FlowStatus(msgspec.Struct, frozen=True):
    """How a flow stands; its lag is the stream's next offset less ``cursor``.

    ``keep_from`` is the oldest offset it may still have to read: retention keeps from there on.
    ``waiting_from`` is the oldest that waits for a retry, None where none does.
    """

    flow: str
    cursor: int
    waiting: int
    held: int
    dead: int
    delivered_at: int
    keep_from: int
    waiting_from: int | None = None


class Counts(msgspec.Struct, frozen=True):
    """What a flow finished in a span of time: first-time and late deliveries, drops, discards, deaths.

    ``superseded`` are the dead letters that a newer state of their key made moot.
    """

    delivered: int
    late: int
    dropped: int
    discarded: int
    died: int
    superseded: int = 0


class CaseQuery(msgspec.Struct, frozen=True):
    """Which cases to find: those in ``state`` that carry every value given here; empty means any.

    ``offsets`` names them one by one. ``kind`` is the class of the latest failure, ``cause`` its text as
    ``cause_of`` writes it, ``text`` a part of its detail, letter by letter. ``since`` and ``until`` bound
    when they came to their state, in microseconds, the end not included. ``after`` is the last (flow,
    offset) of the page before: pages do not shift when cases leave.
    """

    flow: str = ""
    state: State = "dead"
    key: str = ""
    after: tuple[str, int] = ("", -1)
    limit: int = 100
    offsets: tuple[int, ...] = ()
    kind: str = ""
    cause: str = ""
    text: str = ""
    correlation: str = ""
    contract: str = ""
    since: int = 0
    until: int = 0


class CaseGroup(msgspec.Struct, frozen=True):
    """Cases of one flow that failed for one cause: how many, of how many entity keys.

    ``holds_back`` is how many held events stand behind them, ``first`` and ``last`` are when they came to
    their state, in microseconds, and ``example`` is the lowest of their offsets.
    """

    flow: str
    kind: str
    cause: str
    cases: int
    keys: int
    holds_back: int
    first: int
    last: int
    example: int


class Retry(msgspec.Struct, frozen=True):
    """A person's answer to a dead letter: try it again, with all attempts of the policy.

    ``new_key`` sends its effect under another idempotency key: for a receiver that keeps the refusal it
    gave under the old one.
    """

    by: str = ""
    why: str = ""
    new_key: bool = False


class Discard(msgspec.Struct, frozen=True):
    """A person's answer to a dead letter: never deliver it, and here is why."""

    reason: str
    by: str = ""


class Edit(msgspec.Struct, frozen=True):
    """A person's answer to a dead letter: deliver ``record`` (JSON) in its place from the next attempt on.

    It stays a dead letter until it is retried. ``changed`` names the fields that differ.
    """

    record: bytes
    changed: tuple[str, ...] = ()
    by: str = ""
    why: str = ""


Resolution: TypeAlias = Retry | Discard | Edit


class Letters(Protocol):
    """How people find the cases of flows, and how they answer a dead letter."""

    async def find(self, query: CaseQuery) -> list[tuple[str, Case]]:
        """Return cases with their flows, by flow and offset; page on with ``after``."""

    async def groups(self, query: CaseQuery) -> list[CaseGroup]:
        """Return all that ``query`` asks for, grouped by flow and cause, the largest group first.

        ``after`` counts here, ``limit`` does not. Groups of one size come by flow, kind and cause.
        """

    async def holds_back(self, flow: str, offsets: Sequence[int]) -> dict[int, int]:
        """Return how many held events stand behind each open case: none unless it is its key's head."""

    async def resolve(self, flow: str, offset: int, resolution: Resolution, at: int) -> bool:
        """Answer a dead letter; tell whether there was one. The flow notices within seconds.

        One that gave way is not retried while a newer event of its key waits: it would come after that.
        """


class Replies(Protocol):
    """What a ledger keeps of the answers that callers wait for."""

    async def reply(self, flow: str, offset: int) -> Reply | None:
        """Return what is stored for the caller of an event."""

    async def replies(self, flow: str, offsets: Sequence[int]) -> dict[int, Reply]:
        """Return what is stored for the callers of several events, by offset."""

    async def reply_named(self, flow: str, name: str) -> Reply | None:
        """Return the latest reply that is stored under an idempotency key."""

    async def trim_replies(self, before: int) -> int:
        """Forget replies stored before ``before`` (microseconds); return how many went."""


class LedgerView(Protocol):
    """What people and surfaces ask the ledger about flows and their events."""

    async def status(self) -> list[FlowStatus]:
        """Return how every flow stands, by name."""

    async def fate(self, flow: str, offset: int) -> Fate:
        """Return what became of one event in ``flow``, on which attempt and when."""

    async def fates(self, flow: str, offsets: Sequence[int]) -> list[Fate]:
        """Return what became of each of several events, in the order asked."""

    async def counts(self, flow: str, since: int, until: int) -> Counts:
        """Return what ``flow`` finished at or after ``since`` and before ``until`` (microseconds)."""

    async def trim(self, before: int) -> int:
        """Forget ranges and closed cases finished before ``before``; return how many of both went."""


def resolved(case: Case, resolution: Resolution, at: int) -> Case:
    """Return a dead letter as a person's answer leaves it."""
    if isinstance(resolution, Edit):
        answer = Answer(at, "edit", resolution.by, resolution.why, resolution.changed)
        return replace(case, edited=resolution.record, answers=_with(case.answers, answer, KEPT_ANSWERS))
    if isinstance(resolution, Discard):
        answers = _with(case.answers, Answer(at, "discard", resolution.by, resolution.reason), KEPT_ANSWERS)
        left = replace(case, answers=answers, died=case.died or case.at)
        return replace(left, state="discarded", holds=False, at=at, reason=resolution.reason)
    return replace(
        case,
        died=case.died or case.at,
        state="waiting",
        holds=case.key != "",
        forgiven=case.attempts,
        due=at,
        at=at,
        since=0,
        renamed=case.renamed + resolution.new_key,
        answers=_with(case.answers, Answer(at, "retry", resolution.by, resolution.why), KEPT_ANSWERS),
    )


def with_try(tries: tuple[Try, ...], latest: Try) -> tuple[Try, ...]:
    """Add an attempt to a bounded history: the first few stay, of the rest the latest."""
    return _with(tries, replace(latest, detail=latest.detail[:DETAIL_CHARACTERS]), KEPT_TRIES)


def _with(history: tuple[T, ...], latest: T, kept: int) -> tuple[T, ...]:
    half = kept // 2
    return (*history, latest) if len(history) < kept else (*history[:half], *history[half + 1 :], latest)
