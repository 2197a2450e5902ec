"""Delivery on the embedded store itself: log, ledger and flow over one file, stopped and opened again."""

from __future__ import annotations

import asyncio
import random

import pytest
from tests.sqlite_engine import SqliteEngine
from tests.unit.delivery.small import STREAM, events, flow_of

from trunkline.adapters.sqlite.ledger import SqliteLedger
from trunkline.delivery.flow import Ports
from trunkline.delivery.ledger import CaseQuery
from trunkline.delivery.retry import RetryPolicy
from trunkline.delivery.runner import FlowRunner
from trunkline.eventlog.port import Page
from trunkline.kernel.clock import SystemClock
from trunkline.kernel.errors import Retryable
from trunkline.kernel.ids import SystemIds
from trunkline.kernel.limits import Limits
from trunkline.kernel.signals import BatchDelivered, Signals
from trunkline.testkit.history import Expected, faults
from trunkline.testkit.targets import MemoryService, MemoryTable, Place, Trouble

COUNT = 3_000
QUICK = RetryPolicy(attempts=50, first_seconds=0.001, longest_seconds=0.01)


def ports_of(engine, log, target, progressed):
    clock, signals = SystemClock(), Signals()
    signals.listen(lambda signal: progressed.set() if isinstance(signal, BatchDelivered) else None)
    ledger = SqliteLedger(engine.store)
    return Ports(log, ledger, target, clock, SystemIds(clock, 7), signals, Limits(page_events=200))


# Lives end by a stop or in mid-call; every event is delivered once (or under its one key), in its key's order.
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
    assert {(await ports.ledger.fate("flow", offset)).state for offset in range(0, COUNT, 7)} == {"delivered"}
    await engine.close()
    expected = Expected(Page(STREAM, 0, stored), once=kind is MemoryTable)
    assert faults(expected, place.received) == []
