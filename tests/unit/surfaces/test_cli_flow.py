"""``trunkline flow``: a person sees which flows are paused, pauses one and resumes it."""

from __future__ import annotations

import json

FLOW = "orders-to-warehouse"


# The list names every flow with its state, for a person and for a program.
def test_list(trunkline):
    trunkline("target", "list")  # makes the store
    code, out, _ = trunkline("flow", "list")
    assert code == 0
    assert FLOW in out
    assert "running" in out
    [one] = [json.loads(line) for line in trunkline("flow", "list", "--json")[1].splitlines()]
    assert (one["flow"], one["state"], one["since"]) == (FLOW, "running", None)


# What is paused stays so from one command to the next, shows in status with who and why, and is resumed.
def test_pause_and_resume(trunkline):
    code, out, _ = trunkline("flow", "pause", FLOW, "--why", "the ERP moves")
    assert code == 0
    assert out.startswith(f"{FLOW} is paused, by ")
    assert out.endswith(": the ERP moves.\n")
    assert "the ERP moves" in trunkline("flow", "list")[1]
    assert "the ERP moves" in trunkline("status")[1]
    [standing] = json.loads(trunkline("status", "--json")[1])["flows"]
    assert standing["paused"]["why"] == "the ERP moves"
    assert f"{FLOW} was paused already" in trunkline("flow", "pause", FLOW, "--why", "lunch")[1]
    one = json.loads(trunkline("flow", "resume", FLOW, "--json")[1])
    assert (one["state"], one["why"]) == ("running", "")
    assert "paused" not in trunkline("status")[1]


# Pausing needs a reason, and a flow that is there.
def test_what_it_needs(trunkline):
    assert "--why" in trunkline("flow", "pause", FLOW)[2]
    code, _, err = trunkline("flow", "resume", "orders-to-warehose")
    assert code == 2
    assert f'did you mean "{FLOW}"' in err
