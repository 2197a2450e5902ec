"""A name that nothing has is refused; what is stored of a project as it was stays within reach."""

from __future__ import annotations

import pytest

from trunkline.app.acts import DiscardLetters, perform
from trunkline.app.dead import dead_letters
from trunkline.app.names import check_flow, checked_entries
from trunkline.connectors.source import Arrival
from trunkline.delivery.ledger import Case, CaseQuery, Record
from trunkline.delivery.replay.port import Replay, Selection
from trunkline.intake.quarantine import Entry, Held, Query
from trunkline.kernel.errors import UsageError

FLOW = "orders-to-warehouse"


# An unknown flow is refused with the near miss, or else with all there are.
async def test_an_unknown_flow(backbone):
    await check_flow(backbone, "")
    await check_flow(backbone, FLOW)
    with pytest.raises(UsageError, match=f'no flow "order-to-warehouse"; did you mean "{FLOW}"'):
        await check_flow(backbone, "order-to-warehouse")
    with pytest.raises(UsageError, match=f"there are: {FLOW}"):
        await check_flow(backbone, "nope")


# The dead letters of a flow that was removed are found and answered by its name.
async def test_a_flow_that_was_removed(backbone):
    await backbone.ledger.record(Record("gone", 1, cases=[Case(0, "a", "dead", holds=True)]))
    assert [one.flow for one in await dead_letters(backbone, CaseQuery("gone"))] == ["gone"]
    [answered] = await perform(backbone, DiscardLetters(CaseQuery("gone"), "ann", "it was removed"))
    assert answered.answered


# A replay is a name of its own, whether it has delivered anything or not, and so is the flow it was of.
async def test_a_replay(backbone):
    await backbone.replays.add(Replay("r1", "gone", "order@1", Selection(), "ann", "lost", 1))
    await check_flow(backbone, "gone")
    await check_flow(backbone, "gone#r1")
    with pytest.raises(UsageError):
        await check_flow(backbone, "gone#r2")


# Sources of the project and of publishing are known; a stream gets its major version.
async def test_sources_and_streams(backbone):
    asked = Query(source="publish/order@1", stream="order")
    assert await checked_entries(backbone, asked) == Query(source="publish/order@1", stream="order@1")
    for name in backbone.project.sources:
        assert await checked_entries(backbone, Query(source=name)) == Query(source=name)
    with pytest.raises(UsageError, match='no source "nope"; there are: '):
        await checked_entries(backbone, Query(source="nope"))
    with pytest.raises(UsageError, match='no stream "ordr"; did you mean'):
        await checked_entries(backbone, Query(stream="ordr"))


# What arrived of a source into a stream that are both gone is found by their names, also once it has ended.
async def test_a_source_that_was_removed(backbone):
    entry = Entry("q1", "old/things", "thing@1", "thing@1.0.0", "", "c", 1, 1, 1, "json", (), 1)
    await backbone.quarantine.put([Held(entry, Arrival(b"x"))])
    asked = Query(source="old/things", stream="thing@1")
    assert await checked_entries(backbone, asked) == asked
