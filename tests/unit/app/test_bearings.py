"""The flows of a project share what their target bears, and a restart knows what it has to."""

from __future__ import annotations

import asyncio

from tests.unit.delivery.small import settle

from trunkline.app.bearings import bearings_of, kept, resume
from trunkline.app.project import Project
from trunkline.delivery.bearing import Bearing
from trunkline.delivery.control import Control
from trunkline.delivery.standing import Isolation, MemoryStandings, Standing
from trunkline.kernel.errors import Retryable, StoreError
from trunkline.kernel.signals import Signals
from trunkline.testkit.clock import CountingIds, ManualClock
from trunkline.testkit.standing import ISOLATION, OUTAGE

GONE = Retryable("connect", "refused")


class Life:
    """One process's life with one target, over what an earlier one has stored."""

    def __init__(self, standings):
        self.standings, self.signals, self.clock = standings, Signals(), ManualClock()
        self.bearing = Bearing("shop.stock", self.clock, CountingIds(), self.signals)
        self.control = Control(self.clock)

    def kept(self):
        return kept({"shop.stock": self.bearing}, self.standings, self.signals)

    async def fail(self):
        self.bearing.away(await self.bearing.turn(self.control), GONE)
        await settle(asyncio.ensure_future(asyncio.Event().wait()))


# Every target of a project has one bearing, and the targets of one system share its limits.
async def test_targets_of_a_system_share_its_limits(folder, edit):
    edit("systems/warehouse.yaml", "connection:", "limits: {concurrency: 1}\nconnection:")
    clock = ManualClock()
    [(name, bearing)] = bearings_of(Project.load(folder), clock, CountingIds(), Signals()).items()
    assert name == "warehouse.orders"
    call = await bearing.turn(Control(clock))
    waiting = asyncio.create_task(bearing.turn(Control(clock)))
    await settle(waiting)
    assert not waiting.done()
    bearing.answered(call)
    assert await waiting


# What changes is stored as it does, so that a process that ends without warning has left it behind.
async def test_changes_are_stored_at_once():
    life = Life(MemoryStandings())
    async with life.kept():
        await life.fail()
        known = await life.standings.load()
        assert (known["shop.stock"].outage.kind, known["shop.stock"].isolation) == ("connect", None)
        life.bearing.isolate(ISOLATION)
        await settle(asyncio.ensure_future(asyncio.Event().wait()))
        assert (await life.standings.load())["shop.stock"].isolation == ISOLATION
        life.bearing.reset("ann", "done")
    assert await life.standings.load() == {}


# The next process knows that a target is isolated or away, and sends it nothing, or one probe.
async def test_a_restart_takes_up_how_targets_stood():
    standings = MemoryStandings()
    await standings.isolate("shop.stock", ISOLATION)
    await standings.note("shop.stock", OUTAGE)
    await standings.isolate("desk.removed", Isolation("bob", "old", 1))
    life = Life(standings)
    await resume({"shop.stock": life.bearing}, standings)
    async with life.kept():
        assert life.bearing.standing == Standing(ISOLATION, OUTAGE)
        waiting = asyncio.create_task(life.bearing.turn(life.control))
        await settle(waiting)
        assert not waiting.done()
        life.bearing.reset("ann", "back")
        await settle(waiting)
        assert waiting.result()


# A store that fails stops no delivery; what it missed is stored with the next change.
async def test_a_failing_store_is_made_up_for():
    class Failing(MemoryStandings):
        full = True

        async def note(self, target, outage):
            if self.full:
                raise StoreError("full")
            await super().note(target, outage)

    life = Life(Failing())
    async with life.kept():
        await life.fail()
        assert await life.standings.load() == {}
        life.standings.full = False
    assert (await life.standings.load())["shop.stock"].outage.detail == "refused"
