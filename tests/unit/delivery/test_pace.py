"""After an outage the load comes back slowly, and never as a burst."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.delivery.pace import UNKNOWN_PER_SECOND, is_over, permitted, returning, take
from trunkline.kernel.clock import SECOND

START = 1_000 * SECOND


def after(normal, outage, known_for=3_600 * SECOND):
    return returning(normal, known_for, START, outage)


def begun(pace, seconds, gap=0):
    """Begin a call as soon as each may, or ``gap`` after the one before; return when they began."""
    now, end, times = pace.start, pace.start + round(seconds * SECOND), []
    while now < end:
        pace, wait = take(pace, now)
        if wait:
            now += wait
        else:
            times.append(now)
            now += gap
    return times


def most_in_a_second(times):
    most, first = 0, 0
    for last, at in enumerate(times):
        while times[first] <= at - SECOND:
            first += 1
        most = max(most, last - first + 1)
    return most


# Whatever was normal, however long the outage: while the backlog is worked off no second exceeds twice it.
@given(st.floats(0.1, 60), st.floats(0.5, 6))
def test_never_above_twice_normal(normal, outage):
    times = begun(after(normal, round(outage * SECOND)), 2 * outage)
    assert most_in_a_second(times) <= max(2 * normal, 1) + 1


# It begins with a tenth and reaches all that is permitted within five seconds.
def test_it_begins_slowly():
    times = begun(after(100.0, 60 * SECOND), 10)
    each = [len(list(group)) for _, group in itertools.groupby(times, lambda at: (at - START) // SECOND)]
    assert each[0] < 40
    assert each[:5] == sorted(each[:5])
    assert 175 <= each[6] <= 200


# After a short outage it reaches what was normal within a tenth of the time that the outage lasted.
@pytest.mark.parametrize("outage", [1, 10, 20])
def test_it_is_back_soon_after_a_short_outage(outage):
    pace = after(100.0, outage * SECOND)
    assert permitted(pace, START) <= 20
    assert permitted(pace, START + outage * SECOND // 10) >= 100


# What piled up at the normal rate is worked off, besides what comes meanwhile, before the bound is lifted.
@pytest.mark.parametrize("outage", [60, 600])
def test_the_backlog_is_worked_off_at_that_pace(outage):
    times = begun(after(10.0, outage * SECOND), 2 * outage)
    assert len(times) >= 10 * outage + 10 * 2 * outage


# Then the bound doubles, so that a night's rate does not hold up the day.
def test_the_bound_is_lifted_in_the_end():
    pace = after(1.0, 60 * SECOND)
    assert permitted(pace, START + 120 * SECOND) < 2
    assert permitted(pace, START + 180 * SECOND) > 1_000


# What was seen for two seconds is not held to for an hour.
def test_a_rate_seen_for_a_moment_is_not_believed_for_long():
    pace = after(1.0, 3_600 * SECOND, known_for=2 * SECOND)
    assert permitted(pace, START + 119 * SECOND) < 2
    assert permitted(pace, START + 200 * SECOND) > 1_000


# Where it is not known what was normal, the rate doubles from a small one.
def test_an_unknown_rate_doubles():
    pace = after(0.0, 600 * SECOND)
    assert permitted(pace, START) == UNKNOWN_PER_SECOND
    assert permitted(pace, START + 20 * SECOND) == 16 * UNKNOWN_PER_SECOND


# It is over once fewer calls are made than are permitted, and not while the backlog may still be there.
def test_it_is_over_when_it_limits_nothing():
    pace, _ = take(after(10.0, 10 * SECOND), START + 19 * SECOND)
    assert not is_over(pace, START + 19 * SECOND)
    assert is_over(pace, START + 21 * SECOND)
    busy, _ = take(pace, START + 21 * SECOND)
    assert not is_over(busy, START + 21 * SECOND)
