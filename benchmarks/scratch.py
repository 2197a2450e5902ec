"""Where benchmarks write, on the project's own disk and not in memory, and how much memory they took."""

from __future__ import annotations

import re
import resource
import tempfile
from pathlib import Path

BUILD = Path("build")


def scratch() -> tempfile.TemporaryDirectory[str]:
    """Return a folder under ``build/`` that is deleted when the block that uses it ends."""
    BUILD.mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(dir=BUILD, prefix="bench-")


def peak_mb() -> float:
    """Return this process's peak resident memory in MiB.

    Linux keeps ``ru_maxrss`` over an exec, so a child's may be its parent's; ``VmHWM`` is its own.
    """
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    except OSError:
        found = None
    return int(found[1] if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024
