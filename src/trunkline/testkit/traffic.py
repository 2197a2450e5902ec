"""Watches all calls of one process to a target, and to a system, and says where they break the shared terms.

A ``Witness`` watches one flow. What flows to a target share (its breaker, its budget of retries, the limits
of its system) is broken by all of them together, so a ``Traffic`` hears of each call of every flow as it
begins and as it ends, at the border, and asks nobody who counts them behind it. After a restart all of it
is learned anew: each process has a ``Traffic`` of its own.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence

import msgspec

from trunkline.connectors.target import Item
from trunkline.delivery.bearing import Terms
from trunkline.kernel.clock import SECOND, Clock
from trunkline.kernel.errors import DeliveryError, Retryable
from trunkline.testkit.breaking import Breaking

_REACH = 13 / 12
"""How far back a budget looks, in windows: its tally slides by twelfths."""


class Ceiling:
    """The limits of a system, over all calls to its targets; what is above them is in ``faults``.

    A call that turns out not to be made leaves its place in the rate to the next, so calls in any span are
    no more than one, what the rate allows in it, and those that were given back in it. That is what a
    leaking bucket holds that each call fills by one.
    """

    def __init__(self, *, calls_per_second: float | None = None, concurrency: int | None = None) -> None:
        self.faults: list[str] = []
        self._rate = calls_per_second
        self._most = concurrency
        self._under_way = 0
        self._level = 0.0
        self._at = 0

    def begins(self, now: int) -> None:
        """Note that a call begins."""
        self._under_way += 1
        if self._most is not None and self._under_way > self._most:
            self.faults.append(f"{self._under_way} calls were under way together, of at most {self._most}")
        if self._rate is not None:
            self._level = max(0.0, self._level - (now - self._at) / SECOND * self._rate) + 1.0
            self._at = now
            if self._level > 1.0 + 1e-4:
                early = (self._level - 1.0) / self._rate
                self.faults.append(f"a call began {early:.3f} s before {self._rate:g} a second allow it")

    def ends(self, *, unused: bool) -> None:
        """Note that a call ended."""
        self._under_way -= 1
        if unused:
            self._level = max(0.0, self._level - 1.0)


class Sent(msgspec.Struct, eq=False):
    """A call as it began: how many events in it are first attempts, and how many are retries.

    A batch that is sent again as it was is the same attempt: its retries are counted once. ``tells`` says
    that its refusal is one of a first attempt, ``probe`` that it may be the probe of an open breaker, which
    is one event whatever the budget says.
    """

    number: int
    flow: str
    at: int
    first: int
    retries: int
    tells: bool
    probe: bool


class Traffic:
    """The calls of one process to one target; what is wrong is in ``faults``.

    ``terms`` are those of the target and ``ceiling`` is its system's. ``batch`` is how many events a target
    takes at the most that takes batches as a whole, and 0 for one that does not. ``away``: see ``Breaking``.
    """

    def __init__(
        self, terms: Terms, ceiling: Ceiling, clock: Clock, *, batch: int = 0, away: bool = False
    ) -> None:
        self._budget = terms.budget
        self._own = Ceiling(concurrency=terms.concurrency)
        self._system = ceiling
        self._clock = clock
        self._batch = batch
        self._breaking = Breaking(terms.breaker, away=away)
        self._numbers = 0
        self._sent: list[Sent] = []
        self._starts: list[int] = []
        self._known: set[tuple[str, int, int]] = set()

    @property
    def faults(self) -> list[str]:
        """What is wrong up to now."""
        return [*self._breaking.faults, *self._own.faults, *self._over_budget()]

    # Calls.

    def starts_over(self, flow: str) -> None:
        """Note that a flow begins anew, from what is durable."""
        self._known = {one for one in self._known if one[0] != flow}
        self._starts.append(self._clock.now())

    def begins(self, flow: str, items: Sequence[Item] = (), retries: Collection[int] = ()) -> Sent:
        """Note that a call begins, with ``retries`` of its ``items`` by their offsets; opening has none."""
        now = self._clock.now()
        again = {(flow, item.offset, item.attempt) for item in items if item.offset in retries}
        new = again - self._known if self._batch else again
        self._known |= new
        self._numbers += 1
        probe = self._breaking.begins(self._numbers, now) and len(items) == 1 and not self._batch
        fresh = [item.offset not in retries for item in items]
        # What a table refuses as a whole counts as its first event does.
        tells = any(fresh[:1] if self._batch else fresh)
        sent = Sent(self._numbers, flow, now, sum(fresh), len(new), tells, probe)
        if items:
            self._sent.append(sent)
        self._own.begins(now)
        self._system.begins(now)
        return sent

    def answered(self, sent: Sent, verdicts: Sequence[DeliveryError | None]) -> None:
        """Note a call that ended with a verdict on each item."""
        self._ended(unused=False)
        now, number = self._clock.now(), sent.number
        refusals = [verdict for verdict in verdicts if isinstance(verdict, Retryable)]
        if not refusals or len(refusals) < len(verdicts):
            self._breaking.answered(number, now)
        else:
            error = refusals[0 if self._batch else -1]
            batch = bool(self._batch) and len(verdicts) > 1
            self._breaking.refused(number, error, now, first=sent.tells, batch=batch)

    def away(self, sent: Sent, error: DeliveryError) -> None:
        """Note a call that failed with nobody to blame."""
        self._ended(unused=False)
        self._breaking.away(sent.number, error, self._clock.now())

    def unused(self, sent: Sent) -> None:
        """Note that the target was opened, or that whoever made a call did not wait for its end."""
        self._ended(unused=True)
        self._breaking.unused(sent.number)

    def _ended(self, *, unused: bool) -> None:
        self._own.ends(unused=unused)
        self._system.ends(unused=unused)

    # The budget.

    def _over_budget(self) -> Iterator[str]:
        """Yield where the retries in a window are more than its first attempts and its floor allow.

        A window of the budget slides by slots, so the first attempts of a slot more may count; probes do
        not.
        """
        policy = self._budget
        window = round(policy.window_seconds * SECOND)
        floor = policy.floor_per_second * policy.window_seconds
        # A batch is counted when it is loaded, which may be as long before its call as the window is.
        reach = round(window * _REACH) + (window if self._batch else 0)
        for index, last in enumerate(self._sent):
            if last.retries == 0 or last.probe:
                continue
            retries = self._retries([one for one in self._sent[: index + 1] if one.at >= last.at - window])
            if retries > max(1, floor):
                before = [one.first for one in self._sent[:index] if one.at >= last.at - reach]
                first = sum(before) + self._loaded(last.at - reach)
                allowed = max(1, math.floor(policy.share * first + floor))
                if retries > allowed:
                    said = f"{retries} retries within {policy.window_seconds:g} s"
                    yield f"{said} are more than {allowed}, beside at most {first} first attempts"

    def _retries(self, sent: Sequence[Sent]) -> int:
        """Return how many retries of a window were allowed in it, at least.

        The first batch of each flow may have been loaded, and allowed, before the window began. And flows
        that look at the budget at one time may each load what is left: the last batch of each is left out
        where there are several.
        """
        if not self._batch:
            return sum(one.retries for one in sent if not one.probe)
        flows = [[one for one in sent if one.flow == flow] for flow in sorted({one.flow for one in sent})]
        kept = [own[1:-1] if len(flows) > 1 else own[1:] for own in flows]
        return sum(one.retries for own in kept for one in own if not one.probe)

    def _loaded(self, since: int) -> int:
        """Return how many first attempts may be counted of batches whose call was not seen."""
        flows = {one.flow for one in self._sent}
        return self._batch * (len(flows) + sum(at >= since for at in self._starts))
