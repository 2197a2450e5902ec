"""A part that fails is told, counts as down, and begins again after a pause, until it is stopped."""

from __future__ import annotations

import asyncio

import pytest

from trunkline.app.health import Health
from trunkline.app.kept import PAUSE_SECONDS, Kept, describe
from trunkline.testkit.clock import ManualClock


class Part:
    """Work that fails as often as it is told to, and then returns."""

    def __init__(self, failures):
        self.clock = ManualClock()
        self.health = Health(self.clock)
        self.begun = 0
        self.told = []
        self._failures = failures
        self.kept = Kept(
            "flow a", self._work, lambda _error, what: self.told.append(what), self.health, self.clock
        )

    async def _work(self):
        self.begun += 1
        if self.begun <= self._failures:
            raise ValueError("ada@example.com")


async def settle():
    for _ in range(10):
        await asyncio.sleep(0)


# It fails twice, is down meanwhile, begins again after each pause, and returns when its work is done.
async def test_it_begins_again():
    part = Part(2)
    task = asyncio.create_task(part.kept.run())
    for begun in (1, 2):
        await settle()
        assert (part.begun, len(part.told), task.done()) == (begun, begun, False)
        assert "ValueError" in part.health.known()["flow a"].why
        part.clock.advance(PAUSE_SECONDS)
    await asyncio.wait_for(task, 1)
    assert part.begun == 3
    part.clock.advance(PAUSE_SECONDS)
    assert part.health.known() == {}


# What is told has the kind and the line, and nothing of the error's text.
async def test_no_text_is_repeated():
    part = Part(1)
    task = asyncio.create_task(part.kept.run())
    await settle()
    assert "test_kept.py:" in part.told[0]
    assert "ada" not in part.told[0] + part.health.known()["flow a"].why
    part.kept.stop()
    await task


# Stopped in a pause it ends at once and does not begin again.
async def test_stopped_in_a_pause():
    part = Part(99)
    task = asyncio.create_task(part.kept.run())
    await settle()
    part.kept.stop()
    await asyncio.wait_for(task, 1)
    assert part.begun == 1


# Cancelling it is no failure.
async def test_cancelled():
    part = Part(99)
    task = asyncio.create_task(part.kept.run())
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert part.begun == 1


# An error that was never raised has no line to name.
def test_describe():
    assert describe(ValueError("secret")) == "ValueError"
