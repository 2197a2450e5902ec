"""What costs something is worked out once for all who ask together, and again when it is old."""

from __future__ import annotations

import asyncio

import pytest

from trunkline.app.remembered import Remembered
from trunkline.testkit.clock import ManualClock


class Work:
    """Counts how often it is done; waits until it is let, and fails where it is told to."""

    def __init__(self):
        self.done, self.let, self.fails = 0, asyncio.Event(), False

    async def __call__(self):
        self.done += 1
        await self.let.wait()
        if self.fails:
            raise ValueError("no")
        return self.done


# All who ask while it is worked out wait for the same; later it serves until it is old.
async def test_once_for_all():
    clock, work = ManualClock(), Work()
    remembered = Remembered(work, clock, 5.0)
    asking = [asyncio.ensure_future(remembered()) for _ in range(3)]
    await asyncio.sleep(0)
    work.let.set()
    assert await asyncio.gather(*asking) == [1, 1, 1]
    clock.advance(4.9)
    assert await remembered() == 1
    clock.advance(0.1)
    assert await remembered() == 2


# Who gives up leaves it to the others, and what fails is tried again by who asks next.
async def test_giving_up_and_failing():
    clock, work = ManualClock(), Work()
    remembered = Remembered(work, clock, 5.0)
    gives_up, stays = asyncio.ensure_future(remembered()), asyncio.ensure_future(remembered())
    await asyncio.sleep(0)
    gives_up.cancel()
    work.let.set()
    assert await stays == 1
    clock.advance(5)
    work.fails = True
    with pytest.raises(ValueError, match="no"):
        await remembered()
    work.fails = False
    assert await remembered() == 3
