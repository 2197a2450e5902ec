"""SIGKILL right before or right after a step of the main path: a hundred times, and what must be true then.

``test_kills.py`` kills at random moments of a process that its user started; this one at random calls of
accept, map, deliver and record.
"""

from __future__ import annotations

import random

import pytest
from tests.scenarios.deadly import POINTS, killed_at
from tests.scenarios.processes import delivered, running, until
from tests.scenarios.states import ORDERS, check_table, check_told, counted, drop_states, project

KILLS = 25
STEPS = 2
MOST = {"accept": 2, "map": 4 * STEPS * ORDERS, "deliver": 2 * STEPS * ORDERS, "record": 8}
"""Up to which border of a point a process lives: about as many as it passes with one file's states."""

LONGEST_SECONDS = 3.0


# Twenty-five kills at each point: nothing is lost, nothing is counted twice, no state overtakes another.
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("interface", "point"), list(enumerate(POINTS, 10)), indirect=["interface"])
def test_kills_at_a_point(tmp_path, interface, point):
    folder, chance, expected, came = project(tmp_path, interface), random.Random(point), [], 0
    for number in range(KILLS):
        expected += drop_states(folder, number, STEPS)
        came += killed_at(folder, point, chance.randint(1, MOST[point]), LONGEST_SECONDS)
    with running(folder) as run:
        run.listening()
        until(
            lambda: not list((folder / "drop").glob("*.jsonl")) and delivered(folder),
            "everything is delivered",
        )
        assert run.stop() == 0
    assert came >= KILLS // 2
    check_table(folder, expected)
    check_told(interface.told, expected)
    assert set(counted(folder)) == set(expected)
