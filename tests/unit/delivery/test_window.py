"""The window: its cursor is the settled front, whatever order events settle in, and its size is bounded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.delivery.small import STREAM, event

from trunkline.delivery.attempt import load
from trunkline.delivery.ledger import Range
from trunkline.delivery.window import PAGES, Window
from trunkline.eventlog.port import Page
from trunkline.kernel.limits import Limits
from trunkline.kernel.sketch import sketch_of

LIMITS = Limits(page_events=4, page_bytes=1000)


def filled(*sizes, data=b"{}", now=7):
    window = Window(LIMITS)
    entries = []
    for size in sizes:
        page = Page(STREAM, window.next, [event(window.next + n, data=data) for n in range(size)])
        new = load(page)
        window.add(page, new, now)
        entries += new
    return window, entries


# In whatever order events settle, the cursor stands before the first that is not settled.
@given(st.permutations(range(10)), st.integers(0, 10))
def test_the_cursor_is_the_settled_front(order, count):
    window, entries = filled(4, 4, 2)
    for index in order[:count]:
        window.settle(entries[index], "delivered")
    unsettled = sorted(order[count:])
    assert window.cursor == (unsettled[0] if unsettled else 10)
    assert [entry.offset for entry in window.unsettled()] == unsettled


# Each settled run is taken once, and the runs together are the whole stream.
@given(st.permutations(range(10)), st.sets(st.integers(0, 9)))
def test_runs_are_taken_once_and_add_up(order, stops):
    window, entries = filled(4, 4, 2)
    taken = []
    for step, index in enumerate(order):
        window.settle(entries[index], "dropped" if index % 3 == 0 else "delivered")
        if step in stops:
            taken.append(window.take(9))
    taken.append(window.take(9))
    runs = [run for run, _ in filter(None, taken)]
    assert [offset for run in runs for offset in range(run.first, run.last + 1)] == list(range(10))
    assert [offset for run in runs for offset in run.dropped] == [0, 3, 6, 9]
    assert sum(run.delivered for run in runs) == 6
    assert window.is_recorded


# A run says when its first page came and when its oldest event arrived; cases are not counted as delivered.
def test_a_run_carries_its_times_and_counts():
    window, entries = filled(3)
    assert window.take(8) is None
    for entry, how in zip(entries, ["delivered", "case", "dropped"], strict=True):
        window.settle(entry, how, entry.event.time + 40_000)
    settled = Range(0, 2, 7, 8, 1, 1, (2,), sketch_of([40_000]))
    assert window.take(8) == (settled, entries[0].event.recorded)
    assert window.take(8) is None


# A window takes a few pages of events and no more, until its front is settled.
def test_a_window_is_bounded_in_events():
    window, entries = filled(*[4] * (PAGES - 1))
    assert window.has_room
    page = Page(STREAM, window.next, [event(n) for n in range(4)])
    window.add(page, load(page), 7)
    assert not window.has_room
    for entry in entries[:4]:
        window.settle(entry, "delivered")
    assert window.has_room


# It is bounded in bytes as well, and frees them by the page.
def test_a_window_is_bounded_in_bytes():
    window, entries = filled(1, 1, 1, 1, data=b"x" * 1000)
    assert not window.has_room
    window.settle(entries[0], "delivered")
    assert window.has_room


# What a clean stop has to hand over: unsettled entries that a settled one stands behind.
def test_overtaken_entries_are_those_before_a_settled_one():
    window, entries = filled(4, 4)
    for index in (0, 3, 5):
        window.settle(entries[index], "delivered")
    assert [entry.offset for entry in window.overtaken()] == [1, 2, 4]


# The age of the front tells how long it has stood still.
def test_the_front_knows_since_when_it_is_there():
    window, entries = filled(2, 2)
    assert window.front_since == 7
    for entry in entries:
        window.settle(entry, "delivered")
    assert window.front_since == 0
