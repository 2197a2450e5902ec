"""The judge of the simulated world is judged: each bug planted in the delivery code is found, and soon."""

from __future__ import annotations

import re
import sys

import pytest
from tests.simulation.planted import BUGS, planted
from tests.simulation.report import command, history, report
from tests.simulation.test_world import SEEDS
from tests.simulation.world import play

WITHIN = SEEDS
"""How many worlds a bug may survive: no more than CI plays. Most are found in the first ten."""

STALE = re.compile(r"\b(Type|Attribute|Name)Error\b")
"""What a bug raises that does not fit the code any more: then it is not what it does that is caught."""


# Each bug makes one of the first worlds go wrong; that world is whole without it (test_world.py).
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught(bug):
    with planted(bug):
        world = next((world for world in map(play, range(WITHIN)) if world.wrong), None)
    assert world is not None, f"{bug} ({BUGS[bug].what}) survived {WITHIN} worlds"
    stale = [said for said in [*world.wrong, *(note.detail for note in world.notes)] if STALE.search(said)]
    assert not stale, f"{bug} does not fit the code any more: {stale[0]}"
    sys.stdout.write(f"{bug}: seed {world.plan.seed}: {world.wrong[0]}\n")


# A planted bug is gone when its block ends.
def test_a_planted_bug_is_dug_out():
    for bug, (owner, name, _, _) in BUGS.items():
        right = getattr(owner, name)
        with planted(bug):
            assert getattr(owner, name) is not right
        assert getattr(owner, name) is right


# A failing world is told with what went wrong, the command that repeats it, and the history of those events.
def test_a_failing_world_is_told():
    with planted("dropped-hold"):
        world = next(world for world in map(play, range(WITHIN)) if world.wrong)
    told = report(world, command(world.plan.seed, "dropped-hold"))
    assert world.wrong[0] in told
    assert f"again: python -m tests.simulation {world.plan.seed} --planted dropped-hold" in told
    assert "while the older" in world.wrong[0]
    assert len(history(world)) < len(world.notes)
