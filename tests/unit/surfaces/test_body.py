"""A body is read whole, within a size, a time and a number."""

from __future__ import annotations

import asyncio

import pytest

from trunkline.kernel.errors import BusyError
from trunkline.surfaces.body import Bodies, TooLarge, TooSlow


def sending(*messages):
    rest = list(messages)

    async def receive():
        if not rest:
            await asyncio.Event().wait()
        return rest.pop(0)

    return receive


def piece(text, *, more=True):
    return {"type": "http.request", "body": text, "more_body": more}


# Pieces come together.
async def test_pieces():
    assert await Bodies().read(sending(piece(b"ab"), piece(b""), piece(b"c", more=False))) == b"abc"


# What is too large is not read on.
async def test_too_large():
    with pytest.raises(TooLarge, match="3 bytes"):
        await Bodies(most=3).read(sending(piece(b"ab"), piece(b"cd")))


# A sender who stops or goes away in the middle has sent nothing.
async def test_too_slow():
    with pytest.raises(TooSlow):
        await Bodies(seconds=0.01).read(sending(piece(b"ab")))
    with pytest.raises(TooSlow):
        await Bodies().read(sending(piece(b"ab"), {"type": "http.disconnect"}))


# Beyond the bound a body is sent away before it is read; when one is done there is room again.
async def test_too_many():
    bodies = Bodies(at_a_time=1)
    slow = asyncio.create_task(bodies.read(sending(piece(b"ab"))))
    await asyncio.sleep(0)
    with pytest.raises(BusyError):
        await bodies.read(sending(piece(b"c", more=False)))
    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)
    assert await bodies.read(sending(piece(b"c", more=False))) == b"c"
