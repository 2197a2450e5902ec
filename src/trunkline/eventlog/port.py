"""The port every log engine implements, and the values that cross it.

``memory.py`` beside it is the reference; ``trunkline.testkit.eventlog`` is the suite both pass.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import msgspec

from trunkline.kernel.event import Event, Stored


class Features(msgspec.Struct, frozen=True):
    """What an engine promises; the suite tests what is promised and a flow refuses to start on less."""

    durable: bool
    """What ``append`` returned survives a power cut."""

    sealed: bool
    """Payloads are encrypted at rest and damage to them is detected."""


class Appended(msgspec.Struct, frozen=True, gc=False):
    """What became of one event: its offset, or the offset of the earlier arrival that it repeats."""

    offset: int
    duplicate: bool


class Page(msgspec.Struct, frozen=True):
    """Consecutive events of one stream: ``events[i]`` has offset ``base + i``."""

    stream: str
    base: int
    events: list[Event]

    @property
    def next(self) -> int:
        """The offset after the last event: where to read on."""
        return self.base + len(self.events)


class Query(msgspec.Struct, frozen=True):
    """What to find: events that carry every value given here; ``stream`` empty means all streams.

    ``before`` is the offset of the last one of the page before, of one stream: only older ones are found.
    """

    stream: str = ""
    id: str = ""
    correlation: str = ""
    subject: str = ""
    limit: int = 100
    before: int | None = None

    def matches(self, offset: int, event: Event) -> bool:
        """Tell whether ``event`` carries every value asked for, and is old enough."""
        return (
            (self.before is None or offset < self.before)
            and self.id in ("", event.id)
            and self.correlation in ("", event.correlation)
            and self.subject in ("", event.subject)
        )


class Retention(msgspec.Struct, frozen=True):
    """What may go: events accepted before ``before`` (microseconds), then the oldest above ``max_bytes``.

    Nothing at or after ``keep_from`` goes in any case: it is the lowest cursor of the flows that read.
    """

    keep_from: int
    before: int = 0
    max_bytes: int | None = None


class StreamInfo(msgspec.Struct, frozen=True):
    """The extent of a stream: offsets ``first`` to ``next - 1`` are there, in ``stored_bytes`` bytes."""

    stream: str
    first: int
    next: int
    pages: int
    stored_bytes: int


class PageCheck(msgspec.Struct, frozen=True):
    """The verdict on one stored page; ``fault`` is empty where the page is whole."""

    stream: str
    base: int
    count: int
    fault: str = ""


class LogReader(Protocol):
    """What delivery needs of a log: to read on from where it is."""

    async def read(self, stream: str, start: int, limit: int = 1_000) -> Page:
        """Return up to ``limit`` events from offset ``start`` on, or an empty page at the end.

        Where older events were trimmed, the page begins at the oldest that is there: look at ``base``.
        A page also ends at the engine's bound on bytes, but holds at least one event.
        """

    async def wait(self, stream: str, start: int) -> None:
        """Return as soon as an event with an offset of ``start`` or more is there to read."""

    async def streams(self) -> list[StreamInfo]:
        """Return the extent of every stream, by name."""


class EventLog(LogReader, Protocol):
    """An ordered, durable, deduplicating record of events in named streams.

    Offsets of a stream start at 0, grow by one an event, and are never used twice. Methods raise
    ``StoreError`` (``StoreFull``, ``Corrupt``) and nothing of a driver.
    """

    features: Features

    async def append(self, stream: str, events: Sequence[Event]) -> list[Appended]:
        """Store events in their order and return, once they are durable, what became of each.

        An event whose (source, id) was stored in this stream within the dedupe window, or stands
        earlier in ``events``, is a duplicate: not stored again, with the offset of the first. An event
        that was cast (it says in which version it was ``given``) is one as well where another major
        version's stream has it, ``placing.ELSEWHERE``: its source has moved from there. Either all new
        ones are stored or, on ``StoreError``, none is.
        """

    async def find(self, query: Query) -> list[Stored]:
        """Return events that match, newest first within a stream."""

    async def trim(self, stream: str, retention: Retention) -> int:
        """Remove whole pages that may go and return how many events went."""

    def verify(self, stream: str = "") -> AsyncIterator[PageCheck]:
        """Open every stored page of one stream or of all, yielding a verdict on each as it comes."""
