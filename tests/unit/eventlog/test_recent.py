"""Recent pages are handed out as they lie, within a bound of memory."""

from __future__ import annotations

from trunkline.eventlog.merging import Room
from trunkline.eventlog.port import Page
from trunkline.eventlog.recent import RecentPages
from trunkline.testkit.eventlog import events


def _page(base, count=10, stream="s"):
    return Page(stream, base, events(base, count))


def _bases(recent, start, stream="s"):
    return [page.base for page in recent.take(stream, start, Room(1_000, 1_000_000))]


# Consecutive pages are found from any offset inside the first; a gap ends them, an unknown offset finds none.
def test_consecutive_pages_are_taken():
    recent = RecentPages(1_000_000)
    for base in (20, 0, 10, 40):
        recent.add(_page(base))
    recent.add(_page(0, stream="t"))
    assert _bases(recent, 5) == [0, 10, 20]
    assert _bases(recent, 30) == []
    assert _bases(recent, 49) == [40]
    assert _bases(recent, 0, "t") == [0]
    assert _bases(recent, 0, "nobody") == []


# Beyond the bound the pages that came first leave; one that is larger than all room is not kept.
def test_memory_is_bounded():
    recent = RecentPages(20_000)
    for base in range(0, 100, 10):
        recent.add(_page(base))
    assert _bases(recent, 0) == []
    assert _bases(recent, 90) == [90]
    recent.add(_page(100, 500))
    assert _bases(recent, 100) == []
    assert _bases(recent, 90) == [90]


# What was trimmed is not handed out again, and a page is kept once.
def test_trimmed_pages_are_forgotten():
    recent = RecentPages(1_000_000)
    for base in (0, 10, 20, 20):
        recent.add(_page(base))
    recent.forget_before("s", 20)
    recent.forget_before("nobody", 20)
    assert _bases(recent, 10) == []
    assert _bases(recent, 20) == [20]
