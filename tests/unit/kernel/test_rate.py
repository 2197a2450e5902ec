"""A bucket lets a burst through, then one request for each token that came since."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.kernel.clock import SECOND
from trunkline.kernel.rate import Bucket, bucket
from trunkline.testkit.clock import START


def taken(one: Bucket, times):
    """Ask at each of these instants; return the instants at which there was a token."""
    good = []
    for now in times:
        one, wait = one.take(now)
        good += [now] * (wait == 0)
    return good


# A full bucket gives its burst at once, and then one at a time as they come.
def test_a_burst_and_then_the_rate():
    full = bucket(2, burst=3)
    assert len(taken(full, [START] * 10)) == 3
    halves = [START + n * SECOND // 4 for n in range(40)]
    assert len(taken(full, halves)) == 3 + 19


# It says exactly how long the next token takes: a moment before there is none, then there is.
def test_the_wait():
    empty, wait = bucket(4, burst=1).take(START)
    assert wait == 0
    same, wait = empty.take(START)
    assert (same, wait) == (empty, SECOND // 4)
    assert empty.take(START + wait - 1) == (empty, 1)
    assert empty.take(START + wait)[1] == 0


# However long nobody asks, it holds no more than its burst.
def test_it_does_not_overflow():
    late = START + 86_400 * SECOND
    assert len(taken(bucket(5), [START, *[late] * 20])) == 1 + 5


# Without a burst it holds a second's worth, and never less than one request.
@pytest.mark.parametrize(("rate", "burst"), [(20, 20), (1.5, 1), (0.1, 1)])
def test_the_burst_of_a_rate(rate, burst):
    assert bucket(rate).burst == burst


# Whenever requests come, those let through within any span fit the burst and the rate.
@given(
    st.floats(0.01, 10_000),
    st.integers(1, 50),
    st.lists(st.integers(0, 3 * SECOND), min_size=1, max_size=60),
)
def test_never_more_than_the_rate(rate, burst, gaps):
    one = bucket(rate, burst)
    times, now = [], START
    for gap in gaps:
        now += gap
        times.append(now)
    good = taken(one, times)
    for first in range(len(good)):
        for last in range(first, len(good)):
            assert last - first + 1 <= burst + (good[last] - good[first]) // one.every
