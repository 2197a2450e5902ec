"""Are we fine: one sentence, the worst thing first, with the next step."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.control_room import day, fill

from trunkline.app.acts import IsolateTarget, perform
from trunkline.app.backbone import opened
from trunkline.app.changes import Changes
from trunkline.app.overview import last_hour, overview, sentence, tally, troubles
from trunkline.app.snapshot import snapshot


@pytest.fixture
async def backbone(tmp_path, machine):
    async with opened(day(tmp_path / "day"), machine) as opened_backbone:
        yield opened_backbone


# Where nothing is wrong it says so, and of how many.
async def test_fine(backbone):
    it = overview(await snapshot(backbone), await last_hour(backbone), [])
    assert it.sentence == "Yes: 3 flows, nothing late, nothing waiting for a person."
    assert (it.troubles, it.changes) == ([], [])


# What keeps data from arriving comes before what waits for a person, and each has a next step.
async def test_order(backbone, machine):
    await fill(backbone)
    machine.clock.advance(4 * 3_600)
    it = overview(await snapshot(backbone), await last_hour(backbone), [])
    assert it.sentence.startswith(
        "No: target shop.confirmation is away and 7 events wait for it; and 3 other"
    )
    assert [(one.bad, one.kind, one.name) for one in it.troubles] == [
        (True, "target", "shop.confirmation"),
        (True, "flow", "sales-to-stock"),
        (False, "flow", "orders-to-shop"),
        (False, "quarantine", "publish/order@1"),
    ]
    assert all(one.next and one.why for one in it.troubles)


# Only what waits for a person: data flows.
async def test_somebody_has_to_look(backbone, machine):
    await fill(backbone)
    await backbone.standings.note("shop.confirmation", None)
    seen = await snapshot(backbone)
    assert sentence(seen, troubles(seen)).startswith(
        "Data flows, but somebody has to look: flow orders-to-shop"
    )


# A process that is not ready is the worst there is; a project without flows is no trouble.
async def test_edges(backbone):
    seen = await snapshot(backbone)
    assert troubles(replace(seen, unready="store: full"))[0].kind == "process"
    bare = replace(seen, flows=())
    assert sentence(bare, []) == "This project has no flow yet."
    assert tally(bare).arrived_per_second is None


# Sums add up, and acts of people are told.
async def test_sums_and_acts(backbone):
    await fill(backbone)
    await perform(backbone, IsolateTarget("warehouse.stock", by="ada", why="a move"))
    seen = await snapshot(backbone)
    it = overview(seen, await last_hour(backbone), await Changes(backbone).lately())
    sums = it.tally
    assert (sums.flows, sums.lag, sums.waiting, sums.held, sums.dead, sums.quarantined) == (3, 25, 1, 1, 3, 3)
    assert (sums.events, sums.fine) == (50, 0)
    assert (it.hour.kpis.accepted, it.hour.kpis.refused, len(it.hour.points)) == (50, 3, 61)
    assert [(one.by, one.what, one.why, one.outcome) for one in it.changes] == [
        ("ada", "isolate-target", "a move", "done")
    ]
    assert {one.kind for one in it.troubles} == {"target", "flow", "quarantine"}
