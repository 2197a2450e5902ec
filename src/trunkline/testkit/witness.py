"""Watches one flow at its borders and says where it breaks a promise, at the moment it does.

``history.py`` judges what reached the place in the end. A witness hears of every call, every answer, every
record and every act of a person, in their order, and knows what the place really took: so it sees a claim
that is not true yet, an event that overtakes another, an attempt too many or too soon, even where a later
step would have made up for it. Whoever drives the flow tells it; it changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import msgspec

from trunkline.connectors.target import Item
from trunkline.delivery.breaker import GROWTH, BreakerPolicy
from trunkline.delivery.ledger import Case, Discard, Range, Record, Resolution, State
from trunkline.kernel.clock import SECOND, Clock
from trunkline.kernel.errors import DeliveryError, Final, Retryable
from trunkline.kernel.event import Event
from trunkline.testkit.targets import Place

_CLOSED: tuple[State, ...] = ("delivered", "dropped", "discarded", "superseded")


class Rules(msgspec.Struct, frozen=True):
    """What a flow was told to do.

    ``attempts`` and ``longest_seconds`` are its policy's; ``gives_up_early`` says that the total time may
    end its attempts before. With ``skips`` a dead letter holds nobody. ``drops`` tells which offsets its
    mapping drops.
    """

    attempts: int
    longest_seconds: float
    gives_up_early: bool
    skips: bool
    drops: Callable[[int], bool]


class Witness:
    """Hears what a flow does with ``events`` (which may grow) and keeps what is wrong, in ``faults``.

    ``passed`` are the offsets that may have been dead letters at some time, recorded or not.
    """

    def __init__(self, rules: Rules, events: Sequence[Event], place: Place, clock: Clock) -> None:
        self.faults: list[str] = []
        self.passed: set[int] = set()
        self.repeats: list[int] = []
        self._rules = rules
        self._events = events
        self._place = place
        self._clock = clock
        self._looked_at = 0
        self._took: set[int] = set()
        self._keys: dict[str, list[int]] = {}
        self._known = 0
        self._names: dict[int, str] = {}
        self._under_way: set[str] = set()
        self._said: dict[int, dict[str, DeliveryError]] = {}
        self._latest: dict[int, tuple[DeliveryError, int]] = {}
        self._cases: dict[int, Case] = {}
        self._ranges: list[Range] = []
        self._cursor = 0

    # Calls and answers.

    def retries(self, items: Sequence[Item]) -> set[int]:
        """Return the offsets of ``items`` that failed before, since a person last asked for an attempt."""
        forgiven = {offset: case.forgiven for offset, case in self._cases.items()}
        return {item.offset for item in items if item.attempt - forgiven.get(item.offset, 0) > 1}

    def starts_over(self) -> None:
        """Note that the flow begins anew: what was under way before is nobody's business any more."""
        self._under_way.clear()

    def called(self, items: Sequence[Item]) -> None:
        """Note that a call with ``items`` begins."""
        self._look()
        if any(item.offset in self._names for item in items):
            self.repeats.append(self._clock.now())
        with_it: set[int] = set()
        for item in items:
            self._check_name(item)
            self._check_turn(item, with_it)
            self._check_state(item)
            with_it.add(item.offset)
        keys = {item.subject for item in items if item.subject}
        if keys & self._under_way:
            self._blame(items[0].offset, "two calls for one key are under way together")
        self._under_way |= keys

    def answered(self, items: Sequence[Item], verdicts: Sequence[DeliveryError | None]) -> None:
        """Note how a call ended: a verdict on each item; an error that blamed none stands for each."""
        self._look()
        now = self._clock.now()
        for item, verdict in zip(items, verdicts, strict=True):
            self._under_way.discard(item.subject)
            if verdict is not None:
                self._hear(item.offset, verdict, item.attempt, now)

    def left(self, items: Sequence[Item]) -> None:
        """Note that whoever made a call did not wait for its end."""
        self._under_way -= {item.subject for item in items}

    def broke(self, offset: int) -> None:
        """Note that the flow's mapping raised for an event."""
        self._hear(offset, Final("mapping", ""), 0, self._clock.now())

    def _hear(self, offset: int, error: DeliveryError, attempt: int, now: int) -> None:
        self._said.setdefault(offset, {})[error.kind] = error
        self._latest[offset] = (error, now)
        if isinstance(error, Final) or attempt >= self._rules.attempts or self._rules.gives_up_early:
            self.passed.add(offset)

    def _check_name(self, item: Item) -> None:
        if self._names.setdefault(item.offset, item.idempotency_key) != item.idempotency_key:
            self._blame(item.offset, "was sent under two idempotency keys")

    def _check_turn(self, item: Item, with_it: set[int]) -> None:
        """Look whether all that is older in its key is through, or goes with it."""
        if not item.subject:
            return
        waiting = self._keys[item.subject]
        while waiting and self._is_through(waiting[0]):
            waiting.pop(0)
        for older in waiting:
            if older >= item.offset:
                break
            if older not in with_it and not self._is_through(older):
                self._blame(item.offset, f"was sent while the older {older} of its key was open")
                break

    def _is_through(self, offset: int) -> bool:
        case = self._cases.get(offset)
        discarded = case is not None and case.state == "discarded"
        skipped = self._rules.skips and offset in self.passed
        return offset in self._took or discarded or skipped or self._rules.drops(offset)

    def _check_state(self, item: Item) -> None:
        case = self._cases.get(item.offset)
        if item.attempt - (case.forgiven if case else 0) > self._rules.attempts:
            self._blame(item.offset, f"attempt {item.attempt} is more than its policy allows")
        if case is None:
            return
        if case.state == "dead" or case.state in _CLOSED:
            self._blame(item.offset, f"was sent although it is {case.state}")
        if case.state == "waiting" and self._clock.now() < case.due:
            early = (case.due - self._clock.now()) / SECOND
            self._blame(item.offset, f"was sent {early:.3f} s before it was due")

    # What is written down.

    def recorded(self, record: Record) -> None:
        """Note that a record is durable."""
        self._look()
        for case in record.cases:
            if case == self._cases.get(case.offset):
                continue  # the same record once more: it failed and was stored all the same
            self._check_case(case, self._cases.get(case.offset))
            self._cases[case.offset] = case
            if case.state == "dead":
                self.passed.add(case.offset)
        if record.range is not None:
            self._check_range(record.range)
            self._ranges.append(record.range)
        if record.cursor is not None:
            self._check_cursor(record.cursor)
            self._cursor = record.cursor

    def rewound(self, cursor: int) -> None:
        """Note that what was recorded at or above ``cursor`` did not take place."""
        self._cursor = cursor
        self._ranges = [settled for settled in self._ranges if settled.last < cursor]
        self._cases = {offset: case for offset, case in self._cases.items() if offset < cursor}

    def resolved(self, offset: int, resolution: Resolution) -> None:
        """Note that a person answered a dead letter."""
        case = self._cases.get(offset)
        if case is None or case.state != "dead":
            self._blame(offset, "was answered and is no dead letter")
        elif isinstance(resolution, Discard):
            self._cases[offset] = msgspec.structs.replace(case, state="discarded")
        else:
            self._cases[offset] = msgspec.structs.replace(
                case, state="waiting", forgiven=case.attempts, due=self._clock.now()
            )

    def _check_case(self, case: Case, before: Case | None) -> None:
        if before is not None and before.state in _CLOSED:
            self._blame(case.offset, f"was {before.state} and became {case.state}")
        if before is not None and before.state == "dead" and case.state != "dead":
            self._blame(case.offset, f"was dead, nobody answered it, and it became {case.state}")
        if case.state == "delivered" and case.offset not in self._took:
            self._blame(case.offset, "is recorded as delivered and the target never had it")
        if case.state == "dropped" and not self._rules.drops(case.offset):
            self._blame(case.offset, "is recorded as dropped and no rule drops it")
        if case.state == "discarded":
            self._blame(case.offset, "is recorded as discarded by the flow itself")
        if (
            case.state in ("waiting", "dead")
            and case.tries
            and case.tries != (before.tries if before else ())
        ):
            self._check_failure(case)

    def _check_failure(self, case: Case) -> None:
        """Look whether a failure that is written down is one that was told of this very event."""
        kind = case.tries[-1].kind
        error = self._said.get(case.offset, {}).get(kind)
        if error is None:
            self._blame(case.offset, f"is recorded as failed by {kind}, which nobody said of it")
            return
        attempts = case.attempts - case.forgiven
        if case.state == "dead":
            early = isinstance(error, Retryable) and attempts < self._rules.attempts
            if early and not self._rules.gives_up_early:
                self._blame(case.offset, f"is dead after {attempts} attempts of {self._rules.attempts}")
            return
        if attempts >= self._rules.attempts:
            self._blame(case.offset, f"waits for more than {self._rules.attempts} attempts")
        if isinstance(error, Final):
            self._blame(case.offset, f"waits although {kind} is final")
        self._check_wish(case)

    def _check_wish(self, case: Case) -> None:
        error, at = self._latest[case.offset]
        wish = getattr(error, "retry_after_seconds", None) or 0.0
        least = at + round(min(wish, self._rules.longest_seconds) * SECOND)
        if case.due < least:
            early = (least - case.due) / SECOND
            self._blame(case.offset, f"is due {early:.3f} s before the target wished")

    def _check_cursor(self, cursor: int) -> None:
        """Look whether all that the cursor passes is in a run, or a case."""
        if cursor < self._cursor:
            self._blame(cursor, f"is where the cursor went back to, from {self._cursor}")
        settled = {o for one in self._ranges for o in range(max(one.first, self._cursor), one.last + 1)}
        for offset in range(self._cursor, cursor):
            if offset not in settled and offset not in self._cases:
                self._blame(offset, "was passed by the cursor and is not settled")

    def _check_range(self, settled: Range) -> None:
        for other in self._ranges:
            # the same run once more is a record that failed and was stored all the same
            if other != settled and settled.first <= other.last and other.first <= settled.last:
                self._blame(settled.first, f"runs {other.first}-{other.last} and {settled.last} overlap")
        plain = [o for o in range(settled.first, settled.last + 1) if o not in self._cases]
        for offset in plain:
            if offset in settled.dropped:
                if not self._rules.drops(offset):
                    self._blame(offset, "is recorded as dropped and no rule drops it")
            elif offset not in self._took:
                self._blame(offset, "is recorded as delivered and the target never had it")
        delivered = len(set(plain) - set(settled.dropped))
        if settled.delivered != delivered:
            self._blame(settled.first, f"a run counts {settled.delivered} delivered and has {delivered}")

    # What it knows.

    def _look(self) -> None:
        """Note what the place took and the stream got since the last time."""
        received = self._place.received
        self._took.update(one.offset for one in received[self._looked_at :])
        self._looked_at = len(received)
        for offset in range(self._known, len(self._events)):
            self._keys.setdefault(self._events[offset].subject, []).append(offset)
        self._known = len(self._events)

    def _blame(self, offset: int, what: str) -> None:
        self.faults.append(f"event {offset} {what}")


