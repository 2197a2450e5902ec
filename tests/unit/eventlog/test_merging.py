"""Small pages are read as one, within the bounds of a read."""

from __future__ import annotations

from trunkline.eventlog.merging import Room, merge
from trunkline.eventlog.port import Page
from trunkline.testkit.eventlog import events


# The first page is always taken; another only where it fits whole, by events and by bytes.
def test_room_takes_the_first_and_then_what_fits():
    assert Room(1, 1).takes(100, 100)
    by_events = Room(10, 1_000)
    assert [by_events.takes(4, 1) for _ in range(3)] == [True, True, False]
    by_bytes = Room(1_000, 10)
    assert [by_bytes.takes(1, 5) for _ in range(3)] == [True, True, False]


# Merging begins where it was asked, ends at the limit, and hands a whole page on as it is.
def test_merge_cuts_both_ends():
    pages = [Page("s", 10, events(10, 5)), Page("s", 15, events(15, 5))]
    assert merge("s", pages, 12, 6) == Page("s", 12, events(12, 6))
    assert merge("s", pages[:1], 10, 5) is pages[0]
    assert merge("s", pages[:1], 3, 5) is pages[0]
    assert merge("s", [], 3, 5) == Page("s", 3, [])
