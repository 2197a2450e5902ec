"""How old things are now: a source that gives nothing is stale, and a flow is as late as what it owes."""

from __future__ import annotations

import pytest
from tests.unit.app.conftest import FLOW

from trunkline.app.staleness import flow_staleness, source_staleness
from trunkline.delivery.ledger import Range, Record
from trunkline.kernel.event import Event

SOURCE = "shop/order"


@pytest.fixture
def give(backbone):
    """Append an event of the shop's source, whose own time is now."""
    clock, count = backbone.machine.clock, iter(range(10_000))

    async def one():
        now, name = clock.now(), f"e{next(count)}"
        given = Event(name, SOURCE, "order", "k", now, now, "order@1.0.0", "c" * 32, b"{}")
        await backbone.log.append("order@1", [given])

    return one


async def the_source(backbone):
    [found] = [one for one in await source_staleness(backbone) if one.source == SOURCE]
    return found


# A source that never gave anything is told of, and nothing is expected of it.
async def test_a_source_that_gave_nothing(backbone):
    found = await the_source(backbone)
    assert (found.last, found.silent_seconds, found.expected_seconds, found.stale) == (
        None,
        None,
        None,
        False,
    )


# Of a source that is new, only how long it is silent is said.
async def test_a_new_source(backbone, give):
    await give()
    backbone.machine.clock.advance(3_600)
    found = await the_source(backbone)
    assert (found.silent_seconds, found.expected_by, found.stale) == (3_600, "", False)


# Who gave something every ten minutes is stale after a quarter of an hour, and so is its flow.
async def test_a_source_that_fell_silent(backbone, give):
    for _ in range(200):
        await give()
        backbone.machine.clock.advance(600)
    found = await the_source(backbone)
    assert (found.expected_by, found.stale) == ("usual", False)
    assert found.expected_seconds == pytest.approx(600, rel=0.1)
    backbone.machine.clock.advance(400)
    sources = await source_staleness(backbone)
    assert [one.stale for one in sources] == [True]
    [flow] = await flow_staleness(backbone, sources)
    assert (flow.silent, flow.stale) == (True, True)


# What a contract promises as its frequency is expected, whatever was usual.
async def test_a_promise(folder, edit, machine):
    from trunkline.app.backbone import opened
    from trunkline.app.project import Project

    promise = "slaProperties:\n  - {property: frequency, value: 2, unit: hours}"
    edit("contracts/order.odcs.yaml", "slaProperties:", promise)
    async with opened(Project.load(folder), machine) as backbone:
        found = await the_source(backbone)
        assert (found.expected_seconds, found.expected_by, found.stale) == (7_200, "contract", False)


# A flow is as late as the first event it owes, from when it was accepted.
async def test_a_late_flow(backbone, give):
    await give()
    await give()
    [flow] = await flow_staleness(backbone, [])
    assert (flow.behind, flow.oldest_seconds, flow.late) == (2, 0, False)
    backbone.machine.clock.advance(86_400)
    [flow] = await flow_staleness(backbone, [])
    assert (flow.needs_seconds, flow.late_after_seconds) == (5, 60)
    assert (flow.oldest_seconds, flow.late, flow.silent, flow.stale) == (86_400, True, False, True)
    now = backbone.machine.clock.now()
    await backbone.ledger.record(Record(FLOW, now, 2, Range(0, 1, now, now, 1, 2)))
    [flow] = await flow_staleness(backbone, [])
    assert (flow.behind, flow.oldest_seconds, flow.stale) == (0, None, False)


# A dead letter waits for a person, is counted as one, and makes no flow late.
async def test_a_dead_letter_is_not_late(backbone, give, bury):
    for _ in range(3):
        await give()
    await bury([1], cursor=3)
    backbone.machine.clock.advance(86_400)
    [flow] = await flow_staleness(backbone, [])
    assert (flow.behind, flow.dead, flow.oldest_seconds, flow.late) == (0, 1, None, False)
