"""The way that a walk over two schemas took, and what holds of a value that was written on that way.

Written by ``changes``: a change inside one alternative is about values that are that alternative, in an
object that is of the kind walked through, and that is where an example of it has to be looked for.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from trunkline.contracts.compat import facts as of
from trunkline.contracts.compat.places import Path, Place
from trunkline.contracts.compat.pointers import at
from trunkline.contracts.compat.sides import Facts, Side

Tokens: TypeAlias = tuple[str, ...]
"""A JSON pointer, taken apart."""

Passed: TypeAlias = tuple[tuple[Tokens, Tokens], ...]
"""Schemas about one value that were walked through, outermost first: where in the old and the new version."""


class Way(NamedTuple):
    """The way to a place in both schemas, and to the one in documents that it is about.

    ``here`` are the schemas passed about the value itself, the place last; ``around`` those about each object
    and array that the ``path`` to the value goes into, outermost first.
    """

    here: Passed = (((), ()),)
    path: Path = ()
    around: tuple[Passed, ...] = ()

    @property
    def old(self) -> Tokens:
        """The place in the old version."""
        return self.here[-1][0]

    @property
    def new(self) -> Tokens:
        """The place in the new version."""
        return self.here[-1][1]

    def to(self, old: Tokens, new: Tokens) -> Way:
        """Return the way on to schemas about the same value."""
        return self._replace(here=(*self.here, (old, new)))

    def into(self, step: str | int, *tokens: str) -> Way:
        """Return the way on to a part of both, about a member or an item: one step in the document."""
        inner = ((*self.old, *tokens), (*self.new, *tokens))
        return Way((inner,), (*self.path, step), (*self.around, self.here))

    def written(self, side: Side, *, old: bool) -> tuple[Facts, Place]:
        """Return the facts of a value that a side writes this way, and its place in the document.

        ``old`` tells of which version the side is.
        """
        around = tuple(_facts(side, passed, old=old) for passed in self.around)
        facts = _facts(side, self.here, old=old)
        branches = {id(at(side.root, each[not old])) for each in self.here}
        lists = (fact[key] for fact in facts for key in of.CHOICES if key in fact)
        chosen = frozenset(id(one) for one in lists if not branches.isdisjoint(map(id, one)))
        return facts, Place(self.path, around, chosen)


def _facts(side: Side, passed: Passed, *, old: bool) -> Facts:
    found = [at(side.root, each[not old]) for each in passed]
    return of.joined(side, [schema for schema in found if schema is not None])
