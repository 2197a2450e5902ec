"""Trunkline: a self-hosted integration backbone.

``await trunkline.open(folder)`` is the Python way in, ``trunkline.testing`` what a project's own tests
use, and the ``trunkline`` command everything else. Importing this package imports little more: what a
name needs comes when it is first asked for.
"""

from __future__ import annotations

from typing import Any

__all__ = ["__version__", "open"]


def __getattr__(name: str) -> Any:
    if name == "open":
        from trunkline.surfaces.api import open_project  # noqa: PLC0415  the command line must start fast

        return open_project
    if name == "__version__":
        from trunkline.kernel.release import RELEASE  # noqa: PLC0415  as above

        return RELEASE
    raise AttributeError(f"module 'trunkline' has no attribute {name!r}")
