"""``trunkline check`` shows what there is, names each fault with its place, and ends by what it found."""

from __future__ import annotations

import json


# A sound project ends with 0 and its last line says so.
def test_no_faults(trunkline):
    code, out, _ = trunkline("check")
    assert (code, out.splitlines()[-1]) == (0, "No faults.")
    assert "orders-to-warehouse" in out


# A fault ends it with 1; it stands in the text and in the JSON with file, line and column.
def test_a_fault(trunkline, folder):
    (folder / "flows/orders-to-warehouse.yaml").write_text("flow: x\n")
    code, out, _ = trunkline("check")
    assert code == 1
    assert "flows/orders-to-warehouse.yaml:1:1: " in out
    places = [fault["place"] for fault in json.loads(trunkline("check", "--json")[1])["faults"]]
    assert {place["file"] for place in places} == {"flows/orders-to-warehouse.yaml"}


# What check finds keeps every other command from touching the project.
def test_a_faulty_project_is_refused(trunkline, folder):
    (folder / "flows/orders-to-warehouse.yaml").write_text("flow: x\n")
    code, out, err = trunkline("status")
    assert (code, out) == (3, "")
    assert "flows/orders-to-warehouse.yaml:1:1: " in err
