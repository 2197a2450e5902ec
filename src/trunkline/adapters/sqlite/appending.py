"""From waiting arrivals to stored pages: what the log does inside the writer's transaction.

One group of arrivals is one transaction: key, look up, place, pack, seal, insert. The log makes the
groups on its event loop and answers the callers; everything here runs in the store's writer thread.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

import apsw
import msgspec

from trunkline.adapters.sqlite import pages
from trunkline.adapters.sqlite.dedupe import Dedupe, Shape
from trunkline.adapters.sqlite.prints import Prints
from trunkline.adapters.sqlite.rollups import add_arrivals
from trunkline.eventlog.page import PageCodec
from trunkline.eventlog.placing import (
    ELSEWHERE,
    WINDOW_SECONDS,
    arrivals_of,
    forgotten_before,
    paginate,
    place,
    siblings,
)
from trunkline.eventlog.port import Appended, Page
from trunkline.kernel.clock import SECOND, Clock
from trunkline.kernel.errors import StoreError
from trunkline.kernel.event import Event
from trunkline.kernel.limits import Limits

_UNPACKABLE = (ValueError, OverflowError)


class LogSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a project may choose about its log."""

    window_seconds: int = WINDOW_SECONDS
    """How long an arrival is remembered; a repeat within it is a duplicate."""

    dedupe_bytes: int = 64 * 1_048_576
    """Memory for deduplication: about 3 bytes a key. Older keys are looked up on disk, exact and slower."""

    recent_bytes: int = 16 * 1_048_576
    """Memory for the newest pages, decoded, so that flows at the head do not open them again."""

    dedupe_shape: Shape = Shape()
    """How keys are grouped on disk and in memory: measured, there is no need to choose."""

    limits: Limits = Limits()
    """How much may wait, and how large a page becomes."""


class Arrival(msgspec.Struct):
    """The events of one caller, and the future that resumes it."""

    stream: str
    events: list[Event]
    bytes: int
    done: asyncio.Future[list[Appended]]
    outcome: list[Appended] | StoreError | None = None


class Appender:
    """What the writer's thread remembers between groups: the streams' next offsets, and what was seen."""

    def __init__(
        self, codec: PageCodec, prints: Prints, dedupe: Dedupe, clock: Clock, settings: LogSettings
    ) -> None:
        self._codec = codec
        self._prints = prints
        self._dedupe = dedupe
        self._clock = clock
        self._limits = settings.limits
        self._window_seconds = settings.window_seconds
        self._streams: dict[str, pages.StreamRow] = {}
        self._settled = False

    def settle(self) -> None:
        """Learn that the last group is durable: what is remembered is what is stored."""
        self._settled = True

    def load(self, connection: apsw.Connection) -> None:
        """Read everything that is remembered from the store."""
        self._streams = {stream.name: stream for stream in pages.writable_stream_rows(connection)}
        self._dedupe.load(connection)

    def store(self, connection: apsw.Connection, arrivals: Sequence[Arrival]) -> list[Page]:
        """Give every arrival its outcome and return the new pages; ``settle`` follows the commit."""
        if not self._settled:
            self.load(connection)  # the last group failed: what was remembered of it is not there
        self._settled = False
        connection.execute("SAVEPOINT arrivals")
        try:
            stored = self._store_by_stream(connection, arrivals)
        except _UNPACKABLE:
            connection.execute("ROLLBACK TO arrivals")
            self.load(connection)
            stored = self._store_one_by_one(connection, arrivals)
        connection.execute("RELEASE arrivals")
        return stored

    def _store_one_by_one(self, connection: apsw.Connection, arrivals: Sequence[Arrival]) -> list[Page]:
        """Find the arrivals that cannot be packed and refuse them alone."""
        stored: list[Page] = []
        for arrival in arrivals:
            connection.execute("SAVEPOINT one_arrival")
            try:
                stored += self._store_by_stream(connection, [arrival])
            except _UNPACKABLE as error:
                connection.execute("ROLLBACK TO one_arrival")
                self.load(connection)
                arrival.outcome = StoreError(
                    f"an event cannot be packed ({type(error).__name__}):"
                    " its texts must be Unicode and its times 64-bit"
                )
            connection.execute("RELEASE one_arrival")
        return stored

    def _store_by_stream(self, connection: apsw.Connection, arrivals: Sequence[Arrival]) -> list[Page]:
        by_stream: dict[str, list[Arrival]] = {}
        for arrival in arrivals:
            by_stream.setdefault(arrival.stream, []).append(arrival)
        stored: list[Page] = []
        for name, group in by_stream.items():
            placed, new = self._append(connection, name, [event for one in group for event in one.events])
            stored += new
            answers = deque(placed)
            for arrival in group:
                arrival.outcome = [answers.popleft() for _ in arrival.events]
        return stored

    def _append(
        self, connection: apsw.Connection, name: str, events: list[Event]
    ) -> tuple[list[Appended], list[Page]]:
        stream = self._streams.get(name) or pages.add_stream(connection, name)
        self._streams[name] = stream
        now = self._clock.now()
        forgotten = forgotten_before(now, self._window_seconds)
        keys = self._dedupe.keys(name, events)
        cast = {key: event for key, event in zip(keys, events, strict=True) if event.given}
        known = self._elsewhere(connection, name, cast, forgotten) if cast else {}
        known |= self._dedupe.known(connection, keys, forgotten)
        placed, fresh = place(keys, known, stream.next)
        for source, sums in arrivals_of(events, fresh).items():
            add_arrivals(connection, name, source, now, sums)
        if not fresh:
            return placed, []
        self._dedupe.make_room(connection, forgotten)
        self._dedupe.remember(connection, [keys[index] for index in fresh], stream.next, now // SECOND)
        return placed, self._save(connection, stream, [events[index] for index in fresh])

    def _elsewhere(
        self, connection: apsw.Connection, name: str, cast: dict[bytes, Event], forgotten: int
    ) -> dict[bytes, int]:
        """Return the keys of those events that stand in the stream of another major version."""
        found: dict[bytes, int] = {}
        for other in siblings(name, self._streams):
            asked = self._dedupe.keys(other, cast.values())
            known = self._dedupe.known(connection, asked, forgotten)
            found |= {key: ELSEWHERE for key, there in zip(cast, asked, strict=True) if there in known}
        return found

    def _save(self, connection: apsw.Connection, stream: pages.StreamRow, events: list[Event]) -> list[Page]:
        stored = []
        for part in paginate(events, self._limits.page_events, self._limits.page_bytes):
            page = Page(stream.name, stream.next, list(part))
            body = pages.save(connection, stream.number, page, self._codec.encode(page))
            self._prints.save(connection, stream.number, body, page)
            stream.next = page.next
            stored.append(page)
        connection.execute("UPDATE stream SET next = ? WHERE stream = ?", (stream.next, stream.number))
        return stored
