"""The collector is told to leave alone what was built, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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
