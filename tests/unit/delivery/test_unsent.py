"""What a target's wrapper did not send says nothing about the target, whichever way it delivers."""

from __future__ import annotations

import pytest
from tests.unit.delivery.small import SmallLog, World, events

from trunkline.connectors.target import Item
from trunkline.delivery.bearing import Bearing
from trunkline.delivery.runner import FlowRunner
from trunkline.kernel.errors import Deferred, Retryable, Superseded
from trunkline.kernel.signals import BreakerOpened, FlowStalled
from trunkline.testkit.targets import FINE, MemoryService, MemoryTable, Place, Trouble

KINDS = [MemoryTable, MemoryService]
LATER = Deferred("flow-first", "not yet")
NEVER = Superseded("superseded", "a newer one took effect")


# However many events are deferred, the breaker stays closed, and each is delivered with its first attempt.
@pytest.mark.parametrize("kind", KINDS)
async def test_deferred(kind):
    left = dict.fromkeys(range(30), 2)

    def script(items: list[Item]):
        blamed = [item.offset for item in items if left[item.offset]]
        for offset in blamed:
            left[offset] -= 1
        return Trouble(blame=dict.fromkeys(blamed, LATER))

    place = Place()
    world = World(SmallLog(events([f"k{n}" for n in range(30)])), kind(place, script))
    await world.run(30)
    assert sorted(one.offset for one in place.received) == list(range(30))
    assert not world.said(BreakerOpened)
    assert not world.said(FlowStalled)
    assert {(await world.ledger.fate("flow", n)).attempt for n in range(30)} == {1}


# What is superseded is dropped, in a run or late, and everything else goes on.
@pytest.mark.parametrize("kind", KINDS)
async def test_superseded(kind):
    place = Place()

    def script(items):
        return Trouble(blame={item.offset: NEVER for item in items if item.offset % 2})

    world = World(SmallLog(events("abcdef")), kind(place, script))
    await world.run()
    assert sorted(one.offset for one in place.received) == [0, 2, 4]
    assert [(await world.ledger.fate("flow", n)).state for n in (1, 3, 5)] == ["dropped"] * 3


# A probe that was not sent leaves the breaker as it is: the next one finds out.
@pytest.mark.parametrize("kind", KINDS)
async def test_a_probe_that_was_not_sent(kind):
    answers = [Trouble(raised=Retryable("connect", "refused")), Trouble(blame={0: LATER}), FINE]
    place, states = Place(), []

    def script(items):
        states.append(bearing.is_closed)
        return answers.pop(0) if answers else FINE

    world = World(SmallLog(events("a")), kind(place, script))
    ports = world.ports
    bearing = Bearing("place", ports.clock, ports.ids, ports.signals)
    world.runner = FlowRunner(world.flow, ports, bearing)
    await world.run(30)
    assert states[:3] == [True, False, False]
    assert [one.offset for one in place.received] == [0]
