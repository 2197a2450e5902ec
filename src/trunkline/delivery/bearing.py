"""What all flows to one target share: its breaker, its retry budget, its limits, its return after an outage.

The decisions are values (``breaker.py``, ``budget.py``, ``pace.py``); this is the one mutable place of each
target that holds them. A flow asks for its turn before it takes an event, and tells what came of the call,
so a call that is refused here costs no event an attempt and changes no order. Turns are given in the order
they were asked for; who stands aside (``aside.py``) has one once nobody else waits.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec

from trunkline.delivery import breaker as breakers
from trunkline.delivery import budget as budgets
from trunkline.delivery import pace as paces
from trunkline.delivery.breaker import BreakerPolicy
from trunkline.delivery.budget import BudgetPolicy
from trunkline.delivery.control import Control
from trunkline.delivery.quota import NEVER, Quota
from trunkline.delivery.standing import Isolation, Outage, Standing
from trunkline.delivery.tally import counted, peak, sums, tally
from trunkline.kernel.clock import SECOND, Clock
from trunkline.kernel.errors import DeliveryError, Stop
from trunkline.kernel.ids import Ids
from trunkline.kernel.signals import BreakerClosed, BreakerOpened, Signals, TargetIsolated, TargetReset

NORMAL_SECONDS = 300.0
"""How far back the highest rate of calls is looked for that was normal before an outage."""

KNOWN_SECONDS = 1.0
"""How long a target must have been called for its normal rate to be known."""

RECEIVER = "receiver"
"""Who isolated a target that said it wants no more calls."""

_SLOTS = 10
_GATHERED = SECOND // 10

_TOGETHER = SECOND // 100
"""While the load returns: how long turns are saved up, to be given together."""


class Terms(msgspec.Struct, frozen=True):
    """What the calls to one target keep to; ``concurrency`` None leaves it to the flows."""

    breaker: BreakerPolicy = BreakerPolicy()
    budget: BudgetPolicy = BudgetPolicy()
    concurrency: int | None = None


class Call(msgspec.Struct, frozen=True, gc=False):
    """Leave to make one call: since when, and whether it is the probe of an open breaker."""

    at: int
    probe: bool


class Sight(msgspec.Struct, frozen=True):
    """How a target is seen now.

    Nobody calls it before ``until`` (microseconds; 0 where they may), ``kind`` and ``detail`` say why.
    ``per_second`` is how many calls a second are permitted while the load returns after an outage; None
    where nothing but the system's limits bounds them.
    """

    state: breakers.State
    until: int
    kind: str
    detail: str
    under_way: int
    retries_left: int
    per_second: float | None


class _Waiting(NamedTuple):
    waiter: asyncio.Future[Call | None]
    control: Control
    room: int


def _staying(line: deque[_Waiting]) -> deque[_Waiting]:
    """Let those go who were told to stop, and return who waits on."""
    for one in line:
        if one.control.stopping and not one.waiter.done():
            one.waiter.set_result(None)
    return deque(one for one in line if not one.waiter.done())


class Bearing:
    """The shared state of one target. Nothing in it waits but ``turn``."""

    def __init__(
        self,
        target: str,
        clock: Clock,
        ids: Ids,
        signals: Signals,
        terms: Terms | None = None,
        quota: Quota | None = None,
    ) -> None:
        self.target = target
        self._clock = clock
        self._ids = ids
        self._signals = signals
        terms = terms or Terms()
        self._slow = round(terms.breaker.slow_seconds * SECOND)
        self._most = terms.concurrency or NEVER
        self._quota = quota
        self._breaker = breakers.closed(terms.breaker)
        self._budget = budgets.budget(terms.budget)
        self._pace: paces.Pace | None = None
        self._calls = tally(NORMAL_SECONDS, _SLOTS, clock.now())
        self._normal, self._known_for = 0.0, 0
        self._isolation: Isolation | None = None
        self._under_way = 0
        # What went well: counted as it happens, and put into the values above every tenth of a second.
        self._gathered_at = 0
        self._begun = self._answered = self._first = self._first_at = 0
        # Who waits for a turn, and the task that gives turns to them while there are any.
        self._line: deque[_Waiting] = deque()
        self._aside: deque[_Waiting] = deque()
        self._bell = Control(clock)
        self._giver: asyncio.Task[None] | None = None

    # Turns.

    async def turn(self, control: Control, *, room: int = NEVER) -> Call | None:
        """Return when a call may begin; None once ``control`` is told to stop and ``ring`` was called.

        Every call that is returned ends by exactly one of ``answered``, ``refused``, ``away`` or ``forgo``.
        Who gives ``room`` stands aside: fewer calls than that have to be under way, and nobody else waits.
        """
        line = self._line if room == NEVER else self._aside
        if control.stopping:
            return None
        if not (self._line or line):
            call, _ = self._begin(room)
            if call is not None:
                return call
        waiter: asyncio.Future[Call | None] = asyncio.get_running_loop().create_future()
        line.append(_Waiting(waiter, control, room))
        self._bell.ring()
        if self._giver is None or self._giver.done():
            self._giver = asyncio.create_task(self._give_turns())
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and (call := waiter.result()):
                self.forgo(call)
            self.ring()
            raise

    def ring(self) -> None:
        """Have those who wait for a turn look again."""
        self._bell.ring()

    async def _give_turns(self) -> None:
        while self._line or self._aside:
            self._bell.hear()
            self._line, self._aside = _staying(self._line), _staying(self._aside)
            until: int | None = None
            while line := self._line or self._aside:
                call, until = self._begin(line[0].room)
                if call is None:
                    break
                line.popleft().waiter.set_result(call)
            if line:
                await self._bell.wait(None if until == NEVER else until, None)
            elif self._quota:
                self._quota.leave(self.ring)

    def _begin(self, room: int) -> tuple[Call | None, int]:
        """Begin a call; where none may begin, return when to ask again."""
        now = self._clock.now()
        pace = None
        if self._breaker.opened or self._breaker.isolated:
            if not breakers.permits(self._breaker, now):
                return None, self._held_until(now)
        elif self._pace:
            pace, until = self._paced(self._pace, now)
            if until:
                return None, until
        if self._under_way >= min(self._most, room):
            return None, NEVER
        if self._quota and (until := self._quota.take(now, self.ring, aside=room != NEVER)):
            return None, until
        probe = bool(self._breaker.opened)
        if probe:
            self._breaker = msgspec.structs.replace(self._breaker, probing=True)
        elif pace:
            self._pace = pace
        else:
            self._begun += 1
        self._under_way += 1
        return Call(now, probe), 0

    def _held_until(self, now: int) -> int:
        """Return when to ask again while the breaker lets nothing through, and stand in no line for it."""
        if self._quota:
            self._quota.leave(self.ring)
        return self._breaker.until if now < self._breaker.until and not self._breaker.isolated else NEVER

    def _paced(self, pace: paces.Pace, now: int) -> tuple[paces.Pace | None, int]:
        """Return the pace as it is once a call begins now, if it holds still, and 0 or when to ask again."""
        if paces.is_over(pace, now):
            self._pace = None
            self._calls = tally(NORMAL_SECONDS, _SLOTS, now)
            return None, 0
        taken, wait = paces.take(pace, now)
        return taken, now + max(wait, _TOGETHER) if wait else 0

    # What came of a call.

    def answered(self, call: Call) -> None:
        """Note that the target took a call, or refused it for good: it is there."""
        now = self._ended()
        taken, breaker = now - call.at, self._breaker
        if breaker.opened or taken > self._slow:
            self._gather(now)
            seconds, chance = taken / SECOND, self._ids.chance()
            self._became(breakers.answered(self._breaker, now, seconds, chance, probe=call.probe), now)
        else:
            self._answered += 1
            if now >= self._gathered_at + _GATHERED:
                self._gather(now)
        self._call_next()

    def refused(self, call: Call, error: DeliveryError, *, first: bool) -> int:
        """Note a call whose every event was refused for now; return until when nobody calls, if so."""
        now, chance = self._failed(), self._ids.chance()
        return self._became(
            breakers.refused(self._breaker, error, now, chance, probe=call.probe, first=first), now
        )

    def away(self, call: Call, error: DeliveryError) -> int:
        """Note a call that failed with nobody to blame; return until when nobody calls, if it says so."""
        now, chance = self._failed(), self._ids.chance()
        return self._became(breakers.away(self._breaker, error, now, chance, probe=call.probe), now)

    def forgo(self, call: Call) -> None:
        """Give a call back that was not made, or of which nothing can be told."""
        self._ended(unused=True)
        if call.probe:
            self._breaker = breakers.unanswered(self._breaker)
        self._call_next()

    def _ended(self, *, unused: bool = False) -> int:
        self._under_way -= 1
        if self._quota:
            self._quota.give_back(unused=unused)
        return self._clock.now()

    def _failed(self) -> int:
        now = self._ended()
        self._gather(now)
        return now

    def _gather(self, now: int) -> None:
        """Put what was counted into the values that decide."""
        if self._begun and not sums(self._calls, now)[0]:
            self._calls = tally(NORMAL_SECONDS, _SLOTS, now)  # what nobody called before says nothing
        self._calls = counted(self._calls, now, self._begun)
        self._budget = budgets.spent(self._budget, self._first_at, self._first, 0)
        if self._answered:
            recent = counted(self._breaker.recent, now, self._answered)
            self._breaker = msgspec.structs.replace(self._breaker, recent=recent, row=0)
        self._begun = self._answered = self._first = 0
        self._gathered_at = now

    def _call_next(self) -> None:
        if self._line or self._aside:
            self._bell.ring()

    def _became(self, after: breakers.Breaker, now: int) -> int:
        """Take on a breaker and tell of what changed; return until when it is open, if that is new."""
        before, self._breaker = self._breaker, after
        self._call_next()
        if before.opened and not after.opened:
            outage = now - before.opened
            self._pace = paces.returning(self._normal, self._known_for, now, outage)
            self._signals.emit(BreakerClosed(self.target, outage / SECOND))
        elif after.opened and not before.opened:
            self._opened(now)
        return after.until if after.until > before.until else 0

    def _opened(self, now: int) -> None:
        self._learn_normal(now)
        breaker = self._breaker
        self._signals.emit(BreakerOpened(self.target, breaker.kind, breaker.detail, breaker.until))

    def _learn_normal(self, now: int) -> None:
        """Note how many calls a second were made before now; those of a slow start are none to go by."""
        self._gather(now)
        if self._pace is None:
            self._known_for = now - self._calls.origin
            known = self._known_for >= KNOWN_SECONDS * SECOND
            self._normal = peak(self._calls, now) if known else 0.0
        self._pace = None

    # The budget.

    def attempt(self, events: int, retries: int) -> None:
        """Count an attempt of ``events``, of which ``retries`` failed before."""
        now = self._clock.now()
        if now >= self._gathered_at + _GATHERED:
            self._gather(now)
        self._first += events - retries
        self._first_at = now
        if retries:
            self._budget = budgets.spent(self._budget, now, 0, retries)

    def retries(self) -> int:
        """Return how many events that failed before may be tried again now."""
        now = self._clock.now()
        self._gather(now)
        return budgets.left(self._budget, now)

    # People, and restarts.

    @property
    def is_closed(self) -> bool:
        """Whether the breaker lets calls through side by side."""
        return not (self._breaker.opened or self._breaker.isolated)

    @property
    def standing(self) -> Standing:
        """What of this has to outlast a restart."""
        breaker, outage = self._breaker, None
        if breaker.opened:
            outage = Outage(breaker.opened, self._normal, breaker.kind, breaker.detail)
        return Standing(self._isolation, outage)

    def sight(self) -> Sight:
        """Return how the target is seen now."""
        now, breaker = self._clock.now(), self._breaker
        pace = self._pace if self._pace and not paces.is_over(self._pace, now) else None
        return Sight(
            breakers.state(breaker, now),
            breaker.until if breaker.opened else 0,
            breaker.kind,
            breaker.detail,
            self._under_way,
            self.retries(),
            paces.permitted(pace, now) if pace else None,
        )

    def resume(self, standing: Standing) -> None:
        """Take up what a process before this one has left: the next call is a probe where it was away."""
        self._isolation = standing.isolation
        self._breaker = msgspec.structs.replace(self._breaker, isolated=standing.isolation is not None)
        if standing.outage is not None:
            was = standing.outage
            self._normal, self._known_for = was.normal, NEVER
            self._breaker = msgspec.structs.replace(
                self._breaker, opened=was.since, kind=was.kind, detail=was.detail
            )

    def isolate(self, isolation: Isolation) -> None:
        """Let nothing go to the target until it is reset; calls under way finish."""
        self._isolation = isolation
        if self.is_closed:
            self._learn_normal(isolation.at)
        self._breaker = msgspec.structs.replace(self._breaker, isolated=True)
        self._signals.emit(TargetIsolated(self.target, isolation.by, isolation.why))

    def heed(self, errors: Sequence[DeliveryError | None], ruled: Collection[str]) -> None:
        """Isolate the target where an error of no kind in ``ruled`` says that it wants no more calls."""
        wishes = [error for error in errors if isinstance(error, Stop) and error.kind not in ruled]
        wish = wishes[0] if wishes else None
        if wish and self._isolation is None:
            self.isolate(Isolation(RECEIVER, f"{wish.kind}: {wish.detail}", self._clock.now()))

    def reset(self, by: str, why: str) -> None:
        """Let calls through again, slowly after an outage, whatever was known of the target."""
        now = self._clock.now()
        since = [self._breaker.opened] * bool(self._breaker.opened)
        since += [self._isolation.at] if self._isolation else []
        self._isolation = None
        self._breaker = breakers.closed(self._breaker.policy)
        if since:
            self._pace = paces.returning(self._normal, self._known_for, now, now - min(since))
        self._signals.emit(TargetReset(self.target, by, why))
        self._call_next()
