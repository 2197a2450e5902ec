"""The gate on pages: what fails, and what to do."""

from __future__ import annotations

import csv
import io
import json

import pytest

from trunkline.app.gate.admission import verdicts
from trunkline.app.gate.report import markdown
from trunkline.app.gate.rules import RULES


async def lines(get, path="/control/gate", query=""):
    return json.loads((await get(f"{path}?format=json{query}")).text)["data"]


# Every rule of every flow is exported, with the same words as the command line has.
async def test_lines(get, backbone):
    found = await lines(get)
    assert len(found) == len(RULES) * 3
    expected = {
        (one.flow, each.rule, each.shown) for one in verdicts(backbone.project) for each in one.findings
    }
    assert {(one["flow"], one["rule"], one["shown"]) for one in found} == expected
    table = list(csv.DictReader(io.StringIO((await get("/control/gate?format=csv")).text)))
    assert [one["rule"] for one in table] == [one["rule"] for one in found]


# The report is that of the command line.
async def test_report(get, backbone):
    answer = await get("/control/gate?format=md")
    assert answer.headers["content-disposition"] == 'attachment; filename="gate.md"'
    name = backbone.project.settings.project
    assert answer.text == markdown(name, verdicts(backbone.project), ())
    assert (await get("/control/gate/orders-to-shop?format=md")).text.count("\n## ") == 1


# A credential in a file is told of as soon as it stands there, and the flow is found by the rule it fails.
async def test_failing(get, backbone):
    assert "All 3 flows pass." in (await get("/control/gate")).text
    file = backbone.project.folder / "flows" / "orders-to-shop.yaml"
    file.write_text(file.read_text("utf-8") + "# password: hunter2hunter2\n", "utf-8")
    text = (await get("/control/gate?rule=secrets&verdict=refused")).text
    assert "1 of 3 flows would be refused at the next start." in text
    assert 'id="gate-orders-to-shop"' in text
    assert 'id="gate-sales-to-stock"' not in text
    assert "hunter2" not in text
    [line] = await lines(get, "/control/gate/orders-to-shop", "&show=fails")
    assert (line["rule"], line["status"]) == ("secrets", "error")
    assert line["do"] in (await get("/control/gate/orders-to-shop")).text.replace("&#39;", "'")


# Words, a rule and a verdict each leave fewer; by verdict the worst comes first.
@pytest.mark.parametrize(
    ("query", "left"),
    [("&q=stock", 2), ("&q=flows/orders", 2), ("&verdict=refused", 0), ("&rule=loop", 0), ("&sort=-flow", 3)],
)
async def test_choice(get, query, left):
    assert len({one["flow"] for one in await lines(get, query=query)}) == left


# A checklist has every rule with why it is asked, and a flow that is not there is not found.
async def test_checklist(get):
    text = (await get("/control/gate/orders-to-shop")).text
    for rule in RULES:
        assert f'id="rule-{rule.id}"' in text
    assert "15 of 15 rules pass" in text
    assert (await get("/control/gate/nothing")).status == 404
