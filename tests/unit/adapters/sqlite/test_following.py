"""A log that does not append looks for what another appended: soon while it comes, seldom while not."""

from __future__ import annotations

import asyncio

import pytest
from tests.sqlite_engine import KEY

from trunkline.adapters.sqlite.following import LATEST_SECONDS, SOONEST_SECONDS
from trunkline.adapters.sqlite.log import SqliteLog
from trunkline.adapters.sqlite.store import Store
from trunkline.eventlog.seal import Sealer
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import StoreError
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.eventlog import STREAM, events


class Pauses(ManualClock):
    """A hand-driven clock that notes how long each sleep is."""

    def __init__(self):
        super().__init__()
        self.pauses = []

    async def sleep(self, seconds):
        self.pauses.append(seconds)
        await super().sleep(seconds)


class Pair:
    """The log of an intake and that of a delivery, over one file."""

    def __init__(self, path):
        self.clock = Pauses()
        self.stores = Store(path, ["intake"]), Store(path, ["delivery"])

    async def open(self):
        return [await SqliteLog.open(store, Sealer(KEY), self.clock) for store in self.stores]

    async def looked(self, times):
        """Return once the follower has slept so often, moving on its clock."""
        while len(self.clock.pauses) < times:
            if self.clock.next_wake is not None:
                self.clock.advance_to(self.clock.next_wake)
            await asyncio.sleep(0)


@pytest.fixture
async def pair(tmp_path):
    pair = Pair(tmp_path / "s.db")
    yield pair
    for store in pair.stores:
        await store.close()


# Pauses double from the soonest to the latest while nothing comes.
async def test_looks_become_seldom(pair):
    _, follower = await pair.open()
    waiting = asyncio.ensure_future(follower.wait(STREAM, 0))
    await pair.looked(10)
    waiting.cancel()
    assert pair.clock.pauses[:3] == [2 * SOONEST_SECONDS, 4 * SOONEST_SECONDS, 8 * SOONEST_SECONDS]
    assert set(pair.clock.pauses[7:]) == {LATEST_SECONDS}


# Whoever waits is woken by the next look after the append, and by nothing before it.
async def test_an_append_is_seen(pair):
    appender, follower = await pair.open()
    first, second = (asyncio.ensure_future(follower.wait(STREAM, start)) for start in (0, 2))
    await pair.looked(1)
    await appender.append(STREAM, events(0, 2))
    assert not first.done()
    await pair.looked(2)
    await first
    assert pair.clock.pauses[1] == SOONEST_SECONDS  # something came: more may follow
    assert not second.done()
    assert (await follower.read(STREAM, 0)).events == events(0, 2)
    second.cancel()


# With nobody waiting nobody looks.
async def test_nobody_waits(pair):
    appender, follower = await pair.open()
    await appender.append(STREAM, events(0, 1))
    await follower.wait(STREAM, 0)
    looks = len(pair.clock.pauses)
    await appender.append(STREAM, events(1, 1))
    pair.clock.advance(10 * LATEST_SECONDS)
    assert (len(pair.clock.pauses), pair.clock.next_wake) == (looks, None)
    assert pair.clock.now() > SECOND


# Where the store cannot be read any more, whoever waits is told instead of left waiting.
async def test_a_store_that_is_gone(pair):
    _, follower = await pair.open()
    waiting = asyncio.ensure_future(follower.wait(STREAM, 0))
    await pair.looked(1)
    await pair.stores[1].close()
    pair.clock.advance(1)
    with pytest.raises(StoreError, match="closed"):
        await waiting
