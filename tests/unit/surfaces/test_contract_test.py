"""``trunkline contract test``: what a person, a program and a CI server get."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest
from tests.shared_data import shared_data

from trunkline.surfaces import cli
from trunkline.surfaces.cli.exits import Exit

FLOW = "orders-to-warehouse"


def tightened(folder, path):
    """Write a candidate with one status fewer, where the e-mail address is not personal any more."""
    text = (folder / "contracts/order.odcs.yaml").read_text("utf-8")
    text = text.replace("placed|paid|sent", "paid|sent").replace("version: 1.0.0", "version: 1.1.0", 1)
    path.write_text(text.replace("classification: personal", "classification: internal"), "utf-8")
    return path


# A new project passes: its starter is held to its own contracts.
def test_a_new_project_passes(trunkline):
    code, out, err = trunkline("contract", "test")
    assert (code, err) == (Exit.OK, "")
    assert "there is no store" in out
    assert out.endswith("1 passed, 0 failed, 2 skipped.\n")


# Recorded events that a candidate would refuse are counted and shown, personal fields never; it ends with 1.
def test_a_candidate_on_recorded_events(trunkline, orders, folder, tmp_path):
    trunkline("publish", "order", "--file", orders(3))
    assert trunkline("contract", "test")[0] == Exit.OK
    file = tightened(folder, tmp_path / "candidate.odcs.yaml")
    code, out, _ = trunkline("contract", "test", "--candidate", file, "--only", "producer")
    assert code == Exit.FOUND
    assert "3 records of what came, 3 would be refused" in out
    assert "pattern: /status: does not match pattern ^(paid|sent|cancelled)$" in out
    assert "first at order@1 offset 0" in out
    assert '"email":"***"' in out
    assert "ada@" not in out
    assert out.endswith("0 passed, 1 failed, 0 skipped.\n")


# A program gets a document a case; a CI server a file that counts the same.
def test_json_and_junit(trunkline, orders, folder, tmp_path):
    trunkline("publish", "order", "--file", orders(2))
    file, report = tightened(folder, tmp_path / "c.yaml"), tmp_path / "out/report.xml"
    code, out, _ = trunkline(
        "contract", "test", "--candidate", file, "--junit", report, "--json", "--seed", "5"
    )
    cases = [json.loads(line) for line in out.splitlines()]
    assert code == Exit.FOUND
    assert [(one["side"], one["name"], one["outcome"]) for one in cases] == [
        ("producer", "order@1.1.0", "failed"),
        ("consumer", FLOW, "passed"),
    ]
    assert cases[0]["findings"][0]["count"] == 2
    root = ET.parse(report).getroot()
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    assert root.find(".//property[@name='seed']").get("value") == "5"


# Files of records serve where nothing is recorded, also without a project.
def test_files_of_records(trunkline, orders, folder, tmp_path, monkeypatch, capsys):
    file = tightened(folder, tmp_path / "c.yaml")
    records = orders(4)
    code, out, _ = trunkline("contract", "test", "order", "--records", records)
    assert (code, "4 records of what came, none would be refused" in out) == (Exit.OK, True)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with pytest.raises(SystemExit) as end:
        cli.main(["contract", "test", "--candidate", str(file), "--records", str(records)])
    assert end.value.code == Exit.FOUND
    assert "orders.jsonl line 1" in capsys.readouterr().out


# Where nothing has the side that is asked for, that is said, and the report is an empty one.
def test_nothing_to_test(trunkline, tmp_path):
    report = tmp_path / "report.xml"
    code, out, err = trunkline("contract", "test", "--only", "openapi", "--junit", report)
    assert (code, out) == (Exit.OK, "0 passed, 0 failed, 0 skipped.\n")
    assert "nothing was tested" in err
    assert ET.parse(report).getroot().get("tests") == "0"


# What is asked wrongly ends with 2, a report that cannot be written with 6, and nothing else is said.
@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (["ordr"], Exit.USAGE, 'did you mean "order"'),
        (["--since", "yesterday"], Exit.USAGE, "yesterday"),
        (["--last", "0"], Exit.USAGE, "at least 1"),
        (["--documents", "0"], Exit.USAGE, "at least 1"),
        (["--records", "absent.json"], Exit.USAGE, "say which contract"),
        (["order", "--records", "absent.json"], Exit.USAGE, "cannot be read"),
        (["--candidate", "absent.yaml"], Exit.USAGE, "cannot be read"),
        (["--only", "nobody"], Exit.USAGE, "nobody"),
        (["--junit", "/proc/none/report.xml"], Exit.FAILED, "cannot be written"),
    ],
)
def test_asked_wrongly(trunkline, words, code, why):
    ended, out, err = trunkline("contract", "test", *words)
    assert (ended, out) == (code, "")
    assert why in err


RETAIL = """
apiVersion: v3.1.0
kind: DataContract
id: line
name: line
version: {version}
status: active
schema:
  - name: line
    properties:
      - {{name: InvoiceNo, logicalType: string, required: true}}
      - {{name: StockCode, logicalType: string, required: true}}
      - {{name: Description, logicalType: string}}
      - {{name: Quantity, logicalType: integer, required: true{bound}}}
      - {{name: InvoiceDate, logicalType: string, required: true}}
      - {{name: UnitPrice, logicalType: number, required: true}}
      - {{name: CustomerID, logicalType: string, classification: personal}}
      - {{name: Country, logicalType: string, required: true}}
"""


# Half a year of a real till: a sound contract refuses none of its 209,029 lines, one that forgot the returns
# refuses exactly those, and no customer is shown.
def test_real_data(tmp_path, monkeypatch, capsys):
    records = shared_data("online-retail-2010-12-to-2011-05.csv.gz")
    monkeypatch.chdir(tmp_path)
    bounds = {"1.0.0": "", "1.1.0": ", logicalTypeOptions: {minimum: 0}"}
    found = {}
    for version, bound in bounds.items():
        file = tmp_path / f"{version}.odcs.yaml"
        file.write_text(RETAIL.format(version=version, bound=bound), "utf-8")
        with pytest.raises(SystemExit):
            cli.main(["contract", "test", "--candidate", str(file), "--records", str(records), "--json"])
        found[version] = json.loads(capsys.readouterr().out)
    assert (found["1.0.0"]["outcome"], found["1.0.0"]["looked_at"]) == ("passed", 209_029)
    [finding] = found["1.1.0"]["findings"]
    assert (finding["kind"], finding["pointer"]) == ("minimum", "/Quantity")
    assert finding["count"] == found["1.1.0"]["faulty"]
    assert finding["example"]["Quantity"] < 0
    assert finding["example"]["CustomerID"] == "***"
