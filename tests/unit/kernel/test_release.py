"""The release has one number, wherever it is read."""

from __future__ import annotations

import tomllib
from pathlib import Path

import trunkline
from trunkline.kernel.release import RELEASE

PROJECT = Path(__file__).parents[3] / "pyproject.toml"


# The package, what it tells of itself and its metadata agree.
def test_one_number():
    assert trunkline.__version__ == RELEASE == tomllib.loads(PROJECT.read_text("utf-8"))["project"]["version"]
