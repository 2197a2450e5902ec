"""Who stands aside: behind all others, at a rate of their own."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.delivery.small import settle

from trunkline.delivery.aside import Aside
from trunkline.delivery.bearing import Bearing, Terms
from trunkline.delivery.control import Control
from trunkline.delivery.quota import Quota
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import Retryable
from trunkline.kernel.signals import Signals
from trunkline.testkit.clock import START, CountingIds, ManualClock


class Sides:
    """A bearing, and one who stands aside at it."""

    def __init__(self, *, rate=1e6, room=2, concurrency=None, quota=None, clock=None):
        self.clock = clock or ManualClock()
        ids, signals = CountingIds(), Signals()
        self.live = Bearing("place", self.clock, ids, signals, Terms(concurrency=concurrency), quota)
        self.aside = Aside(self.live, self.clock, per_second=rate, room=room)
        self.control = Control(self.clock)

    async def asks(self, side):
        task = asyncio.ensure_future(side.turn(self.control))
        await settle(task)
        return task

    async def told(self, task, seconds=0.0):
        self.clock.advance(seconds)
        await settle(task)
        return task.done()


# It has no turn while as many calls are under way as the target takes, and the next that ends gives it one.
async def test_room():
    sides = Sides(room=2)
    first, second = [(await sides.asks(sides.live)).result() for _ in range(2)]
    waits = await sides.asks(sides.aside)
    assert not waits.done()
    sides.live.answered(first)
    assert await sides.told(waits)
    sides.aside.answered(waits.result())
    sides.live.answered(second)


# Of two who wait, the one that is live is first, whoever asked before.
async def test_live_goes_first():
    sides = Sides(concurrency=1)
    [call] = [(await sides.asks(sides.live)).result()]
    aside = await sides.asks(sides.aside)
    live = await sides.asks(sides.live)
    sides.live.answered(call)
    assert (await sides.told(live), aside.done()) == (True, False)
    sides.live.answered(live.result())
    assert await sides.told(aside)


# In the line of a system it is behind every other target's live calls.
async def test_behind_other_targets_of_a_system():
    quota, clock = Quota(concurrency=1), ManualClock()
    sides, other = Sides(quota=quota, clock=clock), Sides(quota=quota, clock=clock)
    call = (await sides.asks(sides.live)).result()
    aside = await sides.asks(sides.aside)
    live = await other.asks(other.live)
    sides.live.answered(call)
    assert (await sides.told(live), aside.done()) == (True, False)
    other.live.answered(live.result())
    assert await sides.told(aside)


# No second has more turns than its rate, also after it had to wait for room.
async def test_rate():
    sides = Sides(rate=2.0, room=1)
    begun = []
    live = (await sides.asks(sides.live)).result()
    waiting = [await sides.asks(sides.aside) for _ in range(4)]
    sides.clock.advance(10)
    sides.live.answered(live)
    for task in waiting:
        while not await sides.told(task):
            sides.clock.advance_to(sides.clock.next_wake)
        sides.aside.answered(task.result())
        begun.append((sides.clock.now() - START) / SECOND)
    assert begun == [10.0, 10.5, 11.0, 11.5]


# A call of several events takes the time of all of them; one that was not made takes none.
@pytest.mark.parametrize(("events", "seconds"), [(1, 0.5), (4, 2.0), (None, 0.0)])
async def test_what_a_call_takes(events, seconds):
    sides = Sides(rate=2.0)
    call = (await sides.asks(sides.aside)).result()
    if events is None:
        sides.aside.forgo(call)
    else:
        sides.aside.attempt(events, 0)
        sides.aside.answered(call)
    following = await sides.asks(sides.aside)
    while not following.done():
        sides.clock.advance_to(sides.clock.next_wake)
        await settle(following)
    assert sides.clock.now() - START == seconds * SECOND


# Told to stop it has no turn, whatever it waits for.
@pytest.mark.parametrize("waits_for", ["rate", "room"])
async def test_stop(waits_for):
    sides = Sides(rate=0.01 if waits_for == "rate" else 1e6, room=1)
    call = (await sides.asks(sides.aside if waits_for == "rate" else sides.live)).result()
    if waits_for == "rate":
        sides.live.answered(call)
    waiting = [await sides.asks(sides.aside) for _ in range(2)]
    sides.control.stop()
    sides.aside.ring()
    for task in waiting:
        assert await sides.told(task)
        assert task.result() is None


# While the target is away it waits like all others, and its probe counts where nobody else is there.
async def test_an_outage():
    sides = Sides()
    call = (await sides.asks(sides.aside)).result()
    until = sides.aside.away(call, Retryable("connect", "refused"))
    assert not sides.aside.is_closed
    probe = await sides.asks(sides.aside)
    assert not probe.done()
    sides.clock.advance_to(until)
    assert await sides.told(probe)
    assert probe.result().probe
    sides.aside.answered(probe.result())
    assert sides.aside.is_closed
