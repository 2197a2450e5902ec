"""The simulated world: the real delivery code on a made-up clock, among faults that a seed decides.

``python -m tests.simulation SEED`` repeats one of them exactly and prints what happened.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.simulation.report import command, report
from tests.simulation.world import play

SEEDS = 500
"""How many worlds CI plays; ``make soak`` plays 10,000."""

ANSWERED = 20
"""How many of them are played again with somebody waiting for every event."""

ROOT = Path(__file__).resolve().parents[2]


# Whatever goes wrong, nothing is lost, doubled, out of order, tried too often, or open for no reason at last.
@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_world_ends_whole(seed):
    world = play(seed)
    if world.wrong:
        pytest.fail(report(world, command(seed)), pytrace=False)


# The same where flows record each event at once, ahead of older ones that are still under way.
@pytest.mark.parametrize("seed", range(ANSWERED))
def test_a_world_of_answers_ends_whole(seed):
    world = play(seed, replies=True)
    if world.wrong:
        pytest.fail(report(world, f"seed {seed}, with replies"), pytrace=False)


# A seed is one world: the same steps at the same instants, in another process with other hashes as well.
def test_a_seed_is_repeated_exactly():
    told = [
        subprocess.run(
            [sys.executable, "-m", "tests.simulation", "3"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hashes, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hashes in ("1", "2")
    ]
    assert told[0] == told[1]
    assert told[0] == report(play(3), command(3), lines=10_000) + "\n"


# The worlds differ in what matters: kinds of target, answers to dead letters, ends of a process, failures.
def test_worlds_are_full_of_trouble():
    worlds = [play(seed) for seed in range(40)]
    told = {note.what for world in worlds for note in world.notes}
    said = " ".join(note.detail for world in worlds for note in world.notes)
    assert {target.atomic for world in worlds for target in world.plan.targets} == {True, False}
    assert {flow.when_dead for world in worlds for flow in world.plan.flows} == {
        "hold-key",
        "skip",
        "supersede",
    }
    assert {
        "a person pauses it",
        "a person resumes it",
        "crashes",
        "has stopped",
        "a person retries",
        "a person discards",
    } <= told
    assert {"recorded as dead", "recorded as held", "rewound to", "call left alone"} <= told
    for kind in ("timeout", "connect", "http-429", "http-401", "store:"):
        assert kind in said
