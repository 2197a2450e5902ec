"""What pages keep, and until when."""

from __future__ import annotations

import asyncio

import pytest

from trunkline.surfaces.dashboard.memory import MOST, Memory


# Who comes while it is worked out waits for that, and who comes later is given it, until the state is other.
async def test_keeping():
    memory, worked = Memory(), []

    def work():
        worked.append(len(worked))
        return worked[-1]

    assert await asyncio.gather(*(memory.made("one", "as it was", work) for _ in range(3))) == [0, 0, 0]
    assert await memory.made("one", "as it was", work) == 0
    assert await memory.made("one", "other", work) == 1
    assert await memory.made("another", "other", work) == 2


# What failed is worked out again.
async def test_failing():
    memory = Memory()
    with pytest.raises(ZeroDivisionError):
        await memory.made("one", 1, lambda: 1 // 0)
    assert await memory.made("one", 1, lambda: 5) == 5


# It keeps a bounded number of answers.
async def test_bound():
    memory = Memory()
    for number in range(MOST + 1):
        await memory.made(str(number), 1, lambda: "first")
    assert await memory.made(str(MOST), 1, lambda: "again") == "first"
    assert await memory.made("0", 1, lambda: "again") == "again"
