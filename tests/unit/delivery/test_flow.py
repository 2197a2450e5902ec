"""What a flow is called where, and how it decodes."""

from __future__ import annotations

from decimal import Decimal

from tests.unit.delivery.small import SmallLog, World, events, flow_of

from trunkline.testkit.targets import FINE, MemoryTable, Place


# Flows of two projects may have one name and one database: their progress must not meet.
async def test_progress_is_kept_under_the_projects_name():
    place = Place()
    world = World(SmallLog(events("ab")), MemoryTable(place, lambda _: FINE), flow_of(project="retail"))
    await world.run()
    assert [(name, stored.flow, stored.cursor) for name, stored in place.progress.items()] == [
        ("retail/flow", "retail/flow", 2)
    ]


def test_without_a_project_progress_has_the_flows_name():
    assert flow_of().progress_name == "flow"


def test_a_flow_decodes_exactly_unless_it_is_told_how():
    assert flow_of().decode(b'{"total": 1.10}') == {"total": Decimal("1.10")}
