"""The embedded ``EventLog``: sealed pages in the project's SQLite file.

Appends of all callers that wait together become one page per stream, one transaction and one fsync;
every caller is resumed after it. Nothing waits for company: an idle log commits at once, and what
arrives meanwhile is the next group. See ``docs/explanation/log.md``.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import cast

import apsw

from trunkline.adapters.sqlite import pages
from trunkline.adapters.sqlite.appending import Appender, Arrival, LogSettings
from trunkline.adapters.sqlite.dedupe import Dedupe
from trunkline.adapters.sqlite.following import Following
from trunkline.adapters.sqlite.prints import Prints
from trunkline.adapters.sqlite.store import Store
from trunkline.eventlog.merging import Room, merge
from trunkline.eventlog.page import PageCodec
from trunkline.eventlog.placing import payload_bytes
from trunkline.eventlog.port import Appended, Features, Page, PageCheck, Query, Retention, StreamInfo
from trunkline.eventlog.recent import RecentPages
from trunkline.eventlog.seal import KEY_BYTES, Sealer
from trunkline.eventlog.waiters import Waiters
from trunkline.kernel.clock import Clock
from trunkline.kernel.errors import BusyError, Corrupt, StoreError
from trunkline.kernel.event import Event, Stored

_SECRET_HEADER = b"log secret"
_RETRY_AFTER_SECONDS = 1.0
_BITE_PAGES = 64


class _Group:
    """Arrivals that are committed together: those that wait when the writer comes to it."""

    def __init__(self, waiting: deque[Arrival], appender: Appender, store: Store) -> None:
        self._waiting = waiting
        self._appender = appender
        self._store = store
        self.started = False
        self.arrivals: list[Arrival] = []

    def write(self, connection: apsw.Connection) -> list[Page]:
        """Store what waits by now; raises ``StoreFull`` where the disk has no room for new events."""
        self._store.ask_for_room(connection)
        self.take()
        return self._appender.store(connection, self.arrivals)

    def take(self) -> None:
        """Take what waits, in its order; what comes later needs another group."""
        self.started = True
        while self._waiting:
            self.arrivals.append(self._waiting.popleft())


class SqliteLog:
    """An ``EventLog`` on a ``Store``; ``open`` makes one. It belongs to one event loop.

    On a store that is open without the role ``intake``, another process may append: ``append`` and ``trim``
    raise ``StoreError``, and ``wait`` learns of new events by looking.
    """

    features = Features(durable=True, sealed=True)

    def __init__(
        self, store: Store, sealer: Sealer, secret: bytes, clock: Clock, settings: LogSettings
    ) -> None:
        self._store = store
        self._appends = "intake" in store.roles
        self._limits = settings.limits
        self._codec = PageCodec(sealer)
        self._prints = Prints(secret[KEY_BYTES:])
        dedupe = Dedupe(secret[:KEY_BYTES], settings.dedupe_bytes, settings.dedupe_shape)
        self._appender = Appender(self._codec, self._prints, dedupe, clock, settings)
        self._waiting: deque[Arrival] = deque()
        self._group: _Group | None = None
        self._pending_events = 0
        self._pending_bytes = 0
        self._next: dict[str, int] = {}
        self._recent = RecentPages(settings.recent_bytes)
        self._waiters = Waiters()
        self._following = Following(store, clock, self._note, self._waiters)

    @classmethod
    async def open(
        cls, store: Store, sealer: Sealer, clock: Clock, settings: LogSettings | None = None
    ) -> SqliteLog:
        """Open the log of ``store``; raises ``Corrupt`` at once where it was made with another key."""
        if store.readonly:
            secret = await store.read(partial(_read_secret, sealer))
        else:
            secret = await store.write(partial(_make_secret, sealer))
        log = cls(store, sealer, secret, clock, settings or LogSettings())
        if log._appends:
            await store.submit(log._appender.load, log._appender.settle)
            log._note(await store.read(pages.stream_rows))
        return log

    async def append(self, stream: str, events: Sequence[Event]) -> list[Appended]:
        """Store events; see ``EventLog.append``. Raises ``BusyError`` where too much waits already."""
        if not events:
            return []
        self._check_appends()
        size = payload_bytes(events)
        self._admit(len(events), size)
        arrival = Arrival(stream, list(events), size, asyncio.get_running_loop().create_future())
        self._enqueue(arrival)
        return await arrival.done

    async def read(self, stream: str, start: int, limit: int = 1_000) -> Page:
        """Return events from ``start`` on; see ``EventLog.read``. Raises ``Corrupt`` for a damaged page."""
        if self._appends and start >= self._next.get(stream, 0):
            return Page(stream, start, [])
        kept = self._recent.take(stream, start, self._room(limit))
        if not kept:
            kept = await self._store.read(
                lambda connection: pages.load(connection, self._codec, stream, start, self._room(limit))
            )
            for page in kept:
                self._recent.add(page)
        return merge(stream, kept, start, limit)

    async def wait(self, stream: str, start: int) -> None:
        """Return once there is an event at ``start`` or later."""
        if self._next.get(stream, 0) > start:
            return
        if not self._appends:
            self._following.begin()
        await self._waiters.wait(stream, start)

    async def find(self, query: Query) -> list[Stored]:
        """Return events that match, newest first within a stream."""
        return await self._store.read(
            lambda connection: list(islice(self._matches(connection, query), query.limit))
        )

    async def trim(self, stream: str, retention: Retention) -> int:
        """Remove what may go, a few pages a commit; see ``EventLog.trim``."""
        self._check_appends()
        went = 0
        while True:
            was, first = await self._store.write(
                lambda connection: pages.trim(connection, stream, retention, _BITE_PAGES)
            )
            self._recent.forget_before(stream, first)
            went += first - was
            if first == was:
                return went

    async def verify(self, stream: str = "") -> AsyncIterator[PageCheck]:
        """Open every stored page, yielding a verdict on each as it comes; missing offsets are a fault."""
        for name in [stream] if stream else [info.stream for info in await self.streams()]:
            start = 0
            while verdicts := await self._store.read(partial(self._check, name, start)):
                for verdict in verdicts:
                    yield verdict
                start = verdicts[-1].base + verdicts[-1].count

    async def streams(self) -> list[StreamInfo]:
        """Return the extent of every stream, by name."""
        return await self._store.read(pages.infos)

    def _note(self, streams: Sequence[pages.StreamRow]) -> None:
        """Learn how far the streams reach."""
        for stream in streams:
            self._next[stream.name] = stream.next
            self._recent.forget_before(stream.name, stream.first)

    def _check_appends(self) -> None:
        if not self._appends:
            raise StoreError("the log is open for reading only: another process may append to it")

    def _room(self, limit: int) -> Room:
        return Room(limit, self._limits.page_bytes)

    def _check(self, name: str, start: int, connection: apsw.Connection) -> list[PageCheck]:
        return pages.check(connection, self._codec, name, start, _BITE_PAGES)

    def _admit(self, events: int, size: int) -> None:
        """Refuse an arrival beyond the bounds; one that waits alone is taken whatever its size."""
        limits = self._limits
        over_events = self._pending_events + events > limits.pending_events
        over_bytes = self._pending_bytes + size > limits.pending_bytes
        if self._pending_events and (over_events or over_bytes):
            raise BusyError(
                f"{self._pending_events} events wait for the disk already: come back", _RETRY_AFTER_SECONDS
            )

    def _enqueue(self, arrival: Arrival) -> None:
        """Let an arrival wait; where no group will take it, queue one at the end of this turn of the loop.

        What else arrives in this turn goes with it: a commit costs the same for one as for a hundred.
        """
        self._waiting.append(arrival)
        self._pending_events += len(arrival.events)
        self._pending_bytes += arrival.bytes
        if self._group is None or self._group.started:
            self._group = _Group(self._waiting, self._appender, self._store)
            asyncio.get_running_loop().call_soon(self._submit, self._group)

    def _submit(self, group: _Group) -> None:
        try:
            committed = self._store.submit(group.write, self._appender.settle)
        except StoreError as closed:
            committed = asyncio.get_running_loop().create_future()
            committed.set_exception(closed)
        committed.add_done_callback(partial(self._answer, group))

    def _answer(self, group: _Group, committed: asyncio.Future[list[Page]]) -> None:
        """Resume everyone of a committed or failed group, after readers can see what was stored."""
        error = committed.exception()
        if not group.started:
            group.take()  # it could not even begin
        for page in () if error else committed.result():
            self._next[page.stream] = page.next
            self._recent.add(page)
        for arrival in group.arrivals:
            self._pending_events -= len(arrival.events)
            self._pending_bytes -= arrival.bytes
            _resume(arrival, error or arrival.outcome)
        for stream in {arrival.stream for arrival in group.arrivals}:
            self._waiters.wake(stream, self._next.get(stream, 0))

    def _matches(self, connection: apsw.Connection, query: Query) -> Iterator[Stored]:
        streams = {stream.number: stream for stream in pages.stream_rows(connection)}
        asked = next((number for number, stream in streams.items() if stream.name == query.stream), None)
        if query.stream and asked is None:
            return
        for number, base in self._prints.pages(connection, asked, query):
            if base < streams[number].first:
                continue  # it was trimmed, and a run of fingerprints still names it
            yield from pages.matching(connection, self._codec, streams[number], base, query)


def _resume(arrival: Arrival, outcome: object) -> None:
    if arrival.done.done():
        return
    if isinstance(outcome, BaseException):
        arrival.done.set_exception(outcome)
    else:
        arrival.done.set_result(cast("list[Appended]", outcome))


def _make_secret(sealer: Sealer, connection: apsw.Connection) -> bytes:
    """Return the store's own keys, making them where the store is new."""
    connection.execute(
        "INSERT OR IGNORE INTO log_secret VALUES (1, ?)",
        (sealer.seal(os.urandom(2 * KEY_BYTES), _SECRET_HEADER),),
    )
    return _read_secret(sealer, connection)


def _read_secret(sealer: Sealer, connection: apsw.Connection) -> bytes:
    for (sealed,) in connection.execute("SELECT sealed FROM log_secret"):
        if not isinstance(sealed, bytes):
            raise Corrupt("the store's own keys are damaged: restore it from a backup")
        return sealer.open(sealed, _SECRET_HEADER)
    raise StoreError("the log was never opened for writing: `trunkline run` makes it")
