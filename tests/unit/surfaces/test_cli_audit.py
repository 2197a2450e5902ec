"""``trunkline audit``: everything a person did is told, with who and why."""

from __future__ import annotations

import json

FLOW = "orders-to-warehouse"


# Every act stands there once, newest first, by whom it was done, and can be filtered.
def test_list(trunkline, orders, bury):
    trunkline("publish", "order", "--file", orders(2))
    assert trunkline("audit", "list")[2] == "Nobody did anything of the kind.\n"
    bury([0, 1], cursor=2)
    trunkline("dead", "retry", FLOW, "0", "--why", "mended", "--by", "ann")
    trunkline("dead", "discard", FLOW, "1", "--why", "test data", "--by", "bob")
    found = [json.loads(line) for line in trunkline("audit", "list", "--json")[1].splitlines()]
    assert [(one["by"], one["what"], one["count"], one["after"]) for one in found] == [
        ("bob", "discard-letters", 1, "discarded"),
        ("ann", "retry-letters", 1, "waiting"),
    ]
    assert found[0]["about"] == {"where": {"flow": FLOW, "offsets": [1]}} | {
        "where": {"flow": FLOW, "limit": 1000, "offsets": [1]}
    }
    assert "mended" in trunkline("audit", "list", "--by", "ann")[1]
    assert len(trunkline("audit", "list", "--what", "retry-letters", "--json")[1].splitlines()) == 1
    assert trunkline("audit", "list", "--text", "test", "--until", "2020-01-01")[1] == ""


# Without a name given it is the user of this system who did it.
def test_the_user_of_this_system(trunkline, monkeypatch):
    monkeypatch.setenv("LOGNAME", "carol")
    trunkline("log", "trim")
    assert json.loads(trunkline("audit", "list", "--json")[1])["by"] == "carol"
