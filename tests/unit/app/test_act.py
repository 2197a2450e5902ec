"""What the audit is told of an act: what it was about, and never a payload."""

from __future__ import annotations

import json

from trunkline.app.act import Change, about
from trunkline.app.acts import DiscardLetters, EditLetters, Publish, Trim
from trunkline.delivery.ledger import CaseQuery


def told(act):
    return json.loads(about(act))


# What was given is told, but for what is a payload or may be personal; what was left as it is is not.
def test_what_an_act_is_about():
    where = CaseQuery("stock", key="ada@example.com", kind="timeout")
    assert told(DiscardLetters(where, "ann", "old")) == {
        "where": {"flow": "stock", "key": "***", "kind": "timeout"}
    }
    edit = EditLetters(where, "ann", record=b'{"mail":"ada"}', values={"mail": b'"ada@example.com"'})
    assert (told(edit)["record"], told(edit)["values"]) == ("14 bytes", {"mail": "17 bytes"})
    assert "ada" not in about(edit)
    assert told(Trim("ann")) == {}


# Of a long list the beginning is told and how many there are.
def test_a_long_list_is_cut():
    offsets = told(DiscardLetters(CaseQuery("stock", offsets=tuple(range(5_000))), "ann", ""))
    assert offsets["where"]["offsets"] == [*range(20), "and 4980 more"]


# An act that says nothing else of itself is counted by what it returns.
def test_what_came_of_an_act():
    assert Publish("order", []).change([1, 2, 3]) == Change(count=3)
    assert Publish("order", []).change(None) == Change(count=1)
