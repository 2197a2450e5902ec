"""Failing keys beside healthy ones: 1,000 keys, a tenth failing, 200,000 events, by a virtual clock."""

from __future__ import annotations

import asyncio

from tests.unit.delivery.small import STREAM, SmallLog, World, event, settle

from trunkline.delivery.memory import MemoryLedger
from trunkline.eventlog.port import Page
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import Retryable
from trunkline.kernel.signals import BreakerOpened
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.history import Expected, faults
from trunkline.testkit.targets import MemoryService, Place, Trouble

EVENTS, KEYS, TICK = 200_000, 1_000, SECOND // 50
RATE = 4_000
BUSY = Retryable("http-503", "busy")


class Day:
    """A day's stream at a steady rate into a service that takes 10 ms a call and fails some keys for ever."""

    def __init__(self, failing):
        self.failing, self.clock, self.log = failing, ManualClock(), SmallLog()
        self.arrived, self.lags = [], []
        self.place = Place()
        service = MemoryService(self.place, self.script, rest=self.clock.sleep)
        self.world = World(self.log, service, ledger=MemoryLedger(), clock=self.clock)

    def script(self, items):
        offset = items[0].offset
        if int(items[0].subject) % 10 < self.failing:
            return Trouble(blame={offset: BUSY}, seconds=0.01)
        self.lags.append(self.clock.now() - self.arrived[offset])
        return Trouble(seconds=0.01)

    async def run(self):
        task = asyncio.create_task(self.world.runner.run())
        while len(self.log.stored) < EVENTS:
            first = len(self.log.stored)
            numbers = range(first, first + RATE * TICK // SECOND)
            self.arrived += [self.clock.now()] * len(numbers)
            # not in the same order each round: keys come as they come
            self.log.add(*(event(n, str(n * 389 % KEYS)) for n in numbers))
            end = self.clock.now() + TICK
            await settle(task)
            while self.clock.next_wake is not None and self.clock.next_wake < end:
                self.clock.advance_to(self.clock.next_wake)
                await settle(task)
            self.clock.advance_to(end)
        await settle(task)
        self.clock.advance(1)
        await settle(task)
        self.world.runner.stop()
        while not task.done():
            await settle(task)
            self.clock.advance(0.01)
        await task
        return self

    @property
    def p99(self):
        return sorted(self.lags)[len(self.lags) * 99 // 100]


# A tenth of the keys failing for ever holds up nobody else: no order breaks, healthy ones are as quick.
async def test_failing_keys_do_not_slow_healthy_ones():
    alone = await Day(failing=0).run()
    beside = await Day(failing=1).run()
    assert len(alone.lags) == EVENTS
    assert len(beside.lags) == EVENTS * 9 // 10
    failing = {n for n in range(EVENTS) if n * 389 % KEYS % 10 == 0}
    assert faults(Expected(Page(STREAM, 0, beside.log.stored), failing), beside.place.received) == []
    assert beside.p99 <= 1.2 * alone.p99
    assert beside.world.said(BreakerOpened) == []
