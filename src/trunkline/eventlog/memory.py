"""The reference of the port: the whole behaviour in plain data, for tests and for reading.

Nothing is durable and nothing is sealed; everything else is as ``port.EventLog`` says.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import msgspec

from trunkline.eventlog.placing import (
    ELSEWHERE,
    WINDOW_SECONDS,
    arrivals_of,
    forgotten_before,
    payload_bytes,
    place,
    siblings,
)
from trunkline.eventlog.port import Appended, Features, Page, PageCheck, Query, Retention, StreamInfo
from trunkline.eventlog.waiters import Waiters
from trunkline.kernel.clock import SECOND, Clock
from trunkline.kernel.event import Event, Stored
from trunkline.kernel.rollup import NO_ARRIVALS, Arrivals, Minutes

Key = tuple[str, str]


class _Stream:
    def __init__(self) -> None:
        self.pages: list[Page] = []
        self.next = 0
        self.seen: dict[Key, tuple[int, int]] = {}
        """Offset and second of arrival by (source, id), the oldest first."""

    @property
    def first(self) -> int:
        return self.pages[0].base if self.pages else self.next


class MemoryLog:
    """An ``EventLog`` in this process's memory; what one ``append`` stores is one page.

    ``sums`` is what came, by stream and source, ``seen`` when the first and the last event of each did.
    """

    features = Features(durable=False, sealed=False)

    def __init__(self, clock: Clock, window_seconds: int = WINDOW_SECONDS) -> None:
        self._clock = clock
        self._window_seconds = window_seconds
        self._streams: dict[str, _Stream] = {}
        self._waiters = Waiters()
        self.sums: Minutes[Key, Arrivals] = Minutes(NO_ARRIVALS)
        self.seen: dict[Key, tuple[int, int]] = {}

    async def append(self, stream: str, events: Sequence[Event]) -> list[Appended]:
        """Store events; see ``EventLog.append``."""
        if not events:
            return []
        log = self._streams.setdefault(stream, _Stream())
        self._forget(log)
        keys = [(event.source, event.id) for event in events]
        known = dict.fromkeys(self._elsewhere(stream, events), ELSEWHERE)
        known |= {key: log.seen[key][0] for key in keys if key in log.seen}
        placed, fresh = place(keys, known, log.next)
        for source, sums in arrivals_of(events, fresh).items():
            self._count((stream, source), sums)
        if fresh:
            self._store(stream, log, [events[index] for index in fresh])
        await asyncio.sleep(0)
        return placed

    def _count(self, pair: Key, sums: Arrivals) -> None:
        now = self._clock.now()
        if sums.accepted:
            first, last = self.seen.get(pair, (now, now))
            sums = msgspec.structs.replace(sums, silence=max(0, now - last))
            self.seen[pair] = (first, max(last, now))
        self.sums.add(pair, now, sums)

    def _elsewhere(self, stream: str, events: Sequence[Event]) -> set[Key]:
        """Return the keys of events that were cast and stand in the stream of another major version."""
        asked = {(event.source, event.id) for event in events if event.given}
        found: set[Key] = set()
        for name in siblings(stream, self._streams) if asked else ():
            self._forget(self._streams[name])
            found |= asked & self._streams[name].seen.keys()
        return found

    def _store(self, stream: str, log: _Stream, events: list[Event]) -> None:
        second = self._clock.now() // SECOND
        page = Page(stream, log.next, events)
        log.seen.update(
            ((event.source, event.id), (offset, second)) for offset, event in enumerate(events, page.base)
        )
        log.pages.append(page)
        log.next = page.next
        self._waiters.wake(stream, log.next)

    def _forget(self, log: _Stream) -> None:
        gone = forgotten_before(self._clock.now(), self._window_seconds)
        while log.seen:
            key, (_, second) = next(iter(log.seen.items()))
            if second > gone:
                return
            del log.seen[key]

    async def read(self, stream: str, start: int, limit: int = 1_000) -> Page:
        """Return events from ``start`` on; see ``EventLog.read``."""
        log = self._streams.get(stream, _Stream())
        first = max(start, log.first)
        events = [event for page in log.pages if page.next > first for event in page.events]
        base = next((page.base for page in log.pages if page.next > first), first)
        return Page(stream, first, events[first - base : first - base + limit])

    async def wait(self, stream: str, start: int) -> None:
        """Return once there is an event at ``start`` or later."""
        if stream not in self._streams or self._streams[stream].next <= start:
            await self._waiters.wait(stream, start)

    async def find(self, query: Query) -> list[Stored]:
        """Return events that match, newest first within a stream."""
        found = [
            Stored(page.stream, page.base + index, page.events[index], page.base)
            for name in ([query.stream] if query.stream else sorted(self._streams))
            for page in reversed(self._streams.get(name, _Stream()).pages)
            for index in reversed(range(len(page.events)))
            if query.matches(page.base + index, page.events[index])
        ]
        return found[: query.limit]

    async def trim(self, stream: str, retention: Retention) -> int:
        """Remove what may go; see ``EventLog.trim``."""
        log = self._streams.get(stream, _Stream())
        first = log.first
        while log.pages and self._may_go(log, retention):
            log.pages.pop(0)
        return log.first - first

    def _may_go(self, log: _Stream, retention: Retention) -> bool:
        oldest = log.pages[0]
        aged = all(event.recorded < retention.before for event in oldest.events)
        full = retention.max_bytes is not None and sum(map(_size, log.pages)) > retention.max_bytes
        return oldest.next <= retention.keep_from and (aged or full)

    async def verify(self, stream: str = "") -> AsyncIterator[PageCheck]:
        """Yield a verdict on every page: memory keeps what it was given."""
        for name in sorted(self._streams):
            for page in self._streams[name].pages if stream in ("", name) else ():
                yield PageCheck(name, page.base, len(page.events))

    async def streams(self) -> list[StreamInfo]:
        """Return the extent of every stream, by name."""
        return [
            StreamInfo(name, log.first, log.next, len(log.pages), sum(map(_size, log.pages)))
            for name, log in sorted(self._streams.items())
        ]


def _size(page: Page) -> int:
    return payload_bytes(page.events)
