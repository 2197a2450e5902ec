"""The collector is told to leave alone what was built, in a process of its own."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from trunkline.app.collector import collector_paused

SCRIPT = """
import gc
from trunkline.app.collector import YOUNG_OBJECTS, settle_collector
built = [[] for _ in range(1000)]
settle_collector()
print(gc.get_freeze_count() > 1000, gc.get_threshold()[0] == YOUNG_OBJECTS, gc.isenabled())
"""


def test_what_was_built_is_left_alone_and_garbage_is_still_collected():
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3] / "src")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.split() == ["True", "True", "True"]


# While the collector is paused it looks for nothing; it goes on after, also where the block failed.
def test_a_pause():
    def fail():
        with collector_paused():
            assert not gc.isenabled()
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert gc.isenabled()


# Who had it off keeps it off.
def test_a_pause_of_what_is_off():
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
