"""Delivery on the embedded store itself: log, ledger and flow over one file, stopped and opened again."""

from __future__ import annotations

import asyncio
import random

import pytest
from tests.sqlite_engine import SqliteEngine, ledger_of
from tests.unit.delivery.small import STREAM, events, flow_of

from trunkline.delivery.flow import Ports
from trunkline.delivery.ledger import CaseQuery, Edit, Retry
from trunkline.delivery.retry import RetryPolicy
from trunkline.delivery.runner import FlowRunner
from trunkline.eventlog.port import Page
from trunkline.kernel.clock import SystemClock
from trunkline.kernel.errors import Final, Retryable
from trunkline.kernel.ids import SystemIds
from trunkline.kernel.limits import Limits
from trunkline.kernel.signals import BatchDelivered, Signals
from trunkline.testkit.history import Expected, faults
from trunkline.testkit.targets import MemoryService, MemoryTable, Place, Trouble

COUNT = 3_000
QUICK = RetryPolicy(attempts=50, first_seconds=0.001, longest_seconds=0.01)


def ports_of(engine, log, target, progressed):
    def listen(signal):
        if isinstance(signal, BatchDelivered):
            progressed.set()

    clock, signals = SystemClock(), Signals()
    signals.listen(listen)
    ledger = ledger_of(engine.store)
    return Ports(log, ledger, target, clock, SystemIds(clock, 7), signals, Limits(page_events=200))


# Lives end by a stop or in mid-call; each event is delivered once (or under one name), in its key's order.
@pytest.mark.parametrize("kind", [MemoryTable, MemoryService])
async def test_a_stream_is_delivered_over_many_lives(tmp_path, kind):
    chance, place, stored = random.Random(5), Place(), events([f"k{n % 40}" for n in range(COUNT)])

    def script(items):
        blame = {one.offset: Retryable("busy", "later") for one in items if chance.random() < 0.01}
        return Trouble(blame=blame, seconds=0.0005)

    engine = SqliteEngine(tmp_path)
    await (await engine.open()).append(STREAM, stored)
    for life in range(200):
        log, progressed = await engine.open(), asyncio.Event()
        ports = ports_of(engine, log, kind(place, script), progressed)
        runner = FlowRunner(flow_of(policy=QUICK), ports)
        task = asyncio.create_task(runner.run())
        await progressed.wait()
        if life % 2:
            runner.stop()
        else:
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        [status] = await ports.ledger.status()
        if status.cursor == COUNT and not (status.waiting or status.held):
            break
    assert await ports.ledger.find(CaseQuery(state="dead")) == []
    fates = [await ports.ledger.fate("flow", offset) for offset in range(0, COUNT, 7)]
    assert {fate.state for fate in fates} == {"delivered"}
    await engine.close()
    expected = Expected(Page(STREAM, 0, stored), once=kind is MemoryTable)
    assert faults(expected, place.received) == []


# A record that a person edited is what the next attempt carries, after a restart too, under the name of the
# first; what it held follows, and the log keeps what came.
@pytest.mark.parametrize("kind", [MemoryTable, MemoryService])
async def test_an_edited_letter_is_delivered(tmp_path, kind):
    place, refused, stored = Place(), [], events(["a", "a"])

    def script(items):
        refused.extend(one.idempotency_key for one in items if one.record["n"] == 0)
        return Trouble(blame={one.offset: Final("no", "n is 0") for one in items if one.record["n"] == 0})

    async def life(seen):
        log, heard = await engine.open(), asyncio.Event()
        ports = ports_of(engine, log, kind(place, script), asyncio.Event())
        ports.signals.listen(lambda _signal: heard.set())
        runner = FlowRunner(flow_of(), ports)
        task = asyncio.create_task(runner.run())
        while not await seen(ports.ledger):
            await heard.wait()
            heard.clear()
        runner.stop()
        await task
        return ports.ledger

    async def is_dead(ledger):
        return len(await ledger.find(CaseQuery("flow"))) == 1

    async def is_done(ledger):
        return len(place.received) == 2 and (await ledger.fate("flow", 1)).state == "delivered"

    engine = SqliteEngine(tmp_path)
    await (await engine.open()).append(STREAM, stored)
    ledger = await life(is_dead)
    assert await ledger.resolve("flow", 0, Edit(b'{"n": 5}', ("n",), "ann", "typo"), 1)
    assert await ledger.resolve("flow", 0, Retry("ann"), 2)
    await life(is_done)
    assert [(one.offset, one.record) for one in place.received] == [(0, {"n": 5}), (1, {"n": 1})]
    assert {place.received[0].idempotency_key} == set(refused)
    assert (await (await engine.open()).read(STREAM, 0)).events == stored
    await engine.close()
