"""The heart of delivery: one attempt, step by step.

::

    load -> guard -> map -> send -> judge -> record -> announce

Both ways of delivering walk these steps and differ only in how many events take one together:
``whole.py`` walks a batch of a page through all of them and lets the target commit it with the flow's
progress; ``lanes.py`` loads and guards by the page, sends many calls at a time, records by the group.
Each step takes values and returns values; ``send`` alone acts on the target.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from trunkline.connectors.target import Item, Progress, Target
from trunkline.delivery.flow import Flow
from trunkline.delivery.ledger import Case, Range, State, Try, with_try
from trunkline.delivery.retry import next_attempt
from trunkline.eventlog.port import Page
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import Deferred, DeliveryError, Retryable, Superseded
from trunkline.kernel.event import Event
from trunkline.kernel.outcome import Dead, Dropped, Outcome, RetryAt
from trunkline.kernel.signals import AttemptFailed, BatchDelivered, DeadLettered, Signal
from trunkline.kernel.tracing import replay_parent, replayed_as

Failure: TypeAlias = RetryAt | Dead
Settled: TypeAlias = Literal["", "delivered", "dropped", "case"]

HIDDEN = "***"
"""What stands for an entity key that may be personal."""

DEFERRED_SECONDS = (1, 60)
"""How soon at the least and at the most it is asked again for what was deferred: as long as it waited."""


class Entry(msgspec.Struct, gc=False):
    """One event on its way through the steps.

    ``event`` is None where the log does not hold it any more, or, with ``damage`` saying so, not whole.
    ``case`` is what the ledger knows of it, if it is not new. The rest is the scratch space of ``lanes.py``:
    the next entry of the same key, whether, how and when it was settled, and how many answers the target had
    given when it last refused this one unblamed.
    """

    offset: int
    key: str
    event: Event | None
    case: Case | None = None
    next: Entry | None = None
    settled: Settled = ""
    at: int = 0
    refused_at: int = -1
    damage: str = ""


def load(page: Page) -> list[Entry]:
    """Step 1, for new events: an entry for each event of a page."""
    return [Entry(offset, event.subject, event) for offset, event in enumerate(page.events, page.base)]


def guard(entry: Entry, blocked: Collection[str]) -> Case | None:
    """Step 2: return the held case of an event whose key waits for an older one; None where it may go on."""
    if not entry.key or entry.key not in blocked:
        return None
    return entry.case or held(entry)


def held(entry: Entry) -> Case:
    """Return the case of an event that stays back; one without a key holds nobody and just waits."""
    state: State = "held" if entry.key else "waiting"
    return replace(_new(entry), state=state, holds=bool(entry.key))


class Mapper:
    """Step 3: decode a flow's events, map them, and name each effect by its idempotency key."""

    def __init__(self, flow: Flow) -> None:
        self._map = flow.mapping
        self._decode = flow.decode
        self._replay = flow.replay
        self._seed = hashlib.blake2b(digest_size=16)
        for part in (flow.identity or flow.name, flow.stream):
            self._seed.update(f"{len(part)}:{part}".encode())

    def __call__(self, entry: Entry, now: int) -> Item | Dropped | Dead:
        """Return the item to send, or what came of the event without sending it.

        Every error of a mapping is final: the same record would fail again. Its text stays out of the
        reason, as it may repeat a value of the record; a ``DeliveryError`` of the mapping language does not.
        """
        event = entry.event
        attempt = entry.case.attempts + 1 if entry.case else 1
        if event is None and entry.damage:
            return Dead(attempt, now, "damaged", f"{entry.damage}; restore a backup, then retry")
        if event is None:
            return Dead(attempt, now, "trimmed", "the log no longer holds this event; discard it")
        try:
            record = self._map(self._decode(event.data), event)
        except DeliveryError as error:
            return Dead(attempt, now, error.kind, error.detail)
        except Exception as error:  # noqa: BLE001  a user's mapping may raise anything; no good event may wait for it
            return Dead(
                attempt, now, "mapping", f"the mapping raised {type(error).__name__}; mend it, then retry"
            )
        if record is None:
            return Dropped(now, "mapping")
        key = self.idempotency_key(event, entry.case.renamed if entry.case else 0)
        correlation, parent = event.correlation, event.parent
        if self._replay:
            correlation, parent = replayed_as(correlation, self._replay), replay_parent(correlation)
        return Item(entry.offset, entry.key, key, correlation, attempt, record, parent)

    def idempotency_key(self, event: Event, renamed: int = 0) -> str:
        """Return the name of this event's effect in this flow: the same until a person has it renamed."""
        digest = self._seed.copy()
        digest.update(f"{len(event.source)}:{event.source}{event.id}".encode())
        if renamed:
            digest.update(f"\0{renamed}".encode())
        return "tl_" + digest.hexdigest()


