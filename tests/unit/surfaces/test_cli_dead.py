"""``trunkline dead``: a person lists, reads, retries or discards what could not be delivered."""

from __future__ import annotations

import json

import pytest

FLOW = "orders-to-warehouse"


@pytest.fixture
def dead(trunkline, orders, bury):
    """Publish three orders of which two are dead letters."""
    trunkline("publish", "order", "--file", orders(3))
    bury([0, 2], cursor=3)

    def run(*words):
        return trunkline("dead", *words)

    return run


# A list names each with its reason, for a person and for a program.
def test_list(dead):
    assert "the shop refused it" in dead("list")[1]
    found = [json.loads(line) for line in dead("list", "--json")[1].splitlines()]
    assert [(one["flow"], one["offset"], one["attempts"]) for one in found] == [(FLOW, 0, 3), (FLOW, 2, 3)]
    assert len(dead("list", "--limit", "1", "--json")[1].splitlines()) == 1


# A list that is cut off says so, and an empty one that it is.
def test_a_cut_off_and_an_empty_list(dead):
    assert "raise --limit" in dead("list", "--limit", "2")[2]
    assert dead("list")[2] == ""
    assert dead("list", "--flow", "other")[1:] == ("", "No dead letters.\n")


# One is shown with its record, masked unless asked otherwise, and every attempt.
def test_show(dead):
    code, out, _ = dead("show", FLOW, "0")
    assert code == 0
    assert "http-422: the shop refused it" in out
    assert "ada@example.com" not in out
    assert "ada@example.com" in dead("show", FLOW, "0", "--reveal")[1]
    code, _, err = dead("show", FLOW, "1")
    assert code == 6
    assert "dead list" in err


# Some or all are delivered again; what is no dead letter is told and ends it with 1.
def test_retry(dead):
    code, out, err = dead("retry", FLOW, "0", "1")
    assert (code, out) == (1, "1 dead letter answered.\n")
    assert "offset 1" in err
    assert dead("retry", FLOW, "--all")[:2] == (0, "1 dead letter answered.\n")
    assert dead("list", "--json")[1] == ""


# Giving one up needs a reason, and every place that shows the event afterwards tells it.
def test_discard(dead, trunkline):
    assert dead("discard", FLOW, "0")[0] == 2
    assert dead("discard", FLOW, "0", "--reason", "deleted in the shop")[0] == 0
    fate = json.loads(trunkline("trace", "e0", "--json")[1])["events"][0]["fates"][0]
    assert (fate["state"], fate["reason"]) == ("discarded", "deleted in the shop")
    assert "deleted in the shop" in trunkline("trace", "e0")[1]
    letter = json.loads(dead("show", FLOW, "0", "--json")[1])["letter"]
    assert (letter["state"], letter["reason"], letter["detail"]) == (
        "discarded",
        "deleted in the shop",
        "the shop refused it",
    )
    assert "discarded: deleted in the shop" in dead("show", FLOW, "0")[1]


# What was given up is a list of its own, with the reasons; the other holds what waits for a person.
def test_list_discarded(dead):
    assert dead("list", "--discarded")[1:] == ("", "No discarded dead letters.\n")
    dead("discard", FLOW, "0", "--reason", "deleted in the shop")
    [given_up] = [json.loads(line) for line in dead("list", "--discarded", "--json")[1].splitlines()]
    assert (given_up["offset"], given_up["state"], given_up["reason"]) == (
        0,
        "discarded",
        "deleted in the shop",
    )
    assert "deleted in the shop" in dead("list", "--discarded")[1]
    assert [json.loads(line)["offset"] for line in dead("list", "--json")[1].splitlines()] == [2]


# With nothing to answer it says so by its code.
def test_nothing_to_answer(trunkline, orders):
    trunkline("publish", "order", "--file", orders(1))
    assert trunkline("dead", "retry", FLOW, "--all")[0] == 1
