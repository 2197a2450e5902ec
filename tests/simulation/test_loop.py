"""Time that is made up: it passes when nothing else can happen, and never otherwise."""

from __future__ import annotations

import asyncio

import pytest
from tests.simulation.loop import Deadlock, Livelock, LoopClock, VirtualLoop, run

from trunkline.testkit.clock import START


# Who sleeps wakes at their instant, in order, and the clock stands there exactly.
def test_time_passes_where_all_sleep():
    loop, woke = VirtualLoop(), []
    clock = LoopClock(loop)

    async def sleeper(seconds):
        await clock.sleep(seconds)
        woke.append((seconds, clock.now() - START))

    async def story():
        await asyncio.gather(*map(sleeper, (86_400.0, 0.000001, 3.5, 0.0)))

    run(loop, story())
    assert woke == [(0.0, 0), (0.000001, 1), (3.5, 3_500_000), (86_400.0, 86_400_000_000)]


# Where nobody would ever wake, and where somebody never rests, the loop says so; nothing is left behind.
def test_a_world_that_stands_still_is_told():
    async def waits():
        await asyncio.get_running_loop().create_future()

    async def spins():
        loop = asyncio.get_running_loop()
        loop.call_soon(spin, loop)
        await loop.create_future()

    def spin(loop):
        loop.call_soon(spin, loop)

    for story, found in ((waits, Deadlock), (spins, Livelock)):
        with pytest.raises(found):
            run(VirtualLoop(), story())
