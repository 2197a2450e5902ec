"""SIGKILL at random moments of replays, and what must be true whatever moment it was.

A replay that is started goes on after each kill by itself, until it is done. Into a table each of its events
has one more effect, no more; an interface hears every state again under a name of the replay's, per order in
their order; and where live states come meanwhile, the newest of each order is what stands.
"""

from __future__ import annotations

import random
import time

import pytest
from tests.scenarios.processes import ask, delivered, running, until
from tests.scenarios.states import check_told, counted, drop_states, project

KILLS = 10
FLOWS = ("count", "echo")


def deliver_first(folder):
    states = drop_states(folder, 0)
    with running(folder) as run:
        run.listening()
        until(lambda: not list((folder / "drop").glob("*.jsonl")) and delivered(folder), "all is delivered")
        assert run.stop() == 0
    return states


def replays(folder):
    return ask(folder, "status")["replays"]


def start(folder, rate):
    for flow in FLOWS:
        ask(folder, "replay", "start", flow, "--all", "--rate", str(rate), "--why", "a test")


def kill_and_finish(folder, chance, between=lambda number: None):
    for number in range(KILLS):
        between(number)
        with running(folder) as run:
            run.listening()
            time.sleep(chance.uniform(0.1, 0.7))
            run.kill()
    assert replays(folder), "it was done before the last kill"
    with running(folder) as run:
        run.listening()
        until(lambda: not replays(folder) and delivered(folder), "the replays are done")
        assert run.stop() == 0


# Alone, a replay ends complete: each effect once more in the table, each state told in its order.
@pytest.mark.timeout(300)
@pytest.mark.parametrize("interface", [3], indirect=True)
def test_a_replay_survives_kills(tmp_path, interface):
    folder = project(tmp_path, interface)
    states = deliver_first(folder)
    first = len(interface.told)
    start(folder, 40)
    kill_and_finish(folder, random.Random(3))
    assert counted(folder) == dict.fromkeys(states, 2)
    check_told(interface.told[first:], states)
    assert not {key for _, _, key in interface.told[:first]} & {key for _, _, key in interface.told[first:]}


# With live traffic every live state has its effect once, none is replayed twice, and the newest one stands.
@pytest.mark.timeout(300)
@pytest.mark.parametrize("interface", [4], indirect=True)
def test_a_replay_survives_kills_beside_live_traffic(tmp_path, interface):
    folder = project(tmp_path, interface)
    states = deliver_first(folder)
    live = []
    start(folder, 40)

    def between(number):
        if number in (2, 4):
            live.extend(drop_states(folder, 1 + len(live) // len(states)))

    kill_and_finish(folder, random.Random(4), between)
    found = counted(folder)
    assert set(found) == {*states, *live}
    assert {found[state] for state in live} == {1}
    assert {found[state] for state in states} <= {1, 2}
    heard, last = set(), {}
    for number, revision, key in interface.told:
        if key not in heard:  # a receiver that keeps keys ignores the repetition
            heard.add(key)
            last[number] = revision
    assert set(last.values()) == {max(revision for _, revision in live)}
