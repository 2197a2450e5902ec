"""The drawing of a project."""

from __future__ import annotations

import itertools

import pytest
from tests.documented import demo

from trunkline.app.docs.join import joined
from trunkline.app.docs.model import ProjectDocs
from trunkline.surfaces.docs.topology import DOWN, HEIGHT, WIDTH, crossings, drawn


@pytest.fixture
def drawing(tmp_path):
    return drawn(joined(demo(tmp_path / "demo")))


# Everything stands in its column, in the order in which few lines cross, and leads to where it is described.
def test_columns(drawing):
    columns = {
        number: [one.name for one in sorted(group, key=lambda one: one.y)]
        for number, group in itertools.groupby(drawing.boxes, key=lambda one: one.column)
    }
    assert columns == {
        0: ["shop", "till"],
        1: ["order@1", "sale@1"],
        2: ["orders-to-shop", "orders-to-stock", "sales-to-stock"],
        3: ["shop.confirmation", "warehouse.stock"],
    }
    links = {one.name: one.link for one in drawing.boxes}
    assert links["order@1"] == "contracts/order@1.html"
    assert links["warehouse.stock"] == "systems.html#system-warehouse"


# Boxes lie within the drawing and on none of the others, and each pair that is joined has its line.
def test_places(drawing):
    for one, other in itertools.combinations(drawing.boxes, 2):
        assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= DOWN > HEIGHT
    for one in drawing.boxes:
        assert 0 <= one.x <= drawing.width - WIDTH
        assert 0 <= one.y <= drawing.height - HEIGHT
    assert len(drawing.lines) == 8


# Lines that cross are counted, in every column.
def test_crossings():
    columns = [["a", "b"], ["x", "y"], ["1", "2"]]
    assert crossings(columns, [[("a", "x"), ("b", "y")], [("x", "1"), ("y", "2")]]) == 0
    assert crossings(columns, [[("a", "y"), ("b", "x")], [("x", "2"), ("y", "1")]]) == 2
    assert crossings([["a", "b", "c"], ["x"]], [[("a", "x"), ("b", "x"), ("c", "x")]]) == 0


# A project without anything has a drawing without anything.
def test_nothing():
    assert drawn(ProjectDocs("p", "P", "", (), (), (), ())).boxes == ()


# A name that is too long for its box is cut, and is whole beside it.
def test_long_name(tmp_path):
    docs = joined(demo(tmp_path / "demo"))
    long = "orders-" * 9
    flow = type(docs.flows[0])(
        **{name: getattr(docs.flows[0], name) for name in docs.flows[0].__struct_fields__} | {"name": long}
    )
    box = next(one for one in drawn(ProjectDocs("p", "P", "", (), (), (flow,), ())).boxes if one.column == 2)
    assert box.name == long
    assert box.label.endswith("…")
    assert len(box.label) == 24
