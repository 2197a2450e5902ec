"""A replay's name, and which changes of its state there are."""

from __future__ import annotations

import pytest

from trunkline.delivery.replay.port import Change, changed, flow_of
from trunkline.testkit.replays import replay

STATES = ["running", "paused", "done", "cancelled", "failed"]
MAY = {
    "running": {"paused", "done", "cancelled", "failed"},
    "paused": {"running", "cancelled"},
    "failed": {"running", "cancelled"},
    "done": {"running"},
    "cancelled": set(),
}


# Every change that is not listed is none; one that is says who made it, when and why.
@pytest.mark.parametrize("before", STATES)
def test_changes(before):
    one = replay(1, before)
    after = {to: changed(one, Change(to, "ann", "because", 9)) for to in STATES}
    assert {to for to, found in after.items() if found} == MAY[before]
    for found in filter(None, after.values()):
        assert (found.changed_by, found.changed_why, found.changed) == ("ann", "because", 9)


# It is open while there is something left to do, now or later.
def test_what_is_open():
    assert {state for state in STATES if replay(1, state).is_open} == {"running", "paused", "failed"}


# Its name in the ledger leads back to its flow; a flow's own name is its own.
def test_the_name():
    assert replay(7).name == "suite-flow#r7"
    assert flow_of(replay(7).name) == flow_of("suite-flow") == "suite-flow"
