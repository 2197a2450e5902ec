"""Sums add up, and are read by the spans they begin in."""

from __future__ import annotations

from trunkline.kernel.rollup import HOUR, MINUTE, NO_ARRIVALS, NO_DELIVERIES, Arrivals, Deliveries, Minutes
from trunkline.kernel.sketch import sketch_of


# Sums of parts are the sums of their whole, and what is taken back leaves the rest.
def test_deliveries_add_up():
    one = Deliveries(delivered=3, died=1, lags=sketch_of([5, 9_000_000]))
    other = Deliveries(late=2, failures=4, lags=sketch_of([70_000]))
    both = one + other
    assert both == Deliveries(3, 2, died=1, failures=4, lags=sketch_of([5, 9_000_000, 70_000]))
    assert both - other == one
    assert (both.effects, both.attempts) == (5, 9)
    assert other - both + both == other


# Of two silences the longer one counts.
def test_arrivals_add_up():
    assert Arrivals(1, 2, 3, 40) + Arrivals(10, 20, 30, 5) == Arrivals(11, 22, 33, 40)


# Without a step there is one sum from where it was asked from, with one a sum for each of its spans.
def test_minutes_by_step():
    minutes = Minutes(NO_DELIVERIES)
    for at in (0, MINUTE + 7, HOUR - 1, HOUR):
        minutes.add("flow", at, Deliveries(delivered=1))
    assert minutes.between(MINUTE, 2 * HOUR) == {("flow", MINUTE): Deliveries(delivered=3)}
    by_hour = minutes.between(0, 2 * HOUR, HOUR)
    assert {at: sums.delivered for (_, at), sums in by_hour.items()} == {0: 3, HOUR: 1}
    assert Minutes(NO_ARRIVALS).between(0, HOUR) == {}
