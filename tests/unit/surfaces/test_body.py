"""A body is read whole, within a size and a time."""

from __future__ import annotations

import asyncio

import pytest

from trunkline.surfaces.body import TooLarge, TooSlow, body_of


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
    assert await body_of(sending(piece(b"ab"), piece(b""), piece(b"c", more=False))) == b"abc"


# What is too large is not read on.
async def test_too_large():
    with pytest.raises(TooLarge, match="3 bytes"):
        await body_of(sending(piece(b"ab"), piece(b"cd")), most=3)


# A sender who stops or goes away in the middle has sent nothing.
async def test_too_slow():
    with pytest.raises(TooSlow):
        await body_of(sending(piece(b"ab")), seconds=0.01)
    with pytest.raises(TooSlow):
        await body_of(sending(piece(b"ab"), {"type": "http.disconnect"}))
