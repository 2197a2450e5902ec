"""Where the real data that some tests run on is: ``TRUNKLINE_SHARED_DATA``, else beside the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]


def shared_data(name: str) -> Path:
    """Return a file or folder of the shared data; skips the test, saying why, where it is not there."""
    folder = Path(os.environ.get("TRUNKLINE_SHARED_DATA", _ROOT.parent / "shared" / "data"))
    if not (folder / name).exists():
        pytest.skip(f"no {name} in {folder}; set TRUNKLINE_SHARED_DATA to the folder that has it")
    return folder / name
