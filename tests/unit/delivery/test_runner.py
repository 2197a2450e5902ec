"""A flow begins again from what is durable whenever something around it fails, and says what it waits for."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.delivery.small import SmallLog, World, event, events, settle

from trunkline.delivery.memory import MemoryLedger
from trunkline.kernel.errors import Final, Retryable, StoreError, StoreFull
from trunkline.kernel.signals import FlowStalled
from trunkline.testkit.targets import MemoryService, MemoryTable, Place

KINDS = pytest.mark.parametrize("kind", [MemoryTable, MemoryService])


class Failing:
    """A port of which one method fails the first few times."""

    def __init__(self, inner, method, *errors):
        self._inner, self._method, self.errors = inner, method, list(errors)

    def __getattr__(self, name):
        value = getattr(self._inner, name)
        if name != self._method:
            return value

        async def call(*given):
            if self.errors:
                raise self.errors.pop(0)
            return await value(*given)

        return call


def received(place):
    return sorted({one.offset for one in place.received})


# A target that cannot be opened stalls its flow, for whatever reason, until it can.
@KINDS
async def test_a_target_that_does_not_open_stalls_its_flow(kind):
    place = Place()
    errors = [Retryable("connect", "refused"), Final("table", "column price is missing; add it")]
    world = World(SmallLog(events("ab")), Failing(kind(place), "open", *errors))
    await world.run(20)
    assert received(place) == [0, 1]
    assert [one.detail for one in world.said(FlowStalled)] == ["refused", "column price is missing; add it"]


# When our own store fails, nothing is assumed: the flow begins again from what is durable.
@KINDS
@pytest.mark.parametrize("method", ["record", "position", "waiting"])
async def test_a_failing_ledger_stalls_the_flow_and_loses_nothing(kind, method):
    place = Place()
    ledger = Failing(MemoryLedger(), method, StoreFull("disk full"), StoreError("away"))
    world = World(SmallLog(events("abab")), kind(place), ledger=ledger)
    await world.run(30)
    assert received(place) == [0, 1, 2, 3]
    assert {one.kind for one in world.said(FlowStalled)} == {"store"}
    if kind is MemoryTable:
        assert len(place.received) == 4


# A log that cannot be read for a while stops nothing for good.
@KINDS
async def test_a_failing_log_stalls_the_flow(kind):
    place = Place()
    world = World(Failing(SmallLog(events("ab")), "read", StoreError("away")), kind(place))
    await world.run(20)
    assert received(place) == [0, 1]


# A failure while waiting for new events is noticed as well.
@KINDS
async def test_a_failing_wait_stalls_the_flow(kind):
    place = Place()
    log = SmallLog(events("a"))
    world = World(Failing(log, "wait", StoreError("away")), kind(place))
    await world.run(20)
    assert [one.kind for one in world.said(FlowStalled)] == ["store"]
    assert received(place) == [0]


# Progress that cannot be read, or marks that cannot be dropped, are tried again with the rest.
async def test_a_failing_progress_is_read_again():
    place = Place()
    target = Failing(MemoryTable(place), "progress", Retryable("connect", "refused"))
    await World(SmallLog(events("ab")), target).run(20)
    assert received(place) == [0, 1]


# An idle flow returns as soon as it is told to stop.
@KINDS
async def test_an_idle_flow_stops_at_once(kind):
    world = World(SmallLog(), kind(Place()))
    task = asyncio.create_task(world.runner.run())
    await settle(task)
    world.runner.stop()
    await asyncio.wait_for(task, 1)


# A flow that is stopped before it ran does nothing.
async def test_a_flow_stopped_before_it_ran_does_nothing():
    place = Place()
    world = World(SmallLog(events("ab")), MemoryTable(place))
    world.runner.stop()
    await world.runner.run()
    assert place.received == []


class Slow:
    """A target whose calls end when they are let."""

    def __init__(self, inner):
        self._inner, self.begun, self.let = inner, [], asyncio.Semaphore(0)
        self.name, self.features = inner.name, inner.features
        self.open, self.close = inner.open, inner.close
        self.progress, self.forget = inner.progress, inner.forget

    async def deliver(self, items, progress):
        self.begun.append([item.offset for item in items])
        await self.let.acquire()
        return await self._inner.deliver(items, progress)


# A paused flow finishes the calls it has under way, takes nothing more, and goes on in order when resumed.
@KINDS
async def test_a_pause_finishes_what_is_held_and_takes_nothing(kind):
    place = Place()
    log, target = SmallLog(events("aab")), Slow(kind(place))
    world = World(log, target)
    task = asyncio.create_task(world.runner.run())
    await settle(task)
    held = {offset for call in target.begun for offset in call}
    assert held in ({0, 1, 2}, {0, 2})
    world.runner.pause()
    for _ in range(10):
        target.let.release()
    await settle(task)
    log.add(event(3, "a"))
    await settle(task)
    assert set(received(place)) == held
    assert not task.done()
    world.runner.resume()
    await settle(task)
    assert [one.offset for one in place.received if one.subject == "a"] == [0, 1, 3]
    assert len(place.received) == 4
    world.runner.stop()
    await asyncio.wait_for(task, 1)


# A flow that is paused before it ran, or between two lives, delivers once it is resumed; one resumed before
# it could rest goes on, and one that is stopped while it rests returns.
@KINDS
async def test_a_pause_at_any_time(kind):
    place = Place()
    log = SmallLog(events("ab"))
    world = World(log, kind(place))
    world.runner.pause()
    task = asyncio.create_task(world.runner.run())
    await settle(task)
    assert place.received == []
    for _ in range(3):
        world.runner.resume()
        world.runner.pause()
        world.runner.resume()
    await settle(task)
    assert received(place) == [0, 1]
    world.runner.pause()
    world.runner.resume()
    log.add(event(2, "a"))
    await settle(task)
    assert received(place) == [0, 1, 2]
    world.runner.pause()
    await settle(task)
    world.runner.stop()
    await asyncio.wait_for(task, 1)


# What took effect is recorded before a paused flow rests, also where the store fails meanwhile.
@KINDS
async def test_a_pause_while_the_store_fails(kind):
    place = Place()
    ledger = Failing(MemoryLedger(), "record", StoreFull("disk full"))
    world = World(SmallLog(events("ab")), Slow(kind(place)), ledger=ledger)
    task = asyncio.create_task(world.runner.run())
    await settle(task)
    world.runner.pause()
    for _ in range(10):
        world.target.let.release()
    await settle(task)
    world.clock.advance(2)
    await settle(task)
    world.runner.resume()
    await settle(task)
    assert [one.offset for one in place.received] == [0, 1]
    world.runner.stop()
    await asyncio.wait_for(task, 1)
