"""``trunkline alerts``: people see what is wrong, answer for it, silence it, and try their routes."""

from __future__ import annotations

import asyncio
import json
import os

import pytest

from trunkline.app.alerting.readings import Reader
from trunkline.app.alerting.watching import Watch
from trunkline.app.backbone import opened, this_machine
from trunkline.app.project import Project

FLOW = "orders-to-warehouse"


@pytest.fixture
def look(folder):
    """Look once at the project, as the running process does."""

    async def once():
        project = Project.load(folder)
        async with opened(project, this_machine(os.environ)) as backbone:
            await Watch(backbone, Reader(backbone, [FLOW], dict)).look()

    return lambda: asyncio.run(once())


@pytest.fixture
def wrong(trunkline, orders, bury, look):
    """Make two dead letters, look, and return the alert that tells of them."""
    trunkline("publish", "order", "--file", orders(3))
    bury([0, 2], 3)
    look()
    [one] = [json.loads(line) for line in trunkline("alerts", "list", "--json")[1].splitlines()]
    return one


# Before anything is wrong there is nothing to list, and that is said beside the list.
def test_nothing(trunkline, orders, look):
    trunkline("publish", "order", "--file", orders(1))
    look()
    assert trunkline("alerts", "list") == (0, "", "Nothing is wrong.\n")
    assert trunkline("alerts", "list", "--silences") == (0, "", "Nothing is silenced.\n")
    assert trunkline("alerts", "list", "--unsent") == (0, "", "Every message arrived.\n")
    assert trunkline("alerts", "list", "--stats")[1] == "0 fired, 0 acknowledged, 0 resolved\n"


# A person reads what is so, the likely cause and the next command; a program the same.
def test_list_and_show(trunkline, wrong):
    assert (wrong["rule"], wrong["state"], wrong["labels"]["flow"]) == ("dead-letters", "firing", FLOW)
    out = trunkline("alerts", "list", "--where", "flow=orders-*")[1]
    assert f"flow {FLOW}: dead_letters is 2 (dead_letters > 0)" in out
    assert f"Next: trunkline dead groups --flow {FLOW}" in out
    assert trunkline("alerts", "list", "--severity", "page")[2] == "Nothing is wrong.\n"
    shown = trunkline("alerts", "show", wrong["id"])[1]
    assert f"next:         trunkline dead groups --flow {FLOW}" in shown
    assert "told:         nobody yet: it waits for its group" in shown
    assert json.loads(trunkline("alerts", "show", wrong["id"], "--json")[1]) == wrong


# Who acknowledges is shown with the alert, and counted.
def test_ack(trunkline, wrong):
    assert "has it." in trunkline("alerts", "ack", wrong["id"], "--why", "on it")[1]
    [one] = [json.loads(line) for line in trunkline("alerts", "list", "--json")[1].splitlines()]
    assert (one["state"], bool(one["acknowledged_by"])) == ("acknowledged", True)
    assert one["acknowledged_by"] in trunkline("alerts", "list")[1]
    assert "MTTA" in trunkline("alerts", "list", "--stats")[1]
    assert json.loads(trunkline("alerts", "list", "--stats", "--json")[1])["acknowledged"] == 1


# A silence has an end and a reason, is listed with both, and can be ended.
def test_silences(trunkline, wrong):
    silence = ("alerts", "silence", "--where", "flow=orders-*", "--why", "stock count")
    assert trunkline(*silence)[0] == 2
    assert trunkline(*silence, "--for", "ages")[0] == 2
    assert "holds until" in trunkline(*silence, "--for", "2h")[1]
    assert "stock count" in trunkline("alerts", "list", "--silences")[1]
    assert "(muted)" in trunkline("alerts", "list")[1]
    [one] = [json.loads(line) for line in trunkline("alerts", "list", "--silences", "--json")[1].splitlines()]
    assert "ended by" in trunkline("alerts", "unsilence", one["id"])[1]
    assert "(muted)" not in trunkline("alerts", "list")[1]
    assert trunkline("alerts", "unsilence", one["id"])[0] == 2


# What was asked wrong is told in its own words.
@pytest.mark.usefixtures("wrong")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ack"], "alerts list shows them"),
        (["ack", "a1"], 'there is no alert "a1"'),
        (["show", "a1"], 'there is no alert "a1"'),
        (["list", "--where", "flow"], "no label with its pattern"),
        (["silence", "--where", "folw=x", "--for", "1h", "--why", "x"], 'did you mean "flow"'),
        (["test", "oncall"], "oncall"),
    ],
)
def test_asked_wrong(trunkline, words, said):
    code, _, err = trunkline("alerts", *words)
    assert code == 2
    assert said in err


# The rules that hold are listed as they are written.
def test_rules(trunkline):
    out = trunkline("alerts", "rules")[1]
    assert "dead_letters > 0" in out
    found = [json.loads(line) for line in trunkline("alerts", "rules", "--json")[1].splitlines()]
    assert found[0]["where"] == {"flow": FLOW}
