"""Offsets, page borders and the end of the window are decided by value."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trunkline.eventlog.placing import forgotten_before, paginate, place
from trunkline.eventlog.port import Appended
from trunkline.kernel.clock import SECOND
from trunkline.testkit.eventlog import event


# New keys get consecutive offsets; a repeat of what is known or of the same batch gets the first's.
def test_repeats_point_at_the_first():
    placed, fresh = place(["a", "b", "a", "c"], {"b": 3}, 10)
    assert placed == [Appended(10, False), Appended(3, True), Appended(10, True), Appended(11, False)]
    assert fresh == [0, 3]


# The short way for batches without a repeat decides as the long one.
@given(st.lists(st.integers(), unique=True))
def test_the_short_way_is_the_long_way(keys):
    assert place(keys, {}, 5) == place(keys, {"nobody": 0}, 5)


# Pages keep the order, lose nothing, and stay within both bounds but for a single large event.
@given(st.lists(st.integers(0, 50)), st.integers(1, 5), st.integers(1, 60))
def test_pages_stay_within_bounds(sizes, page_events, page_bytes):
    batch = [event(number, data=b"x" * size) for number, size in enumerate(sizes)]
    parts = list(paginate(batch, page_events, page_bytes))
    assert [one for part in parts for one in part] == batch
    for part in parts:
        assert 1 <= len(part) <= page_events
        assert len(part) == 1 or sum(len(one.data) for one in part) <= page_bytes


# The window is counted in whole seconds.
def test_the_window_is_in_seconds():
    assert forgotten_before(100 * SECOND + 999_999, 30) == 70
