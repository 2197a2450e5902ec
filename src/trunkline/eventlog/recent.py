"""Pages that were stored or opened a moment ago, decoded: flows at the head do not open them again."""

from __future__ import annotations

import bisect
from collections import OrderedDict

from trunkline.eventlog.merging import Room
from trunkline.eventlog.placing import payload_bytes
from trunkline.eventlog.port import Page

_EVENT_BYTES = 600  # what an event's object and texts weigh in memory beside its payload


class RecentPages:
    """Decoded pages within a bound of bytes, the oldest entry leaving first; for one event loop."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._pages: OrderedDict[tuple[str, int], tuple[Page, int]] = OrderedDict()
        self._bases: dict[str, list[int]] = {}

    def add(self, page: Page) -> None:
        """Keep a whole stored page, dropping the oldest entries where space is needed."""
        payload = payload_bytes(page.events)
        if (page.stream, page.base) in self._pages or _weight(page, payload) > self._max_bytes:
            return
        self._pages[page.stream, page.base] = (page, payload)
        bisect.insort(self._bases.setdefault(page.stream, []), page.base)
        self._bytes += _weight(page, payload)
        while self._bytes > self._max_bytes:
            self._forget(next(iter(self._pages)))

    def take(self, stream: str, start: int, room: Room) -> list[Page]:
        """Return consecutive kept pages, the first holding ``start``, as many as ``room`` takes."""
        taken: list[Page] = []
        while (kept := self._at(stream, start)) and room.takes(kept[0].next - start, kept[1]):
            taken.append(kept[0])
            start = kept[0].next
        return taken

    def forget_before(self, stream: str, offset: int) -> None:
        """Drop the pages that begin below ``offset``: they were trimmed."""
        for base in [base for base in self._bases.get(stream, ()) if base < offset]:
            self._forget((stream, base))

    def _at(self, stream: str, offset: int) -> tuple[Page, int] | None:
        bases = self._bases.get(stream, [])
        index = bisect.bisect_right(bases, offset) - 1
        if index < 0:
            return None
        kept = self._pages[stream, bases[index]]
        return kept if offset < kept[0].next else None

    def _forget(self, place: tuple[str, int]) -> None:
        page, payload = self._pages.pop(place)
        self._bytes -= _weight(page, payload)
        bases = self._bases[place[0]]
        del bases[bisect.bisect_left(bases, place[1])]


def _weight(page: Page, payload: int) -> int:
    return payload + _EVENT_BYTES * len(page.events)
