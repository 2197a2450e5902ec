"""Where a field goes is read from the files: exactly by expressions, possibly by Python, and on."""

from __future__ import annotations

import pytest
from tests.unit.app import two_ways

from trunkline.app.init import init
from trunkline.app.lineage import lineage
from trunkline.app.project import Project
from trunkline.kernel.errors import TrunklineError

FLOW = "flows/orders-to-warehouse.yaml"


@pytest.fixture
def folder(tmp_path):
    return init(tmp_path / "shop").folder


def reached(project, text, stream=""):
    return [
        (one.flow, one.fields, one.how, one.certain)
        for way in lineage(project, text, stream)
        for one in way.reaches
    ]


# A field has its sources, its classification, and the fields that expressions make of it.
def test_an_expression(folder):
    [way] = lineage(Project.load(folder), "email")
    assert (way.stream, way.sources, way.classification, way.personal) == (
        "order@1",
        ("shop/order",),
        "personal",
        True,
    )
    assert reached(Project.load(folder), "email") == [("orders-to-warehouse", ("email",), "expression", True)]
    assert reached(Project.load(folder), "lines.quantity", "order")[0][1] == ("pieces",)
    assert reached(Project.load(folder), "lines")[0][1] == ("pieces",)
    assert reached(Project.load(folder), "lines.price") == []


# A field is found by its path, by its contract's name before it, and in one stream.
@pytest.mark.parametrize(
    ("text", "stream"), [("email", ""), ("order.email", ""), ("email", "order"), ("email", "order@1")]
)
def test_names(folder, text, stream):
    assert [way.stream for way in lineage(Project.load(folder), text, stream)] == ["order@1"]


# A target's own contract is told where it is asked for.
def test_a_targets_contract(folder):
    [way] = lineage(Project.load(folder), "email", "warehouse-order@1")
    assert (way.accepted_by, way.sources, way.reaches) == (("warehouse.orders",), (), ())


# What is not there is told with the near miss.
@pytest.mark.parametrize(
    ("text", "stream", "words"),
    [
        ("emial", "", 'did you mean "email"'),
        ("order.emial", "", 'did you mean "order.email"'),
        ("emial", "order@1", "in order@1"),
        ("email", "ordr@1", 'did you mean "order@1"'),
        ("order@1", "", '"order@1" is a stream: name a field of it after it, such as event_id'),
        ("order", "", '"order" is a stream'),
    ],
)
def test_what_is_not_there(folder, text, stream, words):
    with pytest.raises(TrunklineError, match=words):
        lineage(Project.load(folder), text, stream)


# A Python function may send any field anywhere, and is told as possible.
def test_python(folder):
    head, tail = (folder / FLOW).read_text().split("map:\n")
    rest = tail.split("$sum(lines.quantity)\n")[1]
    (folder / FLOW).write_text(head + "python: mappings.orders:to_warehouse\n" + rest)
    [(_, fields, how, certain)] = reached(Project.load(folder), "event_id")
    assert ("email" in fields, how, certain) == (True, "python", False)


# Without a mapping a field goes as it is; a rule reads it and sends nothing of it.
def test_as_it_is_and_by_a_rule(tmp_path):
    project = two_ways.write(tmp_path, there="", back=two_ways.BACK + two_ways.DROPS)
    assert reached(project, "customer", "customer@1") == [
        ("there", ("customer", "customer.email", "customer.name"), "as it is", True)
    ]
    assert reached(project, "changed_by", "shop-customer@1")[-1] == ("back", (), "rule", True)


# What a target's system publishes under the same name may go on, and a circle is walked once.
def test_onward(tmp_path):
    project = two_ways.write(tmp_path)
    ways = lineage(project, "customer.email", "customer@1")
    assert [(way.stream, way.field) for way in ways] == [
        ("customer@1", "customer.email"),
        ("shop-customer@1", "email"),
    ]
    assert [(one.target, one.stream, one.field) for one in ways[0].onward] == [
        ("shop.customers", "shop-customer@1", "email")
    ]
    assert ways[1].reaches[0].fields == ("customer.email",)