async def send(
    target: Target, items: Sequence[Item], progress: Progress | None
) -> Sequence[DeliveryError | None]:
    """Step 4: call the target; return for each item None or what was wrong with it.

    Raises ``DeliveryError`` where no item is to blame. What a target raises that is none is a bug of its: a
    single item takes the blame for it, so that it ends as a dead letter and does not stop the others.
    """
    try:
        return await target.deliver(items, progress)
    except DeliveryError:
        raise
    except Exception as error:
        bug = Retryable(
            "unexpected", f"target {target.name} raised {type(error).__name__}; report it to its author"
        )
        if len(items) == 1:
            return [bug]
        raise bug from error


def judge(flow: Flow, entry: Entry, error: DeliveryError, now: int, chance: float) -> Failure | Dropped:
    """Step 5: decide what follows a failure, by the flow's policy; what was not sent cost no attempt."""
    case = entry.case
    if isinstance(error, Superseded):
        return Dropped(now, error.kind)
    if isinstance(error, Deferred):
        waited = now - case.since if case and case.since else 0
        wait = min(max(waited, DEFERRED_SECONDS[0] * SECOND), DEFERRED_SECONDS[1] * SECOND)
        return RetryAt(case.attempts if case else 0, now + wait, error.kind, error.detail)
    attempt = case.attempts + 1 - case.forgiven if case else 1
    verdict = next_attempt(flow.policy, attempt, (case and case.since) or now, now, error, chance)
    return replace(verdict, attempt=case.attempts + 1) if case else verdict


def record(flow: Flow, entry: Entry, outcome: Outcome | None, now: int) -> Case:
    """Step 6: write an outcome down as what the ledger keeps of an event that was not simply delivered.

    None stands for delivered, by the attempt after those that the case has.
    """
    case = entry.case or _new(entry)
    if isinstance(outcome, Dropped):
        return replace(case, state="dropped", holds=False, due=0, at=now, reason=outcome.rule)
    if not isinstance(outcome, (RetryAt, Dead)):
        attempts = outcome.attempt if outcome else case.attempts + 1
        return replace(case, state="delivered", holds=False, due=0, at=now, attempts=attempts)
    waits = isinstance(outcome, RetryAt)
    return replace(
        case,
        state="waiting" if waits else "dead",
        holds=bool(entry.key) and (waits or flow.when_dead != "skip"),
        yields=bool(entry.key) and flow.when_dead == "supersede",
        attempts=outcome.attempt,
        due=outcome.at if waits else 0,
        at=now,
        since=case.since or now,
        correlation=_correlation(entry),
        contract=entry.event.contract if entry.event else case.contract,
        tries=with_try(case.tries, Try(now, outcome.kind, outcome.detail)),
    )


def _new(entry: Entry) -> Case:
    time = entry.event.time if entry.event else 0
    return Case(offset=entry.offset, key=entry.key, state="waiting", time=time)


def announce(flow: Flow, entry: Entry, outcome: Failure) -> Signal:
    """Step 7: say what an operator should see of a failure, once it is recorded."""
    event, case = entry.event, entry.case
    about = {
        "target": flow.target,
        "event_id": event.id if event else "",
        "key": entry.key if flow.shows_keys or not entry.key else HIDDEN,
        "contract": event.contract if event else (case.contract if case else ""),
    }
    if isinstance(outcome, RetryAt):
        return AttemptFailed(
            flow=flow.name,
            offset=entry.offset,
            correlation=_correlation(entry),
            attempt=outcome.attempt,
            kind=outcome.kind,
            detail=outcome.detail,
            retry_at=outcome.at,
            **about,
        )
    return DeadLettered(
        flow=flow.name,
        offset=entry.offset,
        correlation=_correlation(entry),
        attempts=outcome.attempt,
        kind=outcome.kind,
        detail=outcome.detail,
        **about,
    )


def report(
    flow: Flow, settled: Range | None, arrived: int, cases: Iterable[Case], now: int
) -> Iterator[Signal]:
    """Say what took effect, once it is recorded: a run whose oldest event ``arrived`` then, and cases."""
    if settled:
        counts = (settled.first, settled.last, settled.delivered, len(settled.dropped))
        yield BatchDelivered(flow.name, *counts, (now - arrived) / SECOND)
    late = [case for case in cases if case.state == "delivered"]
    if late:
        offsets = [case.offset for case in late]
        since = min((case.since for case in late if case.since), default=now)
        yield BatchDelivered(flow.name, min(offsets), max(offsets), len(late), 0, (now - since) / SECOND)


def _correlation(entry: Entry) -> str:
    return entry.event.correlation if entry.event else (entry.case.correlation if entry.case else "")
