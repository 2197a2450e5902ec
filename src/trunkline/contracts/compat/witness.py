"""Counter-examples: documents that the producing side may write and the reading side refuses.

A place where a proof failed says where to look. A value that has the facts of that place and is refused there
is put into the smallest document that has the place, and the validators of both sides decide: nothing is an
example that they did not agree to.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from trunkline.contracts.compat import facts as of
from trunkline.contracts.compat.containment import Oracle
from trunkline.contracts.compat.difference import Example
from trunkline.contracts.compat.keywords import BOUNDS
from trunkline.contracts.compat.places import Gap
from trunkline.contracts.compat.sides import Facts, Side
from trunkline.contracts.sampling import Sampler
from trunkline.contracts.scalars import beyond
from trunkline.kernel import json

MOST_VALUES = 24
"""The most values tried at one place."""
PLAINEST = 1
SEVERAL = 8
"""How many documents a value is put into: the plainest that there is, or more, that one first."""
_FEW = 3
_SMALL_BYTES = 60
MOST_DOCUMENTS = 100
"""The most documents tried where no place is known."""


class Witnesses:
    """Looks for examples between two sides."""

    def __init__(self, produced: Side, read: Side, oracle: Oracle) -> None:
        self._produced = produced
        self._read = read
        self._oracle = oracle
        self._sampler = Sampler(produced)

    def at(self, gaps: Iterable[Gap], bases: int = SEVERAL) -> Example | None:
        """Return an example that one of the places leads to, where it is small the smallest of a few.

        ``bases`` is how many documents a value is put into.
        """
        for gap in {(gap.path, *map(id, (*gap.facts, gap.wanted))): gap for gap in gaps}.values():
            found: dict[int, Any] = {}
            for document in itertools.islice(self._shown(gap, bases), _FEW):
                found.setdefault(len(json.encode(document)), document)
                if min(found) > _SMALL_BYTES:
                    break
            if found:
                return Example(found[min(found)])
        return None

    def anywhere(self) -> Example | None:
        """Return an example among the documents that the producing side is known to take."""
        tried = itertools.islice(self._sampler.valid(), MOST_DOCUMENTS)
        found = (document for document in tried if self._read.refuses(document))
        document = next(found, _NONE)
        return None if document is _NONE else Example(document)

    def _shown(self, gap: Gap, bases: int) -> Iterator[Any]:
        for value in itertools.islice(self._values(gap), MOST_VALUES):
            for document in self._around(gap, value, bases):
                if self._produced.takes(document) and self._read.refuses(document):
                    yield document
                    break

    def _values(self, gap: Gap) -> Iterator[Any]:
        """Yield values with the facts of a place that are refused there."""
        candidates: Iterable[Any] = self._sampler.values(gap.facts, most=2 * MOST_VALUES)
        if isinstance(gap.wanted, dict) and not BOUNDS.keys().isdisjoint(gap.wanted):
            candidates = itertools.chain(beyond(gap.wanted, gap.facts), candidates)
        tried: list[Any] = []
        for value in itertools.chain(candidates, self._lost(gap)):
            if value not in tried and self._has(gap.facts, value):
                tried.append(value)
                if not self._read.is_valid(gap.wanted, value):
                    yield value

    def _has(self, facts: Facts, value: Any) -> bool:
        return all(self._produced.is_valid(fact, value) for fact in facts)

    def _lost(self, gap: Gap) -> Iterator[Any]:
        """Yield values of the difference that the canonical form can write as a schema."""
        lost = self._oracle.lost(self._read, gap.wanted, self._produced, gap.facts)
        if lost is not None:
            side = Side(lost, self._produced.formats)
            yield from Sampler(side).values(side.flat(side.root))

    def _around(self, gap: Gap, value: Any, bases: int) -> Iterator[Any]:
        """Yield documents that have a value at a place; only the validators know whether they are taken."""
        if not gap.path:
            yield value
            return
        root = self._produced.flat(self._produced.root)
        for base in self._sampler.values(root, most=bases):
            yield self._put(base, root, gap, value)

    def _put(self, base: Any, facts: Facts, gap: Gap, value: Any) -> Any:
        """Return a copy of a document with a value at a place, made where it is not there.

        Where alternatives were chosen on the way to the place, what is around it is one of these.
        """
        if not gap.path:
            return value
        here, inside = gap.entered()
        if {*map(id, here)} > {*map(id, facts)}:
            base, facts = self._plainest(here), here
        token = gap.path[0]
        if isinstance(token, int):
            items = list(base) if isinstance(base, list) else []
            while len(items) <= token:
                items.append(self._plainest(of.item(self._produced, facts, len(items))))
            items[token] = self._put(items[token], of.item(self._produced, facts, token), inside, value)
            return items
        members = dict(base) if isinstance(base, dict) else {}
        name = _unused(facts) if token == of.SOME_NAME else token
        inner = of.child(self._produced, facts, name)
        known = members[name] if name in members else self._plainest(inner)
        return members | {name: self._put(known, inner, inside, value)}

    def _plainest(self, facts: Facts) -> Any:
        return next(iter(self._sampler.values(facts, most=1)), None)


_NONE = object()


def _unused(facts: Facts) -> str:
    known = of.names(facts)
    names = itertools.chain(["other"], map("other{}".format, itertools.count(2)))
    return next(name for name in names if name not in known)
