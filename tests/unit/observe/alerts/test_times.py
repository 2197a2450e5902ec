"""Mean times to acknowledge and to resolve, from what happened."""

from __future__ import annotations

from trunkline.kernel.clock import SECOND
from trunkline.observe.alerts.machine import Transition
from trunkline.observe.alerts.times import AnswerTimes, answer_times


def passed(alert, phase, second, fired):
    return Transition(alert, "late", 1, phase, second * SECOND, fired * SECOND)


# Each mean is over what happened in the span, from when the alert fired, also where that was before it.
def test_means():
    several = [
        passed("a", "firing", 100, 100),
        passed("a", "acknowledged", 160, 100),
        passed("b", "acknowledged", 120, 90),
        passed("a", "resolved", 400, 100),
    ]
    assert answer_times(several) == AnswerTimes(1, 2, 1, 45.0, 300.0)


# Without any there is no mean, which is not the same as none at all.
def test_nothing():
    assert answer_times([]) == AnswerTimes(0, 0, 0, None, None)
