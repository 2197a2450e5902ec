"""The breaker: an absent target costs one probe an interval, a present one costs nothing."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from trunkline.delivery.breaker import (
    BreakerPolicy,
    answered,
    away,
    closed,
    permits,
    refused,
    state,
    unanswered,
)
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import Final, Retryable

GONE = Retryable("connect", "nobody there")
POLICY = BreakerPolicy()
START = 1_000 * SECOND
fails = partial(away, probe=False)
refuses = partial(refused, probe=False, first=True)


def begun(breaker):
    return replace(breaker, probing=True)


# After a failure that blames nobody nothing is sent; after the interval one probe is, and no second one.
def test_an_open_breaker_lets_one_probe_through_after_its_interval():
    breaker = fails(closed(POLICY), GONE, START, 0.0)
    assert breaker.until == START + SECOND // 4
    assert not permits(breaker, breaker.until - 1)
    assert state(breaker, breaker.until - 1) == "open"
    assert permits(breaker, breaker.until)
    assert state(breaker, breaker.until) == "half-open"
    assert not permits(begun(breaker), breaker.until + 3600 * SECOND)
    assert permits(unanswered(begun(breaker)), breaker.until)


# Sixty-four calls that fail together are one failure.
def test_calls_that_fail_together_open_it_once():
    breaker = fails(closed(POLICY), GONE, START, 0.5)
    assert fails(breaker, GONE, START + 1, 0.5) == breaker
    assert refuses(breaker, GONE, START + 1, 0.5) == breaker


# An answer to a call that began before says nothing of now; that of the probe closes it.
def test_only_the_probe_closes_it():
    breaker = fails(closed(POLICY), GONE, START, 0.5)
    assert answered(breaker, START + 1, 0.1, 0.5, probe=False) == breaker
    assert answered(begun(breaker), breaker.until, 0.1, 0.5, probe=True) == closed(POLICY)


# Intervals grow to a minute and not beyond, however long the outage.
@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=110, max_size=150))
def test_intervals_grow_to_a_minute(chances):
    breaker, now, intervals = closed(POLICY), START, []
    for chance in chances:
        breaker = away(begun(breaker), GONE, now, chance, probe=True)
        intervals.append((breaker.until - now) / SECOND)
        now = breaker.until
    assert intervals[0] <= 0.5
    assert all(30 <= one <= 60 for one in intervals[99:])
    assert breaker.opened == START


# A target that is back is asked again within half a second and a tenth of the time it was away.
@given(st.lists(st.floats(0, 1, exclude_max=True), max_size=60))
def test_an_interval_stays_a_fraction_of_the_outage(chances):
    breaker, now = fails(closed(POLICY), GONE, START, 0.0), START
    for chance in chances:
        now = breaker.until
        breaker = away(begun(breaker), GONE, now, chance, probe=True)
        away_for, interval = (now - START) / SECOND, (breaker.until - now) / SECOND
        assert interval <= POLICY.open_seconds + away_for / 10 + 1e-3


# The target's own wish is followed, up to an hour.
def test_the_targets_wish_lengthens_the_interval():
    asks = Retryable("http-429", "slow down", 90.0)
    assert fails(closed(POLICY), asks, START, 0.5).until == START + 90 * SECOND
    for_ever = Retryable("http-429", "slow down", 1e9)
    assert fails(closed(POLICY), for_ever, START, 0.5).until == START + 3600 * SECOND
    assert fails(closed(POLICY), Final("no-table", "no table"), START, 0.0).until == START + SECOND // 4


# A few refused calls are a matter of those events; many in a row are a matter of the target.
def test_many_refusals_in_a_row_open_it():
    breaker = closed(POLICY)
    for _ in range(1_000):
        breaker = answered(breaker, START, 0.0, 0.5, probe=False)
    for _ in range(POLICY.minimum - 1):
        breaker = refuses(breaker, GONE, START, 0.5)
    assert state(breaker, START) == "closed"
    breaker = refuses(breaker, GONE, START, 0.5)
    assert state(breaker, START) == "open"
    assert (breaker.kind, breaker.detail) == ("connect", "nobody there")


# Retries that fail again, many in a row, are known to fail: they say nothing of the target.
def test_retries_in_a_row_do_not_open_it():
    breaker = closed(POLICY)
    for _ in range(100):
        breaker = answered(breaker, START, 0.0, 0.5, probe=False)
    for _ in range(50):
        breaker = refuses(breaker, GONE, START, 0.5, first=False)
    assert state(breaker, START) == "closed"


# A share of failures opens it, once there were enough calls to tell and no sooner.
@pytest.mark.parametrize(("share", "then"), [(0.4, "closed"), (0.6, "open")])
def test_a_share_of_failures_opens_it(share, then):
    breaker = closed(POLICY)
    for number in range(100):
        if number * 7 % 10 < share * 10:
            breaker = refuses(breaker, GONE, START, 0.5)
        else:
            breaker = answered(breaker, START, 0.0, 0.5, probe=False)
        assert state(breaker, START) == "closed" or number >= POLICY.minimum - 1
    assert state(breaker, START) == then


# What failed longer ago than the window counts no more.
def test_old_failures_are_forgotten():
    breaker, now = closed(POLICY), START
    for _ in range(10):
        for _ in range(POLICY.minimum - 1):
            breaker = refuses(breaker, GONE, now, 0.5, first=False)
        assert state(breaker, now) == "closed"
        now += 34 * SECOND


# Calls that succeed and take too long are as good as failed ones.
def test_slow_calls_open_it():
    breaker = closed(POLICY)
    for _ in range(POLICY.minimum):
        assert state(breaker, START) == "closed"
        breaker = answered(breaker, START, POLICY.slow_seconds + 0.1, 0.5, probe=False)
    assert state(breaker, START) == "open"
    assert breaker.kind == "slow"


# An isolated target gets nothing, not even a probe, and stays isolated whatever comes of calls under way.
def test_an_isolated_target_gets_nothing():
    breaker = replace(closed(POLICY), isolated=True)
    assert state(breaker, START) == "isolated"
    later = answered(begun(fails(breaker, GONE, START, 0.5)), START, 0.0, 0.5, probe=True)
    for one in (breaker, later, fails(breaker, GONE, START, 0.5)):
        assert not permits(one, START + 86_400 * SECOND)


OUTCOMES = st.sampled_from(["answered", "slow", "refused", "away", "forgone"])


# Whatever happens, a breaker that nobody isolated lets a call through within its longest interval.
@given(st.lists(st.tuples(OUTCOMES, st.integers(0, 120 * SECOND), st.floats(0, 1, exclude_max=True))))
def test_a_probe_always_goes_through_in_the_end(steps):
    breaker, now = closed(POLICY), START
    for outcome, gap, chance in steps:
        now += gap
        probe = bool(breaker.opened) and permits(breaker, now)
        breaker = begun(breaker) if probe else breaker
        if outcome in ("answered", "slow"):
            taken = 11.0 if outcome == "slow" else 0.0
            breaker = answered(breaker, now, taken, chance, probe=probe)
        elif outcome == "forgone":
            breaker = unanswered(breaker) if probe else breaker
        else:
            error = Retryable("http-503", "busy", 30.0 if chance > 0.5 else None)
            how = partial(refused, first=chance > 0.3) if outcome == "refused" else away
            breaker = how(breaker, error, now, chance, probe=probe)
        assert permits(breaker, now + 61 * SECOND)
