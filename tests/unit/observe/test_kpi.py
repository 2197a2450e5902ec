"""The arithmetic of the KPIs, by examples; random histories are in test_sqlite_counting.py."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.kernel.clock import SECOND
from trunkline.kernel.rollup import DAY, HOUR, MINUTE, NO_ARRIVALS, NO_DELIVERIES, Arrivals, Deliveries
from trunkline.kernel.sketch import sketch_of
from trunkline.observe.kpi import SHORTEST_SILENCE, kpis_of, percent, usual_silence


# Dead or refused of accepted, failed first attempts of accepted, failed of all attempts, and rates a second.
def test_shares_and_rates():
    lags = sketch_of([-4 * SECOND, *(second * SECOND for second in range(1, 100))])
    done = Deliveries(delivered=90, late=10, died=2, first_failures=5, failures=25, lags=lags)
    found = kpis_of(done, Arrivals(accepted=200, duplicates=7, refused=4), 50 * SECOND)
    assert (found.failed_percent, found.first_failure_percent, found.error_percent) == (3.0, 2.5, 20.0)
    assert (found.accepted_per_second, found.effects_per_second) == (4.0, 2.0)
    assert (found.measured, found.ahead, found.attempts) == (100, 1, 125)
    assert found.freshness_p50 == pytest.approx(49, rel=1 / 64)
    assert found.freshness_p99 == pytest.approx(98, rel=1 / 64)


# Of nothing there is nothing to say; what failed where nothing was accepted is all of it.
def test_nothing():
    found = kpis_of(NO_DELIVERIES, NO_ARRIVALS, 0)
    assert (found.freshness_p50, found.failed_percent, found.error_percent) == (None, None, None)
    assert found.accepted_per_second == 0
    assert (percent(0, 0), percent(3, 0), percent(1, 3)) == (None, 100.0, 33.3333)


# What other pieces have to tell stands there as not known.
def test_slots():
    found = kpis_of(NO_DELIVERIES, NO_ARRIVALS, SECOND)
    assert found.duplicate_entity_percent is None
    assert (found.reconciliation_seconds, found.mtta_seconds, found.mttr_seconds) == (None, None, None)


# Who gives something every night may be silent for nearly a day; week-ends are usual where there are some.
def test_what_is_usual():
    assert 23 * HOUR < usual_silence([24 * HOUR] * 13, 14 * DAY) < 24 * HOUR
    assert 2 * DAY < usual_silence([62 * HOUR, 62 * HOUR, *[14 * HOUR] * 8], 14 * DAY) < 62 * HOUR


# One outage in two weeks does not make such a silence usual, and minutes between events are nothing unusual.
def test_what_is_not_usual():
    assert usual_silence([3 * HOUR, *[6 * MINUTE] * 300], 14 * DAY) < 10 * MINUTE
    assert usual_silence([], 14 * DAY) == SHORTEST_SILENCE


# Of whom little is known, nothing is usual.
def test_too_little_is_known():
    assert usual_silence([HOUR, HOUR], DAY - 1) is None
    assert usual_silence([], 0) is None


# In 99 % of the time known it was not silent for longer than what is called usual.
@given(st.lists(st.integers(1, 3 * DAY), min_size=3, max_size=40))
def test_the_usual_holds_nearly_always(silences):
    known = sum(silences) + HOUR
    usual = usual_silence(silences, known)
    beyond = sum(max(0, silence - usual) for silence in silences)
    assert beyond <= 0.01 * known + len(silences)
    assert usual == SHORTEST_SILENCE or beyond >= 0.01 * known - len(silences)
