"""Which release of Trunkline this is."""

from __future__ import annotations

RELEASE = "0.1.0"
"""Its version, as in pyproject.toml; ``trunkline.__version__`` is the same."""
