"""``python -m trunkline`` is the command line."""

from __future__ import annotations

from trunkline.surfaces.cli import main

if __name__ == "__main__":
    main()
