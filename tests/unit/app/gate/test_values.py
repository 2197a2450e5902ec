"""A flow before the gate has around it what it is made of."""

from __future__ import annotations

from tests.unit.app.gate.conftest import FLOW, ORDER, SHOP, WAREHOUSE

from trunkline.app.gate.admission import verdicts
from trunkline.app.gate.values import Case
from trunkline.app.project import Project


# Its files are its own, those of its systems and contracts, and its Python.
def test_what_a_flow_is_made_of(folder, edit):
    rows = "contracts/warehouse-order.odcs.yaml"
    project = Project.load(folder)
    case = Case(project, project.flows["orders-to-warehouse"])
    assert case.files == {FLOW, SHOP, WAREHOUSE, ORDER, rows}
    head, tail = (folder / FLOW).read_text().split("map:\n")
    (folder / FLOW).write_text(
        head + "python: mappings.orders:to_warehouse\n" + tail.split("$sum(lines.quantity)\n")[1]
    )
    project = Project.load(folder)
    assert "mappings/orders.py" in Case(project, project.flows["orders-to-warehouse"]).files


# A stream has every source that brings into it, and each of their systems once.
def test_sources(folder, edit):
    edit(SHOP, "publishes:\n", "publishes:\n  - {stream: order, name: b, via: files, folder: in}\n")
    project = Project.load(folder)
    case = Case(project, project.flows["orders-to-warehouse"])
    assert [one.name for one in case.sources] == ["shop/b", "shop/order"]
    assert [one.system for one in case.systems] == ["shop", "warehouse"]


# A verdict passes with advice, and not with an error.
def test_verdicts(folder, edit):
    edit(FLOW, "alerts: [{when: freshness > 60s, for: 2m, severity: page}]", "")
    edit("trunkline.yaml", "project:", "alerts: {defaults: false}\nproject:")
    [verdict] = verdicts(Project.load(folder))
    assert ([one.rule for one in verdict.advice], verdict.errors, verdict.passes) == (
        ["late-is-told"],
        [],
        True,
    )
    edit(FLOW, "consistency: eventual, ", "")
    [verdict] = verdicts(Project.load(folder))
    assert ([one.rule for one in verdict.errors], verdict.passes) == (["consistency"], False)
