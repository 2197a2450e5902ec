"""What is stored as running runs: after a start, a pause, a restart, and beside its flow only."""

from __future__ import annotations

import asyncio

import pytest

from trunkline.app import run
from trunkline.app.acts import (
    PauseFlow,
    PauseReplay,
    Publish,
    ResumeFlow,
    ResumeReplay,
    StartReplay,
    perform,
)
from trunkline.app.connectors import TARGETS
from trunkline.app.run import running
from trunkline.delivery.replay.port import Replay, Selection
from trunkline.testkit.targets import MemoryTable, Place

FLOW = "orders-to-warehouse"


class World:
    """A backbone that runs into a place in memory, by a clock that is moved for it."""

    def __init__(self, backbone, monkeypatch):
        self.backbone, self.place = backbone, Place()
        monkeypatch.setattr(run, "TARGETS", {**TARGETS, "table": lambda *_: MemoryTable(self.place)})

    async def until(self, condition):
        for _ in range(800):
            if await condition():
                return
            await asyncio.sleep(0.005)
            self.backbone.machine.clock.advance(0.5)
        pytest.fail("it did not come")

    async def received(self, count):
        async def come():
            return len(self.place.received) >= count

        await self.until(come)

    async def state(self, replay, expected):
        async def is_so():
            return (await self.backbone.replays.get(replay.id)).state == expected

        await self.until(is_so)

    async def start(self, **changes):
        given = {"flow": FLOW, "selection": Selection(), "by": "ann", "why": "lost", "rate": 1.0, **changes}
        return await perform(self.backbone, StartReplay(**given))


@pytest.fixture
async def world(backbone, monkeypatch, order):
    found = World(backbone, monkeypatch)
    records = [order(event_id=f"e{n}", order_id=f"100{n}") for n in range(5)]
    await perform(backbone, Publish("order", records))
    return found


# One that is started while its flow runs begins, and is done once everything is delivered again.
async def test_a_replay(world):
    async with running(world.backbone, None):
        await world.received(5)
        replay = await world.start(rate=100.0)
        await world.state(replay, "done")
    assert [one.offset for one in world.place.received] == [0, 1, 2, 3, 4] * 2
    assert (await world.backbone.replays.get(replay.id)).delivered == 5


# Paused, it sends nothing more; resumed, it goes on where it was, also in another life of the process.
async def test_a_pause_and_a_restart(world):
    async with running(world.backbone, None):
        await world.received(5)
        replay = await world.start()
        await world.received(7)
        await perform(world.backbone, PauseReplay(replay.id, "ann"))
    paused_at = len(world.place.received)
    async with running(world.backbone, None):
        for _ in range(20):
            await asyncio.sleep(0.001)
            world.backbone.machine.clock.advance(1)
        assert len(world.place.received) == paused_at
        await perform(world.backbone, ResumeReplay(replay.id, "ann"))
        await world.received(paused_at + 1)
    async with running(world.backbone, None):
        await world.state(replay, "done")
    assert [one.offset for one in world.place.received] == [0, 1, 2, 3, 4] * 2


# While its flow is paused a replay rests as well, and goes on with it: nothing goes to the target.
async def test_its_flow_is_paused(world):
    async with running(world.backbone, None):
        await world.received(5)
        replay = await world.start()
        await world.received(7)
        await perform(world.backbone, PauseFlow(FLOW, "ann", "the ERP moves"))
    paused_at = len(world.place.received)
    async with running(world.backbone, None):
        for _ in range(20):
            await asyncio.sleep(0.001)
            world.backbone.machine.clock.advance(1)
        assert len(world.place.received) == paused_at
        await world.state(replay, "running")
        await perform(world.backbone, ResumeFlow(FLOW, "ann", "moved"))
        await world.state(replay, "done")
    assert [one.offset for one in world.place.received] == [0, 1, 2, 3, 4] * 2


# One that is paused before it came to run sends nothing.
async def test_a_pause_at_once(world):
    async with running(world.backbone, None):
        await world.received(5)
        replay = await world.start(rate=100.0)
        await perform(world.backbone, PauseReplay(replay.id, "ann"))
        for _ in range(20):
            await asyncio.sleep(0.001)
            world.backbone.machine.clock.advance(1)
    assert len(world.place.received) == 5


# An expression that fits the contract no more makes it fail visibly, and nothing is sent.
async def test_an_expression_that_fits_no_more(world):
    async with running(world.backbone, None):
        await world.received(5)
    now = world.backbone.machine.clock.now()
    replay = Replay("r1", FLOW, "order@1", Selection(when="ordr_id = '1'"), "ann", "lost", now)
    await world.backbone.replays.add(replay)
    async with running(world.backbone, None):
        await world.state(replay, "failed")
    failed = await world.backbone.replays.get(replay.id)
    assert 'has no field "ordr_id"' in failed.changed_why
    assert len(world.place.received) == 5


# A replay of a flow that the project has no more stays as it is, and disturbs nobody.
async def test_a_flow_that_is_gone(world):
    async with running(world.backbone, None):
        await world.received(5)
    replay = await world.start()
    del world.backbone.project.flows[FLOW]
    async with running(world.backbone, None):
        await world.state(replay, "running")
    assert len(world.place.received) == 5
