"""A pull source is driven so that nothing is settled before it is durable, and nothing overtakes."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from trunkline.connectors.source import Batch
from trunkline.intake.pull import pump
from trunkline.intake.quarantine import Query
from trunkline.kernel.errors import BusyError, StoreError, TrunklineError
from trunkline.kernel.signals import SourceFailed


class Listed:
    """A source of given batches that notes what was read and settled."""

    name = "till/sales"

    def __init__(self, *batches, then=None):
        self._batches = batches
        self._then = then
        self.read = 0
        self.settled = []

    async def batches(self):
        for number, arrivals in enumerate(self._batches):
            self.read += 1
            yield Batch(arrivals, token=number)
        if self._then is not None:
            raise self._then

    async def settle(self, batch, receipts):
        self.settled.append((batch.token, [receipt.status for receipt in receipts]))

    async def close(self):
        """Nothing is open."""


class Failing:
    """A log that fails as it is told, then stores; ``gate`` holds appends back while it is closed."""

    def __init__(self, log, *failures):
        self._log = log
        self._failures = list(failures)
        self.gate = asyncio.Event()
        self.gate.set()

    async def append(self, stream, events):
        await self.gate.wait()
        if self._failures:
            raise self._failures.pop(0)
        return await self._log.append(stream, events)


async def until(condition):
    """Let every ready task run until ``condition`` holds."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came true")


# Every batch is stored and settled in order, with its receipts; what is refused is in quarantine first.
async def test_drives_a_source_to_its_end(scene, sale):
    source = Listed([sale(1), sale(2)], [sale(2), sale(3, raw=b"{}")], [])
    await pump(source, scene.intake, scene.around)
    assert source.settled == [(0, ["accepted", "accepted"]), (1, ["duplicate", "refused"]), (2, [])]
    assert [event.subject for event in await scene.stored()] == ["s1", "s2"]
    assert len(await scene.quarantine.list(Query())) == 1


# While one batch waits for the disk exactly one more is read; none is settled before it is stored.
async def test_reads_ahead_by_one(scene, sale):
    log = Failing(scene.log)
    log.gate.clear()
    source = Listed([sale(1)], [sale(2)], [sale(3)])
    pumping = asyncio.create_task(pump(source, scene.build(log=log), scene.around))
    await until(lambda: source.read == 2)
    for _ in range(20):
        await asyncio.sleep(0)
    assert (source.read, source.settled) == (2, [])
    log.gate.set()
    await pumping
    assert [token for token, _ in source.settled] == [0, 1, 2]


# A batch larger than a slice keeps its order.
async def test_large_batch(scene, sale):
    source = Listed([sale(number) for number in range(250)])
    await pump(source, scene.intake, scene.around)
    assert [event.id for event in await scene.stored()] == [f"k{number}" for number in range(250)]


# Where the log is busy or broken the batch is tried again after a wait, and nothing overtakes it.
async def test_tries_again_in_order(scene, sale):
    log = Failing(scene.log, BusyError("full", 2.0), StoreError("the disk is away"), StoreError("still away"))
    source = Listed([sale(1)], [sale(2)])
    pumping = asyncio.create_task(pump(source, scene.build(log=log), scene.around))
    waits = []
    for _ in range(3):
        await until(lambda: scene.clock.next_wake is not None)
        assert source.settled == []
        waits.append((scene.clock.next_wake - scene.clock.now()) / 1e6)
        scene.clock.advance_to(scene.clock.next_wake)
    await pumping
    assert waits == [2.0, 0.375, 0.75]
    assert [event.id for event in await scene.stored()] == ["k1", "k2"]
    failed = [signal for signal in scene.emitted if isinstance(signal, SourceFailed)]
    assert [signal.source for signal in failed] == ["till/sales", "till/sales"]


# Cancelled in the middle, the batch under way is not settled and no task is left behind.
async def test_cancellation(scene, sale):
    log = Failing(scene.log)
    log.gate.clear()
    source = Listed([sale(1)], [sale(2)])
    before = asyncio.all_tasks()
    pumping = asyncio.create_task(pump(source, scene.build(log=log), scene.around))
    await until(lambda: source.read == 2)
    pumping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await pumping
    assert source.settled == []
    assert asyncio.all_tasks() == before
    again = Listed([sale(1)], [sale(2)])
    await pump(again, scene.intake, scene.around)
    assert [statuses for _, statuses in again.settled] == [["accepted"], ["accepted"]]


# What goes wrong in the source itself comes out, after what was read before it is safe.
async def test_source_failure_comes_out(scene, sale):
    source = Listed([sale(1)], then=TrunklineError("the folder is gone"))
    with pytest.raises(TrunklineError, match="folder is gone"):
        await pump(source, scene.intake, scene.around)
