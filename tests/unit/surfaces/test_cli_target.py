"""``trunkline target``: a person sees how targets stand, isolates one and resets it."""

from __future__ import annotations

import json

TARGET = "warehouse.orders"


# The list names every target with its state, for a person and for a program.
def test_list(trunkline):
    code, out, _ = trunkline("target", "list")
    assert code == 0
    assert TARGET in out
    assert "closed" in out
    [one] = [json.loads(line) for line in trunkline("target", "list", "--json")[1].splitlines()]
    assert (one["target"], one["state"]) == (TARGET, "closed")


# What is isolated stays so from one command to the next, shows in status with why, and is reset.
def test_isolate_and_reset(trunkline):
    assert trunkline("target", "isolate", TARGET, "--why", "stock count")[:2] == (
        0,
        f"{TARGET} is isolated.\n",
    )
    assert "stock count" in trunkline("target", "list")[1]
    assert "stock count" in trunkline("status")[1]
    [standing] = json.loads(trunkline("status", "--json")[1])["targets"]
    assert (standing["state"], standing["why"]) == ("isolated", "stock count")
    one = json.loads(trunkline("target", "reset", TARGET, "--json")[1])
    assert (one["state"], one["why"]) == ("closed", "")
    assert "isolated" not in trunkline("status")[1]


# Isolating needs a reason, and a target that is there.
def test_what_it_needs(trunkline):
    assert "--why" in trunkline("target", "isolate", TARGET)[2]
    code, _, err = trunkline("target", "reset", "warehouse.order")
    assert code == 2
    assert 'did you mean "warehouse.orders"' in err
