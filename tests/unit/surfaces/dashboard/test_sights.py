"""One snapshot for all who look."""

from __future__ import annotations

import asyncio

from tests.control_room import order, publish

from trunkline.kernel.clock import SECOND
from trunkline.kernel.rollup import MINUTE
from trunkline.surfaces.dashboard.sights import Sights


# All who come within two seconds are shown one reading; then it is read again, with rates.
async def test_sharing(backbone, machine):
    sights = Sights(backbone)
    first, second = await asyncio.gather(sights.now(), sights.now())
    assert first is second
    assert {one.stream: one.per_second for one in first.streams}["sale@1"] == counted(20, machine)
    machine.clock.advance(1.9)
    assert await sights.now() is first
    await publish(backbone, "order", [order(n, machine.clock.now()) for n in range(100, 140)])
    machine.clock.advance(2.1)
    later = await sights.now()
    assert later is not first
    assert {one.stream: one.per_second for one in later.streams}["order@1"] == 10.0


def counted(events, machine):
    """Return the rate of so many events over the minute under way and the four before it."""
    return float(f"{events / (240 + machine.clock.now() % MINUTE / SECOND):.2g}")


# After nobody looked for long, what was seen then says nothing about now: the sums of the last minutes do.
async def test_forgetting(backbone, machine):
    sights = Sights(backbone)
    await sights.now()
    machine.clock.advance(3_600)
    assert (await sights.now()).streams[0].per_second == 0.0
