"""Our own store fails or a page of it is damaged: nothing is sent again for that; what is whole goes on."""

from __future__ import annotations

import pytest
from tests.unit.delivery.small import SmallLog, World, events, flow_of

from trunkline.connectors.target import Progress
from trunkline.delivery.ledger import Case, Record
from trunkline.delivery.memory import MemoryLedger
from trunkline.eventlog.port import Page
from trunkline.kernel.errors import Corrupt, StoreFull
from trunkline.kernel.limits import Limits
from trunkline.kernel.signals import DeadLettered, FlowStalled
from trunkline.testkit.clock import START, ManualClock
from trunkline.testkit.targets import MemoryService, MemoryTable, Place, Trouble

SMALL = Limits(page_events=5)
KINDS = pytest.mark.parametrize("kind", [MemoryTable, MemoryService])


class FullFor:
    """A ledger that has no room for records before an instant."""

    def __init__(self, clock, until):
        self.inner, self._clock, self._until = MemoryLedger(), clock, until

    def __getattr__(self, name):
        return getattr(self.inner, name)

    async def record(self, record):
        if self._clock.now() < self._until:
            raise StoreFull("no space")
        await self.inner.record(record)


class DamagedLog(SmallLog):
    """A log whose page from ``first`` to ``last`` does not open; a read ends before it."""

    def __init__(self, stored, first, last):
        super().__init__(stored)
        self.damage = range(first, last + 1)

    async def read(self, stream, start, limit=1_000):
        if start in self.damage:
            raise Corrupt(f"page {stream}@{self.damage[0]}: the seal is broken")
        page = await super().read(stream, start, limit)
        whole = page.events[: max(0, self.damage[0] - start)] if start < self.damage[0] else page.events
        return Page(stream, page.base, whole)


# A disk that is full for a minute: the flow says so, nothing is sent twice, and it goes on by itself.
@KINDS
async def test_a_full_disk_makes_nothing_be_sent_again(kind):
    place = Place()
    world = World(SmallLog(events("abcdefgh" * 5)), kind(place), limits=SMALL)
    ledger = FullFor(world.clock, START + 60_000_000)
    world = World(world.log, kind(place), ledger=ledger, clock=world.clock, limits=SMALL)
    await world.run(200)
    assert sorted(one.offset for one in place.received) == list(range(40))
    assert (await ledger.position("flow")).cursor == 40
    assert {(one.kind, one.detail) for one in world.said(FlowStalled)} == {("store", "no space")}


# A flow that is stopped while its store fails ends, and leaves what is not recorded to the next start.
async def test_a_flow_whose_store_fails_can_be_stopped():
    world = World(SmallLog(events("ab")), MemoryService(Place()))
    ledger = FullFor(world.clock, START + 10**15)
    await World(world.log, world.target, ledger=ledger, clock=world.clock).run(5)
    assert await ledger.position("flow") is None


# What is whole before a damaged page is delivered, once, and recorded; then the flow says what is damaged.
@KINDS
async def test_what_is_before_a_damaged_page_is_delivered_once(kind):
    place, clock = Place(), ManualClock()
    target = kind(place, lambda _: Trouble(seconds=0.1), rest=clock.sleep)
    world = World(DamagedLog(events("abc" * 10), 12, 19), target, clock=clock, limits=SMALL)
    await world.run(30)
    assert [one.offset for one in place.received] == list(range(12))
    assert (await world.ledger.position("flow")).cursor == 12
    assert {(one.kind, one.detail) for one in world.said(FlowStalled)} == {
        ("damaged", "page order@1@12: the seal is broken")
    }


# A case whose page is damaged becomes a dead letter with that reason, and keeps nobody else waiting.
@KINDS
async def test_a_case_on_a_damaged_page_stops_no_other(kind):
    place, ledger = Place(), MemoryLedger()
    waiting = [Case(offset=at, key="abcd"[at], state="waiting", holds=True) for at in (1, 3)]
    await ledger.record(Record("flow", START, 4, cases=waiting))
    log = DamagedLog(events("abcdef"), 1, 1)
    target = kind(place)
    if kind is MemoryTable:
        place.progress["flow"] = Progress("flow", 4)
    world = World(log, target, flow_of(), ledger=ledger)
    await world.run(20)
    assert sorted(one.offset for one in place.received) == [3, 4, 5]
    [dead] = world.said(DeadLettered)
    assert (dead.offset, dead.kind) == (1, "damaged")
    assert "the seal is broken" in dead.detail
