"""Who asks has exactly one flow that answers, and a flow that answers has somebody who asks."""

from __future__ import annotations

import pytest
from tests.scenarios.asked import project as written

from trunkline.app.check import check
from trunkline.app.project import Project
from trunkline.connectors.target import Response

SHOP, WAREHOUSE, FLOW = "systems/shop.yaml", "systems/warehouse.yaml", "flows/reserve.yaml"
ASKS = "via: request, path: /ask/reserve, verify: none, timeout_seconds: 30"
HOOK = "via: webhook, path: /ask/reserve, verify: none"
TABLE = """
connection: {sqlite: state/a.db}
accepts:
  - {name: reservations, contract: reserve@1, via: table, table: reservations, key: [number]}
"""


@pytest.fixture
def folder(tmp_path):
    return written(tmp_path, "http://127.0.0.1:9")


def faults(folder):
    return [(fault.place.file, str(fault)) for fault in check(folder).faults]


# The project of the story is whole: its flow makes a reply of what the target answers.
def test_a_flow_that_answers(folder):
    project = Project.load(folder)
    to_reply = project.flows["reserve"].to_reply
    headers = {"content-type": "application/json"}
    assert to_reply(Response(200, headers, b'{"pieces":3,"call":1}')).body == b'{"reserved":3,"call":1}'
    [source] = check(folder).sources
    assert (source.via, source.where) == ("request", "/ask/reserve")


# Whatever of it does not fit is one fault, at the key that has to change.
@pytest.mark.parametrize(
    ("file", "old", "new", "place", "said"),
    [
        (FLOW, "reply: {reserved: body.pieces, call: body.call}\n", "", SHOP, "no flow answers reserve@1"),
        (SHOP, ASKS, HOOK, FLOW, "nobody waits for it"),
        (FLOW, "body.pieces", "bdy.pieces", FLOW, 'did you mean "body"'),
        (FLOW, "body.pieces", "body.pieces +", FLOW, "expression"),
        (FLOW, "reply: {", 'when: "pieces > 1"\nreply: {', FLOW, "would have no answer"),
        (SHOP, "timeout_seconds: 30", "callers: 0", SHOP, "callers is at least 1"),
        (SHOP, "timeout_seconds: 30", "timeout_second: 30", SHOP, 'did you mean "timeout_seconds"'),
    ],
)
def test_what_does_not_fit(folder, file, old, new, place, said):
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    [(where, text)] = faults(folder)
    assert where == place
    assert said in text


# A table has no answer to pass on, and a flow to it says so; the source is not blamed for it as well.
def test_a_table_gives_no_answer(folder):
    head = (folder / WAREHOUSE).read_text().partition("connection:")[0]
    (folder / WAREHOUSE).write_text(head + TABLE)
    [(where, said)] = faults(folder)
    assert (where, "gives no answer to pass on: it is a table" in said) == (FLOW, True)


# Of two flows that answer one stream the second is a fault; one that does not answer is welcome.
def test_two_flows_that_answer(folder):
    text = (folder / FLOW).read_text().replace("flow: reserve", "flow: second")
    (folder / "flows/second.yaml").write_text(text)
    [(where, said)] = faults(folder)
    assert (where, "flow reserve answers reserve@1 already" in said) == ("flows/second.yaml", True)
    without = "\n".join(line for line in text.splitlines() if not line.startswith("reply:"))
    (folder / "flows/second.yaml").write_text(without)
    assert faults(folder) == []
