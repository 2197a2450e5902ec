"""The catalogue holds what there is, whose it is, and where personal data goes."""

from __future__ import annotations

import pytest
from tests.unit.app import two_ways

from trunkline.app.catalogue import catalogue
from trunkline.app.init import init
from trunkline.app.project import Project

FLOW = "flows/orders-to-warehouse.yaml"


@pytest.fixture
def folder(tmp_path):
    return init(tmp_path / "shop").folder


# Systems, contracts and flows have their entries, by name, with owners and duties.
def test_entries(folder):
    found = catalogue(Project.load(folder))
    assert [(one.system, one.publishes, one.accepts) for one in found.systems] == [
        ("shop", ("shop/order",), ()),
        ("warehouse", (), ("warehouse.orders",)),
    ]
    assert found.systems[0].data_owner.team == "E-commerce"
    assert [(one.stream, one.retention, one.personal) for one in found.contracts] == [
        ("order@1", "90 d", 1),
        ("warehouse-order@1", "10 y", 1),
    ]
    assert [(one.flow, one.sources, one.target) for one in found.flows] == [
        ("orders-to-warehouse", ("shop/order",), "warehouse.orders")
    ]
    assert (found.links.pairs, found.links.ends, found.circles) == (1, 2, [])


# A personal field is told with every target, and apart those that only a Python function may send it to.
def test_personal_data(folder):
    [entry] = catalogue(Project.load(folder)).personal
    assert (entry.stream, entry.field, entry.targets, entry.perhaps) == (
        "order@1",
        "email",
        ("warehouse.orders",),
        (),
    )
    head, tail = (folder / FLOW).read_text().split("map:\n")
    rest = tail.split("$sum(lines.quantity)\n")[1]
    (folder / FLOW).write_text(head + "python: mappings.orders:to_warehouse\n" + rest)
    [entry] = catalogue(Project.load(folder)).personal
    assert (entry.targets, entry.perhaps) == ((), ("warehouse.orders",))


# Circles are listed whether or not they end, and how a flow ends one stands with it.
def test_circles(tmp_path):
    found = catalogue(two_ways.write(tmp_path, back=two_ways.BACK + two_ways.DROPS))
    assert found.circles == [["crm", "shop", "crm"]]
    assert [one.loop for one in found.flows] == ["when drops by changed_by what only comes back", ""]
    assert (found.links.pairs, found.links.ends) == (2, 4)
