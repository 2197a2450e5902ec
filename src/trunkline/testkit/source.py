"""The behaviour every pull source has, as one suite: what a connector author runs to know it is right.

A test subclasses ``SourceSuite`` and gives it a fixture ``harness``; pytest collects the rest. The suite
itself needs no pytest.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from trunkline.connectors.source import Arrival, Batch, Receipt, Source

UNREADABLE = -1
"""Offered instead of a value: something the source cannot read as a record."""

_PATIENCE_SECONDS = 20.0


class Harness(Protocol):
    """A place that data is pulled from, as the suite sees it: made new for each test, and empty."""

    def source(self) -> Source:
        """Return a new source for this place; at most 100 records come in one batch."""

    async def offer(self, values: Sequence[int]) -> None:
        """Put a record of each value there, in order, as the system at the other end would."""

    def value(self, arrival: Arrival) -> int:
        """Return the value of a record that came."""


class Pulled:
    """A source and its batches, being read by a test."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._batches = source.batches()

    async def take(self, count: int, *, settle: bool) -> list[Arrival]:
        """Read batches until ``count`` arrivals came, settling each one before the next is asked for."""
        arrivals: list[Arrival] = []
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while len(arrivals) < count:
                batch = await anext(self._batches)
                arrivals += batch.arrivals
                if settle:
                    await self.source.settle(batch, accepted(batch))
        return arrivals

    async def end(self) -> int:
        """Read to the end and return how many batches still came; fails where it does not end."""
        left = 0
        async with asyncio.timeout(_PATIENCE_SECONDS):
            async for _ in self._batches:
                left += 1
        return left


def accepted(batch: Batch) -> list[Receipt]:
    """Return the receipts of a batch in which everything is good but what the source could not read."""
    return [
        Receipt("refused", id=arrival.identity, reasons=(arrival.fault,))
        if arrival.fault
        else Receipt("accepted", id=arrival.identity)
        for arrival in batch.arrivals
    ]


class SourceSuite:
    """What every source does."""

    async def test_every_record_comes_once_and_in_order(self, harness: Harness) -> None:
        """What was offered comes, once and in its order, over many batches."""
        await harness.offer(range(350))
        async with _opened(harness) as pulled:
            arrivals = await pulled.take(350, settle=True)
        assert [harness.value(arrival) for arrival in arrivals] == list(range(350))

    async def test_what_comes_later_is_noticed(self, harness: Harness) -> None:
        """A source that has read everything goes on with what comes then."""
        await harness.offer([1, 2])
        async with _opened(harness) as pulled:
            assert len(await pulled.take(2, settle=True)) == 2  # noqa: PLR2004  what was offered
            await harness.offer([3])
            assert [harness.value(arrival) for arrival in await pulled.take(1, settle=True)] == [3]

    async def test_every_record_has_its_own_identity(self, harness: Harness) -> None:
        """Equal records are both real: no two identities are equal."""
        await harness.offer([7] * 150)
        async with _opened(harness) as pulled:
            arrivals = await pulled.take(150, settle=True)
        assert len({arrival.identity for arrival in arrivals}) == len(arrivals)
        assert all(arrival.identity and arrival.place and arrival.raw for arrival in arrivals)

    async def test_what_was_not_settled_comes_again(self, harness: Harness) -> None:
        """Read but not settled, everything comes again after a restart, as the same."""
        await harness.offer(range(250))
        async with _opened(harness) as pulled:
            first = await pulled.take(250, settle=False)
        async with _opened(harness) as pulled:
            assert await pulled.take(250, settle=True) == first

    async def test_what_was_settled_does_not_come_again(self, harness: Harness) -> None:
        """Settled to the end, nothing of it comes after a restart, only what is new."""
        await harness.offer(range(250))
        async with _opened(harness) as pulled:
            await pulled.take(250, settle=True)
        await harness.offer([999])
        async with _opened(harness) as pulled:
            assert [harness.value(arrival) for arrival in await pulled.take(1, settle=True)] == [999]

    async def test_a_restart_in_the_middle_loses_nothing(self, harness: Harness) -> None:
        """Stopped half-way, it comes back with all that was not settled, under the same identities."""
        await harness.offer(range(350))
        async with _opened(harness) as pulled:
            settled = await pulled.take(150, settle=True)
        left = 350 - len(settled)
        seen = {arrival.identity: arrival for arrival in settled}
        async with _opened(harness) as pulled:
            while left:
                new = [one for one in await pulled.take(1, settle=True) if one.identity not in seen]
                seen |= {arrival.identity: arrival for arrival in new}
                left -= len(new)
        assert [harness.value(arrival) for arrival in seen.values()] == list(range(350))

    async def test_what_cannot_be_read_does_not_stop_the_rest(self, harness: Harness) -> None:
        """An unreadable record comes with a fault and its identity; those around it come as ever."""
        await harness.offer([1, UNREADABLE, 2, UNREADABLE, 3])
        async with _opened(harness) as pulled:
            arrivals = await pulled.take(5, settle=True)
        assert [bool(arrival.fault) for arrival in arrivals] == [False, True, False, True, False]
        assert [harness.value(arrival) for arrival in arrivals if not arrival.fault] == [1, 2, 3]
        assert len({arrival.identity for arrival in arrivals}) == len(arrivals)

    async def test_close_ends_the_batches(self, harness: Harness) -> None:
        """Closed while somebody waits for a batch, ``batches`` ends; closing twice does nothing."""
        async with _opened(harness) as pulled:
            waiting = asyncio.create_task(pulled.end())
            await asyncio.sleep(0)
            await pulled.source.close()
            assert await waiting == 0
            await pulled.source.close()

    async def test_a_cancelled_reader_loses_nothing(self, harness: Harness) -> None:
        """A reader that is cancelled while it waits leaves everything as it was."""
        async with _opened(harness) as pulled:
            waiting = asyncio.create_task(pulled.end())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        await harness.offer([1])
        async with _opened(harness) as pulled:
            assert [harness.value(arrival) for arrival in await pulled.take(1, settle=True)] == [1]


@asynccontextmanager
async def _opened(harness: Harness) -> AsyncIterator[Pulled]:
    pulled = Pulled(harness.source())
    try:
        yield pulled
    finally:
        await pulled.source.close()
        await pulled.end()
