"""What a replay has to find out before it sends anything: what newer took effect, or may have."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.delivery.replay.crossroads import Crossroads, replay_of
from tests.unit.delivery.small import SmallLog, event, events

from trunkline.delivery.ledger import Case, Record
from trunkline.delivery.replay.port import Selection
from trunkline.kernel.clock import SECOND
from trunkline.testkit.targets import FINE, MemoryService, MemoryTable, Trouble


# What the flow has open of an entity goes first, however long that takes: it may have taken effect already.
@pytest.mark.parametrize("kind", [MemoryTable, MemoryService])
async def test_what_the_flow_has_open_goes_first(kind):
    roads = Crossroads(SmallLog(events("aa")), kind)
    await roads.live_only().run(1)
    now = roads.clock.now()
    late = Case(1, "a", "waiting", holds=True, attempts=1, due=now + 100 * SECOND, since=now, at=now)
    await roads.ledger.record(Record("flow", now, cases=[late]))
    await roads.start(replay_of(Selection(last=0)))
    await (await roads.life()).run(50)
    assert roads.effects(replayed=True) == []
    assert (await roads.replays.get("r1")).state == "running"
    await (await roads.life()).run(200)
    assert (await roads.replays.get("r1")).state == "done"
    assert (await roads.ledger.fate("flow#r1", 0)).state == "dropped"
    assert roads.effects(replayed=True) == []


class Beset(Crossroads):
    """A service that has two events, into which a slow one and, behind it, a newer one of their key come.

    The newer one took effect, and its flow cannot say so yet: its cursor stands before the slow one.
    """

    def __init__(self):
        super().__init__(SmallLog(events("aa")), MemoryService)
        self.slow = False

    def target(self, side):
        def script(items):
            return Trouble(seconds=10.0) if items[0].subject == "slow" else FINE

        return MemoryService(self.place, script, rest=self.clock.sleep)

    def arrive(self):
        if len(self.log.stored) == 2:
            self.log.add(event(2, "slow"), event(3, "a"))

    @property
    def has_come(self):
        return any(one.offset == 3 for one in self.place.received)


# A live event that took effect before its flow recorded it is found before anything older is sent.
async def test_an_effect_that_is_not_recorded_yet():
    roads = Beset()
    await roads.live_only().run(1)
    await roads.start(replay_of())
    life = await roads.life()
    gate, life.recovered = life.recovered, asyncio.Event()

    def each():
        roads.arrive()
        if roads.has_come:
            gate.set()

    await life.run(60, each=each)
    assert (await roads.replays.get("r1")).state == "done"
    assert roads.effects(replayed=True) == []


# So is one that takes effect while the replay still looks through the stream.
async def test_an_effect_while_it_looks():
    roads = Beset()
    await roads.live_only().run(1)
    await roads.start(replay_of())
    read = roads.log.read

    async def slowly(stream, start, limit=1_000):
        if start == 0:
            roads.arrive()
            for _ in range(100):
                await asyncio.sleep(0)
            assert roads.has_come
        return await read(stream, start, limit)

    roads.log.read = slowly
    await (await roads.life()).run(60)
    assert (await roads.replays.get("r1")).state == "done"
    assert roads.effects(replayed=True) == []
