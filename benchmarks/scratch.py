"""Where benchmarks write: on the project's own disk, not in a temporary file system that may be memory."""

from __future__ import annotations

import tempfile
from pathlib import Path

BUILD = Path("build")


def scratch() -> tempfile.TemporaryDirectory[str]:
    """Return a folder under ``build/`` that is deleted when the block that uses it ends."""
    BUILD.mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(dir=BUILD, prefix="bench-")
