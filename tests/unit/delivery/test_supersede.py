"""With ``when_dead: supersede`` a newer state of a key goes out past a dead letter, and makes it moot."""

from __future__ import annotations

import pytest
from tests.unit.delivery.small import SmallLog, World, events, flow_of

from trunkline.delivery.ledger import CaseQuery, Retry
from trunkline.delivery.retry import RetryPolicy
from trunkline.kernel.errors import Final, Retryable
from trunkline.testkit.targets import FINE, MemoryService, MemoryTable, Place, Trouble

FLOW = flow_of(when_dead="supersede", policy=RetryPolicy(attempts=2, first_seconds=1.0))


@pytest.fixture(params=[MemoryTable, MemoryService])
def town(request):
    """Return a town of one flow whose target answers as told for each offset."""

    def made(subjects, troubles):
        place = Place()
        tries = {offset: list(several) for offset, several in troubles.items()}

        def script(items):
            errors = {one.offset: tries[one.offset].pop(0) for one in items if tries.get(one.offset)}
            return Trouble(blame=errors) if errors else FINE

        return Town(SmallLog(events(subjects)), place, lambda: request.param(place, script))

    return made


class Town:
    """A flow that runs a while at a time, each in a process of its own."""

    def __init__(self, log, place, target):
        self.log, self.place, self.target = log, place, target
        self.world = World(log, target(), FLOW)
        self.ledger, self.clock = self.world.ledger, self.world.clock

    async def run(self, seconds=10.0):
        await self.world.run(seconds)
        self.world = World(self.log, self.target(), FLOW, ledger=self.ledger, clock=self.clock)

    async def states(self):
        return await self.world.states()

    @property
    def order(self):
        return [one.offset for one in self.place.received]


# What waited behind the dead letter goes out in order, and its first success closes the dead letter.
async def test_a_newer_state_makes_a_dead_letter_moot(town):
    world = town("abaa", {0: [Final("bad", "no")]})
    await world.run()
    assert [offset for offset in world.order if offset != 1] == [2, 3]
    assert (await world.states())["superseded"] == [0]
    assert (await world.ledger.counts("flow", 0, world.clock.now() + 1)).superseded == 1


# Without a newer state it is a dead letter that a person answers, as under hold-key.
async def test_alone_it_stays_dead(town):
    world = town("ab", {0: [Final("bad", "no")]})
    await world.run()
    assert world.order == [1]
    assert await world.states() == {"dead": [0]}
    assert await world.ledger.resolve("flow", 0, Retry(), world.clock.now())
    await world.run()
    assert world.order == [1, 0]


# A newer state that arrives long after, and fails first, is tried again; only its success counts.
async def test_a_state_that_comes_later_makes_it_moot_once_it_is_delivered(town):
    world = town("aa", {0: [Final("bad", "no")], 1: [Retryable("busy", "later")]})
    late, world.log.stored = world.log.stored[1], world.log.stored[:1]
    await world.run()
    assert await world.states() == {"dead": [0]}
    world.log.add(late)
    await world.run(0.4)
    assert (await world.states())["dead"] == [0]
    assert world.order == []
    await world.run()
    assert world.order == [1]
    assert (await world.states())["superseded"] == [0]


# A newer state that dies as well makes nothing moot, and the next one that is delivered closes both.
async def test_a_chain_of_dead_letters_is_closed_by_one_success(town):
    world = town("aaa", {0: [Final("bad", "no")], 1: [Final("bad", "no")] * 2})
    await world.run()
    assert world.order == [2]
    gone = await world.ledger.find(CaseQuery("flow", "superseded"))
    assert [(one.offset, one.reason) for _, one in gone] == [(0, "by event 2"), (1, "by event 2")]
