"""``trunkline replay``: a person plans, starts and changes replays, and sees how far they are."""

from __future__ import annotations

import json

import pytest

FLOW = "orders-to-warehouse"


@pytest.fixture
def replay(trunkline, orders, bury):
    """Publish five orders that the flow has behind it."""
    trunkline("publish", "order", "--file", orders(5))
    bury([], cursor=5)

    def run(*words):
        return trunkline("replay", *words)

    return run


def started(replay, *words):
    code, out, err = replay("start", FLOW, "--why", "lost", "--json", *(words or ("--all",)))
    assert (code, err) == (0, "")
    return json.loads(out)


# A plan says how many events go where, how fast and how long; nothing is started.
def test_plan(replay):
    code, out, _ = replay("plan", FLOW, "--from", "1", "--to", "3", "--rate", "2")
    assert code == 0
    assert "3 events of order@1 would go to warehouse.orders, at most 2 a second: 1.5 s" in out
    assert "3 selected, 0 later ones" in out
    found = json.loads(replay("plan", FLOW, "--key", "1001", "--key", "1002", "--json")[1])
    assert (found["planned"], found["first"], found["last"]) == (2, 1, 2)
    assert replay("list")[1:] == ("", "No replays.\n")


# Without anything that says which, nothing is selected: that must not mean all.
@pytest.mark.parametrize("words", [("plan", FLOW), ("start", FLOW, "--why", "x")])
def test_an_empty_choice(replay, words):
    code, _, err = replay(*words)
    assert code == 2
    assert "--all" in err


# One that is started says its id; list, show and status tell of it, for a person and for a program.
def test_start_list_show(replay, trunkline):
    code, out, _ = replay("start", FLOW, "--all", "--why", "lost over there", "--by", "ann")
    assert code == 0
    [one] = [json.loads(line) for line in replay("list", "--json")[1].splitlines()]
    assert f"Replay {one['id']} is running: 5 events." in out
    assert (one["by"], one["why"], one["planned"], one["delivered"]) == ("ann", "lost over there", 5, 0)
    assert one["id"] in replay("list", "--flow", FLOW)[1]
    assert one["id"] in trunkline("status")[1]
    shown = replay("show", one["id"], "--follow" if one["state"] != "running" else "--json")[1]
    assert json.loads(shown) == one
    shown = replay("show", one["id"])[1]
    assert "all events" in shown
    assert "0 of 5 delivered" in shown


# It is paused, resumed and cancelled; one that runs no more is followed to its end at once.
def test_changes(replay):
    one = started(replay, "--from", "2", "--exactly", "--original-identity")
    assert "is paused: 0 of 3 delivered" in replay("pause", one["id"], "--why", "lunch")[1]
    assert "is paused already" in replay("pause", one["id"])[1]
    assert "is running:" in replay("resume", one["id"])[1]
    code, out, _ = replay("resume", one["id"])
    assert (code, "is running already" in out) == (0, True)
    assert json.loads(replay("cancel", one["id"], "--why", "wrong", "--json")[1])["state"] == "cancelled"
    shown = replay("show", one["id"], "--follow")[1]
    assert '{"first":2}, exactly, under the original identity' in shown
    assert "cancelled since" in shown
    code, _, err = replay("resume", one["id"])
    assert code == 6
    assert "it cannot become running" in err


# Times are those of acceptance, and what is no time is told.
def test_times(replay):
    found = json.loads(replay("plan", FLOW, "--since", "2020-01-01", "--until", "2021-01-01", "--json")[1])
    assert found["planned"] == 0
    code, _, err = replay("plan", FLOW, "--since", "yesterday")
    assert code == 2
    assert "is no time" in err


# A range that ends before it begins is a mistake, and is never taken for one in which nothing happened.
@pytest.mark.parametrize(
    "words", [("--from", "9", "--to", "3"), ("--since", "2026-01-05", "--until", "2026-01-04T12:00:00Z")]
)
def test_a_backwards_range(replay, words):
    for asked in (("plan", FLOW), ("start", FLOW, "--why", "lost")):
        code, _, err = replay(*asked, *words)
        assert (code, "the range is backwards" in err) == (2, True)
    assert replay("plan", FLOW, "--from", "3", "--to", "3")[0] == 0


# Replays of a flow that nothing has are refused, rather than said to be none.
def test_an_unknown_flow(replay):
    code, out, err = replay("list", "--flow", "orders-to-warehous")
    assert (code, out, f'did you mean "{FLOW}"?' in err) == (2, "", True)
    assert replay("plan", "nope", "--all")[0] == 2
    assert replay("list", "--flow", FLOW)[2] == "No replays.\n"


# What is left to the flow, and what an expression cannot tell, is said.
def test_what_is_left(replay, bury):
    bury([1], cursor=5)
    out = replay("plan", FLOW, "--all")[1]
    assert "1 more are left to the flow" in out
    assert "cannot tell" in replay("plan", FLOW, "--when", "order_id > 5")[1]
