"""A flow that was never anywhere begins where it is told to; one that was somewhere stays there."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.unit.delivery.small import STREAM, SmallLog, World, event, flow_of

from trunkline.connectors.target import Progress
from trunkline.delivery.ledger import Case, Record
from trunkline.delivery.starting import first_since
from trunkline.eventlog.memory import MemoryLog
from trunkline.kernel.clock import SECOND
from trunkline.kernel.signals import FlowStalled
from trunkline.testkit.clock import START, ManualClock
from trunkline.testkit.targets import MemoryService, MemoryTable, Place

KINDS = [MemoryTable, MemoryService]


def stored(count):
    """Events accepted a second apart, the first when the clock starts."""
    return [replace(event(n, f"k{n}"), recorded=START + n * SECOND) for n in range(count)]


def world_of(kind, start, log=None):
    log = log or SmallLog(stored(6))
    place = Place()
    world = World(log, kind(place), flow_of(start=start))
    world.clock.advance(60)
    world.place = place
    return world


def again(world, **changes):
    """Return the next life of a world's flow."""
    target = type(world.target)(world.place)
    flow = replace(world.runner.flow, **changes)
    later = World(world.log, target, flow, ledger=world.ledger, clock=world.clock)
    later.place = world.place
    return later


def offsets(world):
    return [one.offset for one in world.place.received]


# From the beginning, from now, or from an instant: what lies below is skipped, what comes later is delivered.
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("start", "first"), [("beginning", 0), ("now", 6), (START + 2 * SECOND, 2), (START + 2 * SECOND + 1, 3)]
)
async def test_where_a_flow_starts(kind, start, first):
    world = world_of(kind, start)
    await world.run(1)
    world.log.add(event(6, "k6"))
    world = again(world)
    await world.run(1)
    assert offsets(world) == list(range(first, 7))
    fates = [(await world.ledger.fate("flow", offset)).state for offset in range(7)]
    assert fates == ["skipped"] * first + ["delivered"] * (7 - first)


# A flow that has a position keeps it, whatever its file says later; one that started with nothing has one.
@pytest.mark.parametrize("kind", KINDS)
async def test_a_position_is_kept(kind):
    world = world_of(kind, "now", SmallLog())
    await world.run(1)
    world.log.add(*stored(3))
    world = again(world)
    await world.run(1)
    world = again(world, start=START + 60 * SECOND)
    world.log.add(event(3))
    await world.run(1)
    assert offsets(world) == [0, 1, 2, 3]


# A table that says where the flow is counts as its position where the ledger knows nothing.
async def test_a_tables_progress_is_a_position():
    world = world_of(MemoryTable, "now")
    world.place.progress["flow"] = Progress("flow", 2)
    await world.run(1)
    assert offsets(world) == [2, 3, 4, 5]


# A crash between the table's place and the ledger's changes nothing: the table's is the truth.
async def test_a_crash_while_starting():
    world = world_of(MemoryTable, "now")
    world.place.progress["flow"] = Progress("flow", 6)
    world.log.add(event(6))
    await world.run(1)
    assert offsets(world) == [6]
    assert (await world.ledger.position("flow")).cursor == 7


# A time that is still to come is waited for, visibly, and then the flow begins with what came after it.
async def test_a_time_to_come():
    world = world_of(MemoryTable, START + 100 * SECOND)
    await world.run(10)
    assert offsets(world) == []
    assert await world.ledger.position("flow") is None
    [stalled, *_] = world.said(FlowStalled)
    assert (stalled.kind, "2026-01-01T00:01:40Z" in stalled.detail) == ("start", True)
    world.log.add(replace(event(6, "k6"), recorded=START + 101 * SECOND))
    world = again(world)
    await world.run(100)
    assert offsets(world) == [6]


# The place of an instant is found in a stream that was trimmed, and at its end where all is older.
async def test_the_place_of_an_instant():
    log = SmallLog(stored(50))
    log.first = 20
    [info] = await log.streams()
    found = [await first_since(log, info, START + n * SECOND) for n in (0, 19, 20, 33, 49, 50)]
    assert found == [20, 20, 20, 33, 49, 50]
    assert info.stream == STREAM


# Where the ledger alone has a position, as after its table was made anew, the flow is not started again.
async def test_a_ledgers_position():
    world = world_of(MemoryService, "now")
    await world.ledger.record(Record("flow", START, 4))
    await world.run(1)
    assert offsets(world) == [4, 5]


async def successor():
    """Return a new flow's world; the flow "old", whose place it takes, has two of four events to deliver."""
    clock = ManualClock()
    log = MemoryLog(clock)
    await log.append("old@1", stored(4))
    await log.append(STREAM, stored(2))
    clock.advance(60)
    place = Place()
    after = (("old", "old@1"), ("none", "none@1"))
    world = World(log, MemoryService(place), flow_of(after=after), clock=clock)
    world.place = place
    await world.ledger.record(Record("old", START, 2, stream="old@1"))
    return world


# A flow that takes the place of another begins when that has delivered what came before, and says so.
async def test_the_one_before_goes_first():
    world = await successor()
    await world.run(130)
    assert offsets(world) == []
    assert await world.ledger.position("flow") is None
    told = world.said(FlowStalled)
    assert [one.kind for one in told] == ["order"] * 3
    assert "flow old has 2 events of old@1 to deliver" in told[0].detail
    await world.ledger.record(Record("old", START, 4, cases=[Case(3, "k3", "waiting", due=1)]))
    world = again(world)
    await world.run(5)
    assert offsets(world) == []
    await world.ledger.record(Record("old", START, cases=[Case(3, "k3", "delivered")]))
    world = again(world)
    await world.run(5)
    assert offsets(world) == [0, 1]


# What comes to the other one later is not waited for, and a flow that has begun waits no more.
async def test_only_what_came_before_is_waited_for():
    world = await successor()
    await world.ledger.record(Record("old", START, 4))
    late = replace(event(9, "k9"), recorded=world.clock.now() + SECOND)
    await world.log.append("old@1", [late])
    await world.run(5)
    assert offsets(world) == [0, 1]
    world.clock.advance(60)
    world = again(world)
    await world.log.append(STREAM, [event(7, "k7")])
    await world.run(5)
    assert offsets(world) == [0, 1, 2]
