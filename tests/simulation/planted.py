"""Bugs planted in the delivery code, one at a time: a world whose judges miss one is too weak.

A new mechanism of delivery gets its bugs in a module beside the three, or in one of them.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from tests.simulation import planted_conduct, planted_record, planted_share
from tests.simulation.planting import Bugs

BUGS = Bugs(planted_record.BUGS | planted_conduct.BUGS | planted_share.BUGS)


def planted(bug: str) -> AbstractContextManager[None]:
    """Have delivery be wrong in one way while the block runs."""
    return BUGS[bug].planted()