def storms(
    spans: Iterable[tuple[int, int]],
    repeats: Sequence[int],
    starts: Sequence[int],
    concurrency: int,
    policy: BreakerPolicy,
) -> Iterable[str]:
    """Yield the spans in which a target was away and was asked again more often than probing needs.

    ``repeats`` are the calls of all flows that any of them had made before, ``starts`` the processes. In
    each there may be as many calls as fit side by side, and as many refusals as open the breaker, before it
    is seen that the target is away; then pauses grow from half the first interval to half the longest.
    """
    for begin, end in spans:
        calls = sum(begin <= at < end for at in repeats)
        begun = 1 + sum(begin <= at < end for at in starts)
        most = begun * (concurrency + policy.minimum + _probes((end - begin) / begun / SECOND, policy))
        if calls > most:
            yield f"{calls} repeated calls in {(end - begin) / SECOND:g} s in which the target was away"


def _probes(seconds: float, policy: BreakerPolicy) -> float:
    """Return how many probes there may be in a span: as many as grow, and then one each longest pause."""
    first, longest = policy.open_seconds / 2, policy.longest_seconds / 2
    growing = math.log(longest / first) / math.log(GROWTH) + 1
    within = math.log1p(seconds * (GROWTH - 1) / first) / math.log(GROWTH) + 1
    if within <= growing:
        return within
    return growing + seconds / longest
