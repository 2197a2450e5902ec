"""What is seen of calls to a target says when it may not be called, and blames no call that may be right."""

from __future__ import annotations

from trunkline.delivery.breaker import BreakerPolicy
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import Retryable
from trunkline.testkit.breaking import Breaking

GONE = Retryable("connect", "refused")
WISH = Retryable("http-503", "busy", 20.0)
POLICY = BreakerPolicy(minimum=4, failures=0.5, open_seconds=2.0, longest_seconds=60.0)

EARLY = "a call began {} s before a probe of the breaker was due"
BESIDE = "a call began beside a probe of the breaker"


class Seen:
    """A breaker that is seen by its calls, at seconds."""

    def __init__(self, **given):
        self.breaking = Breaking(POLICY, **given)
        self.number = 0

    def begins(self, at):
        self.number += 1
        self.may_be_probe = self.breaking.begins(self.number, round(at * SECOND))
        return self.number

    def away(self, number, at, error=GONE):
        self.breaking.away(number, error, round(at * SECOND))

    def answered(self, number, at):
        self.breaking.answered(number, round(at * SECOND))

    def refused(self, number, at, **more):
        self.breaking.refused(number, GONE, round(at * SECOND), **{"first": True, **more})

    @property
    def faults(self):
        return self.breaking.faults


# After a call that nobody is to blame for, nothing goes before half an interval is over; then one probe.
def test_a_call_too_soon():
    seen = Seen()
    seen.away(seen.begins(0), 1)
    seen.begins(1.5)
    assert seen.faults == [EARLY.format("0.500")]


# Each failed probe makes the next interval longer, and a target's own wish is heard.
def test_intervals_grow():
    seen = Seen()
    seen.away(seen.begins(0), 0)
    seen.away(seen.begins(1), 1)
    seen.away(seen.begins(2.1), 2.1, WISH)
    assert seen.faults == []
    seen.begins(22)
    assert seen.faults == [EARLY.format("0.100")]


# A probe is alone, until it is answered; one of which nothing can be told makes room for the next.
def test_a_call_beside_a_probe():
    seen = Seen()
    seen.away(seen.begins(0), 0)
    seen.breaking.unused(seen.begins(1))
    probe = seen.begins(1)
    assert seen.may_be_probe
    assert seen.faults == []
    seen.begins(1.2)
    assert seen.faults == [BESIDE]
    seen.answered(probe, 1.5)
    seen.begins(1.5)
    assert seen.faults == [BESIDE]
    assert not seen.may_be_probe


# A process that knew its target to be away begins with a probe.
def test_a_target_known_to_be_away():
    seen = Seen(away=True)
    seen.begins(0)
    assert seen.may_be_probe
    seen.begins(0)
    assert seen.faults == [BESIDE]


# What was under way when the breaker opened changes nothing by its end, however it ends.
def test_calls_from_before():
    seen = Seen()
    first, second, third = seen.begins(0), seen.begins(0), seen.begins(0)
    seen.away(first, 1)
    seen.away(second, 1.5)
    seen.answered(third, 1.5)
    seen.begins(2)
    assert seen.faults == []
    seen.begins(2)
    assert seen.faults == [BESIDE]


# A call that got its leave before the failure was known begins in the same instant, and is none too soon.
def test_a_call_at_the_instant():
    seen = Seen()
    seen.away(seen.begins(0), 1)
    late = seen.begins(1)
    assert not seen.may_be_probe
    seen.answered(late, 1.2)
    seen.begins(1.9)
    assert seen.faults == [EARLY.format("0.100")]


# So many first attempts refused in a row open it; retries that are refused do not.
def test_refusals_in_a_row():
    for first, faults in ((True, [EARLY.format("0.250")]), (False, [])):
        seen = Seen()
        calls = [seen.begins(0) for _ in range(4)]
        for number in calls:
            seen.refused(number, number / 4, first=first)
        seen.begins(1.25)
        assert seen.faults == faults


# A share of refusals may open it or not: nobody is blamed, but the next call may be a probe.
def test_a_breaker_that_may_be_open():
    seen = Seen()
    seen.answered(seen.begins(0), 0)
    for _ in range(2):
        seen.refused(seen.begins(0), 0, first=False)
    probe = seen.begins(1)
    assert seen.may_be_probe
    seen.begins(1)
    assert not seen.may_be_probe  # beside another there is no probe: it is closed
    seen.answered(probe, 1)
    assert seen.faults == []


# A call so soon after a failure says that the breaker did not open by it.
def test_a_breaker_that_did_not_open():
    seen = Seen()
    for _ in range(3):
        seen.refused(seen.begins(0), 0, first=False)
    seen.begins(0.5)
    seen.begins(1.5)
    assert not seen.may_be_probe


# Where it may have been open already, the interval is counted from then.
def test_a_failure_while_it_may_be_open():
    seen = Seen()
    older = seen.begins(0)
    for _ in range(2):
        seen.refused(seen.begins(0), 0.2, first=False)
    seen.away(older, 1)
    seen.begins(1.3)
    assert seen.faults == []
    seen = Seen()
    for _ in range(2):
        seen.refused(seen.begins(0), 0.2, first=False)
    seen.away(seen.begins(1.5), 1.5)
    seen.begins(2)
    assert seen.faults == [EARLY.format("0.500")]


# A slow answer counts as a failure, and one of a probe closes the breaker all the same.
def test_slow_answers():
    seen = Seen()
    slow = [seen.begins(0), seen.begins(0)]
    for number in slow:
        seen.answered(number, 11)
    seen.begins(13)
    assert seen.may_be_probe
    seen = Seen(away=True)
    seen.answered(seen.begins(0), 11)
    seen.begins(13)
    assert not seen.may_be_probe
