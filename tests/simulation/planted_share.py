"""Planted: what all flows to a target share is not counted, not shared, not given back, or forgotten."""

from __future__ import annotations

from msgspec.structs import replace
from tests.simulation.planting import Bugs

from trunkline.delivery import breaker, budget
from trunkline.delivery.bearing import Bearing, Terms
from trunkline.delivery.quota import NEVER, Quota
from trunkline.delivery.runner import FlowRunner
from trunkline.delivery.whole import Whole

BUGS = Bugs()


# The budget of retries.


@BUGS.plants(Bearing, "attempt", "retries are not counted in the budget")
def retries_not_counted(right):
    return lambda self, events, retries: right(self, events - retries, 0)


@BUGS.plants(Bearing, "attempt", "retries count as first attempts do, and allow others")
def retries_count_as_first(right):
    return lambda self, events, retries: right(self, events, 0)


@BUGS.plants(Whole, "_within_budget", "a batch takes all that is due, whatever the budget says")
def batch_without_budget(right):
    del right
    return lambda self, due, now: list(due)


@BUGS.plants(budget, "left", "the budget allows ten times what it should")
def budget_too_wide(right):
    return lambda seen, now: 10 * right(seen, now)


@BUGS.plants(FlowRunner, "__init__", "each flow has a budget of its own")
def budget_not_shared(right):

    def wrong(self, flow, ports, bearing):
        own = _own(ports, bearing)
        right(self, flow, ports, _But(bearing, attempt=own.attempt, retries=own.retries))

    return wrong


# The breaker.


@BUGS.plants(FlowRunner, "__init__", "each flow has a breaker of its own")
def breaker_not_shared(right):

    def wrong(self, flow, ports, bearing):
        own = _own(ports, bearing)
        right(self, flow, ports, _But(own, attempt=bearing.attempt, retries=bearing.retries))

    return wrong


@BUGS.plants(breaker, "permits", "once its interval is over, an open breaker lets every call through")
def many_probes(right):
    return lambda seen, now: right(replace(seen, probing=False), now)


@BUGS.plants(Bearing, "resume", "a process does not know that its target was away before it")
def outage_forgotten(right):
    del right
    return lambda self, standing: None


# The limits.


@BUGS.plants(Quota, "give_back", "a call that ended stays under way for the system")
def quota_not_given_back(right):

    def wrong(self, *, unused=False):
        right(self, unused=unused)
        self._under_way += 1

    return wrong


@BUGS.plants(Quota, "take", "a system's concurrency counts for nothing")
def quota_concurrency_ignored(right):

    def wrong(self, now, ring, *, aside=False):
        self._most = NEVER
        return right(self, now, ring, aside=aside)

    return wrong


@BUGS.plants(Quota, "take", "a system's calls a second count for nothing")
def quota_rate_ignored(right):

    def wrong(self, now, ring, *, aside=False):
        self._bucket = None
        return right(self, now, ring, aside=aside)

    return wrong


@BUGS.plants(Bearing, "_begin", "each flow to a target has all of its concurrency")
def concurrency_not_shared(right):

    def wrong(self, room):
        self._most = NEVER
        return right(self, room)

    return wrong


def _own(ports, bearing: Bearing) -> Bearing:
    """Return a bearing of the same policies that nobody else has; the system's limits hold for it as well."""
    terms = Terms(bearing._breaker.policy, bearing._budget.policy)
    return Bearing(bearing.target, ports.clock, ports.ids, ports.signals, terms, bearing._quota)


class _But:
    """A bearing of which some methods are another's."""

    def __init__(self, bearing: Bearing, **others) -> None:
        self._bearing = bearing
        self.__dict__.update(others)

    def __getattr__(self, name):
        return getattr(self._bearing, name)
