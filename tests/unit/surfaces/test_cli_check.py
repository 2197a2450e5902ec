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


# What could not be read is told before the gate speaks, which may miss it.
def test_a_fault_before_the_gate(trunkline, folder):
    shop = folder / "systems/shop.yaml"
    shop.write_text(shop.read_text().replace("via: webhook", "via: webhok"))
    code, out, _ = trunkline("check")
    told = out.index("What the faults below are about is missing here, so the gate may ask for")
    assert (code, told < out.index("flow orders-to-warehouse")) == (1, True)


# The gate's table stands in the text and the JSON, and what it refuses ends it with 1.
def test_the_gate(trunkline, folder):
    flow = folder / "flows/orders-to-warehouse.yaml"
    assert "pass  Data owner" in trunkline("check")[1]
    flow.write_text(flow.read_text().replace("consistency: eventual, ", ""))
    code, out, _ = trunkline("check")
    assert code == 1
    assert "MEND  Consistency and latency" in out
    assert out.splitlines()[-1] == "No faults in the files; the gate refuses orders-to-warehouse."
    found = json.loads(trunkline("check", "--json")[1])
    assert (found["passes"], found["gate"][0]["passes"]) == (False, False)
    flow.write_text(flow.read_text().replace("needs:", "draft: true\nneeds:"))
    assert trunkline("check")[0] == 0


# The report is written for a change request; a flow can be picked, and one that is not there is told.
def test_report_and_flow(trunkline, folder, tmp_path):
    report = tmp_path / "gate.md"
    assert trunkline("check", "--report", report)[0] == 0
    assert "| orders-to-warehouse |" in report.read_text()
    assert "Data owner" in trunkline("check", "--flow", "orders-to-warehouse")[1]
    code, _, err = trunkline("check", "--flow", "orders-to-warehose")
    assert code == 2
    assert 'did you mean "orders-to-warehouse"?' in err
    code, _, err = trunkline("check", "--report", tmp_path / "no" / "gate.md")
    assert (code, "cannot be written" in err) == (6, True)


# A flow that the gate refuses does not run, and what to do is told.
def test_run_refuses(trunkline, folder):
    flow = folder / "flows/orders-to-warehouse.yaml"
    flow.write_text(flow.read_text().replace("consistency: eventual, ", ""))
    code, _, err = trunkline("run", "--port", "0")
    assert code == 3
    assert "flow orders-to-warehouse does not pass the gate" in err
    assert "--allow-draft" in err


# What check finds keeps every other command from touching the project.
def test_a_faulty_project_is_refused(trunkline, folder):
    (folder / "flows/orders-to-warehouse.yaml").write_text("flow: x\n")
    code, out, err = trunkline("status")
    assert (code, out) == (3, "")
    assert "flows/orders-to-warehouse.yaml:1:1: " in err
