"""The part of a stream a flow has in memory, and how far its front is settled. No effects, only counts."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from trunkline.delivery.attempt import Entry, Settled
from trunkline.delivery.ledger import Range
from trunkline.eventlog.placing import payload_bytes
from trunkline.eventlog.port import Page
from trunkline.kernel.limits import Limits
from trunkline.kernel.sketch import sketch_of

PAGES = 4
"""How many pages of events, by the limits on count and on bytes, a window holds."""


class Window:
    """Entries from the cursor on, in order; the cursor follows the settled ones at the front."""

    def __init__(self, limits: Limits) -> None:
        self.most_events = PAGES * limits.page_events
        self._most_bytes = PAGES * limits.page_bytes
        self._page_events = limits.page_events
        self.start(0)

    def start(self, cursor: int) -> None:
        """Begin, empty, at ``cursor``."""
        self.cursor = self.next = self._recorded = cursor
        self._entries: deque[Entry] = deque()
        self._pages: deque[_Loaded] = deque()
        self._bytes = 0
        self._clear()

    def _clear(self) -> None:
        self._started = self._pages[0].at if self._pages else 0
        self._arrived = 0
        self._delivered = 0
        self._lags: list[int] = []
        self._dropped: list[int] = []

    @property
    def is_recorded(self) -> bool:
        """Whether everything that was added is settled and was taken for the ledger."""
        return self._recorded == self.next

    @property
    def has_room(self) -> bool:
        """Whether another page fits."""
        return len(self._entries) + self._page_events <= self.most_events and self._bytes < self._most_bytes

    @property
    def front_since(self) -> int:
        """When the page of the oldest unsettled entry was loaded, in microseconds; 0 where there is none."""
        return self._pages[0].at if self._pages else 0

    def add(self, page: Page, entries: Sequence[Entry], now: int) -> None:
        """Take in a page that was loaded ``now``."""
        if not self._pages and not self._started:
            self._started = now
        size = payload_bytes(page.events)
        self._pages.append(_Loaded(page.next, now, size))
        self._bytes += size
        self._entries.extend(entries)
        self.next = page.next

    def settle(self, entry: Entry, how: Settled, at: int = 0) -> None:
        """Note how an entry ended, and when it took effect, and slide on where it was the front."""
        entry.settled, entry.at = how, at
        while self._entries and self._entries[0].settled:
            self._leave(self._entries.popleft())

    def _leave(self, entry: Entry) -> None:
        self.cursor = entry.offset + 1
        if not self._arrived and entry.event:
            self._arrived = entry.event.recorded
        if entry.settled == "delivered":
            self._delivered += 1
            if entry.event:
                self._lags.append(entry.at - entry.event.time)
        elif entry.settled == "dropped":
            self._dropped.append(entry.offset)
        if self.cursor == self._pages[0].next:
            self._bytes -= self._pages.popleft().size

    def take(self, now: int) -> tuple[Range, int] | None:
        """Return the run settled since the last time, and when its oldest event arrived, if there is one."""
        if self.cursor == self._recorded:
            return None
        settled = Range(
            first=self._recorded,
            last=self.cursor - 1,
            started=self._started,
            finished=now,
            delivered=self._delivered,
            dropped=tuple(self._dropped),
            lags=sketch_of(self._lags),
        )
        arrived = self._arrived
        self._recorded = self.cursor
        self._clear()
        return settled, arrived

    def unsettled(self) -> list[Entry]:
        """Return the entries that are not settled, in order."""
        return [entry for entry in self._entries if not entry.settled]

    def overtaken(self) -> list[Entry]:
        """Return the unsettled entries that a settled one stands behind, in order."""
        entries = list(self._entries)
        while entries and not entries[-1].settled:
            entries.pop()
        return [entry for entry in entries if not entry.settled]


class _Loaded(NamedTuple):
    next: int
    at: int
    size: int
