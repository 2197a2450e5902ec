"""Places in a value, where a proof is and where it failed.

Written by ``proof``, read by ``witness``: what has the facts of a place, and is not what was wanted there, is
what an example is made of.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from trunkline.contracts.compat.difference import Schema
from trunkline.contracts.compat.sides import Facts

Path: TypeAlias = tuple[str | int, ...]


class Place(NamedTuple):
    """Where in the value a proof is.

    ``around`` are the facts of the objects and arrays that it went into, outermost first, with the
    alternatives that were chosen there; ``path`` may begin above them. ``chosen`` are those chosen here.
    """

    path: Path = ()
    around: tuple[Facts, ...] = ()
    chosen: frozenset[int] = frozenset()

    def inner(self, token: str | int, facts: Facts) -> Place:
        """Return the place of a member or an item of what has the facts."""
        return Place((*self.path, token), (*self.around, facts))


class Gap(NamedTuple):
    """Where a proof failed: the place in the value, its facts, and what does not follow from them."""

    path: Path
    facts: Facts
    wanted: Schema
    around: tuple[Facts, ...] = ()

    def entered(self) -> tuple[Facts, Gap]:
        """Return the facts of what the path first goes into, none where not known, and the gap within it."""
        known = len(self.around) == len(self.path)
        facts, around = (self.around[0], self.around[1:]) if known else ((), self.around)
        return facts, Gap(self.path[1:], self.facts, self.wanted, around)
