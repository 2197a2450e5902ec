"""Faults are noted once, names are given once, and nobody is blamed for another's fault."""

from __future__ import annotations

import pytest

from trunkline.app.sheet import Sheet
from trunkline.contracts.document import Document
from trunkline.kernel.faults import Fault, Place

HERE, THERE = Place("systems/a.yaml", 1, 1), Place("systems/b.yaml", 4, 1)


@pytest.fixture
def sheet():
    return Sheet([])


# Of two faults at one place the first tells enough; that there were some is told in any case.
def test_one_fault_a_place(sheet):
    assert sheet.note([Fault(HERE, "first")])
    assert sheet.note([Fault(HERE, "second"), Fault(THERE, "third")])
    assert not sheet.note([])
    assert [fault.problem for fault in sheet.faults] == ["first", "third"]


# A name is new once for its kind; the second one is told where the first is.
def test_names_once(sheet):
    assert sheet.once("flow", "a", HERE)
    assert sheet.once("system", "a", THERE)
    assert not sheet.once("flow", "a", THERE)
    assert "systems/a.yaml:1:1" in sheet.faults[0].expected


# A folder is broken where one of its files has a fault.
def test_a_broken_folder(sheet):
    assert not sheet.broken("systems")
    sheet.note([Fault(HERE, "wrong")])
    assert (sheet.broken("systems"), sheet.broken("flows")) == (True, False)


# A fault about a value stands where the value does.
def test_a_wrong_value(sheet):
    document = Document.load(b"system: shop\nkind: [a]\n", "systems/shop.yaml")
    sheet.wrong(document, ("system",), "wrong", "right", "look")
    assert str(sheet.faults[0]) == "systems/shop.yaml:1:9: wrong; expected right; look"
