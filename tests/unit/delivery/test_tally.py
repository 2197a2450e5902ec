"""A window of counts slides with time and never holds more numbers than it has slots."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trunkline.delivery.tally import counted, peak, sums, tally
from trunkline.kernel.clock import SECOND

STEPS = st.lists(st.tuples(st.integers(0, 20 * SECOND), st.booleans()), max_size=80)


# Whatever happens when, all of the last window is counted, and nothing that is a slot older than that.
@given(STEPS)
def test_the_window_holds_what_was_lately(steps):
    window, slot = 30 * SECOND, 3 * SECOND
    seen, now, history = tally(30.0, 10), 0, []
    for gap, marked in steps:
        now += gap
        seen = counted(seen, now, 1, marked)
        history.append((now, marked))
        total, failed = sums(seen, now)
        assert len([1 for at, _ in history if at >= now - window]) <= total
        assert total <= len([1 for at, _ in history if at > now - window - slot])
        assert failed <= len([1 for at, marked in history if marked and at > now - window - slot])
        assert len(seen.past) <= 10


# A clock that is set back neither loses counts nor adds any.
def test_a_clock_that_goes_back_counts_on():
    seen = counted(counted(tally(10.0, 10), 100 * SECOND), 50 * SECOND)
    assert sums(seen, 100 * SECOND) == (2, 0)


# The peak is the busiest whole slot's rate: a second of rest at the end does not hide what was normal.
def test_the_peak_is_that_of_the_busiest_slot():
    seen = tally(100.0, 10, origin=7)
    for second in range(20):
        seen = counted(seen, 7 + second * SECOND, 5)
    assert peak(seen, 7 + 40 * SECOND) == 5.0


# Before the first slot is over, its rate so far counts, of a second at the least.
def test_the_peak_of_a_beginning():
    seen = counted(tally(100.0, 10), SECOND // 10, 8)
    assert peak(seen, SECOND // 10) == 8.0
    assert peak(seen, 4 * SECOND) == 2.0
