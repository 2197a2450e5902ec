"""The reference of the ``Source`` port: arrivals on a shelf in this process, gone from it once settled.

Whoever embeds Trunkline and has the records in hand can feed an intake from it; the testkit's suite
shows with it what a source has to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence

import msgspec

from trunkline.connectors.source import Arrival, Batch, Receipt


class Shelf:
    """Where arrivals lie until they are settled; it outlives the sources that read it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.waiting: dict[int, Arrival] = {}
        self.filled = asyncio.Event()
        self._count = 0

    def put(self, arrivals: Iterable[Arrival]) -> None:
        """Add arrivals; one without an identity gets that of its number on this shelf."""
        for arrival in arrivals:
            self._count += 1
            identity = arrival.identity or f"{self.name}:{self._count}"
            self.waiting[self._count] = msgspec.structs.replace(arrival, identity=identity)
        self.filled.set()


class MemorySource:
    """A source that reads a shelf in order, ``batch_rows`` at a time."""

    def __init__(self, name: str, shelf: Shelf, batch_rows: int = 1_000) -> None:
        self.name = name
        self._shelf = shelf
        self._batch_rows = batch_rows
        self._closed = False

    async def batches(self) -> AsyncIterator[Batch]:
        """Yield what lies on the shelf and what comes to it, until closed."""
        read_to = 0
        while not self._closed:
            self._shelf.filled.clear()
            numbers = [number for number in self._shelf.waiting if number > read_to][: self._batch_rows]
            if numbers:
                read_to = numbers[-1]
                yield Batch([self._shelf.waiting[number] for number in numbers], numbers)
            else:
                await self._shelf.filled.wait()

    async def settle(self, batch: Batch, receipts: Sequence[Receipt]) -> None:
        """Take the batch off the shelf."""
        assert isinstance(batch.token, list), "a batch of another source"
        assert len(receipts) == len(batch.arrivals), "one receipt an arrival"
        for number in batch.token:
            self._shelf.waiting.pop(number, None)

    async def close(self) -> None:
        """End ``batches``; what is not settled stays on the shelf."""
        self._closed = True
        self._shelf.filled.set()
