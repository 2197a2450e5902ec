"""Where benchmarks keep what they write: on the disk of the project, not in a temporary memory file system."""

from __future__ import annotations

import tempfile
from pathlib import Path

BUILD = Path("build")


def scratch() -> tempfile.TemporaryDirectory[str]:
    """Return a folder under ``build/`` that is deleted when the block that uses it ends."""
    BUILD.mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(dir=BUILD, prefix="bench-")
