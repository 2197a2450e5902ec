"""One direction of a comparison: what the producing side writes against what the reading side takes."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable

from trunkline.contracts.compat.containment import Oracle
from trunkline.contracts.compat.difference import Effect, Example, Schema
from trunkline.contracts.compat.effort import Exhausted
from trunkline.contracts.compat.places import Gap, Place
from trunkline.contracts.compat.proof import Proof
from trunkline.contracts.compat.sides import Facts, Side
from trunkline.contracts.compat.witness import PLAINEST, SEVERAL, Witnesses

Demand = tuple[Facts, Schema, Place]
"""That what has the facts, at a place in the document, satisfies a schema of the reading side."""

Judgement = tuple[Effect, Example | None]

_COMPATIBLE: Judgement = ("compatible", None)
_UNDECIDED: Judgement = ("undecided", None)


class Judge:
    """Proves, or refutes by an example, or leaves undecided.

    What is cheap comes first: a proof by structure alone, then an example in the plainest document, which
    most changes that break have. Only what neither settles is put to the oracle, and then looked for in
    other documents.
    """

    def __init__(self, produced: Side, read: Side) -> None:
        self.produced = produced
        self.read = read
        self._oracle = Oracle()
        self._structure = Proof(produced, read, Oracle(most_effort=0))
        self._proof = Proof(produced, read, self._oracle)
        self._witnesses = Witnesses(produced, read, self._oracle)

    def whole(self) -> Judgement:
        """Judge the schemas as they are."""
        judged = self.quickly_whole
        if judged == _UNDECIDED:
            with contextlib.suppress(Exhausted):
                return _by(self._witnesses.anywhere())
        return judged

    @functools.cached_property
    def is_shown(self) -> bool:
        """Whether all that is produced can be read, by what is cheapest to prove."""
        if not self.produced.is_plain or not self.read.is_plain:
            return False
        facts = self.produced.flat(self.produced.root)
        return self._structure.contained(facts, self.read.root, thorough=False)

    @functools.cached_property
    def quickly_whole(self) -> Judgement:
        """Judge the schemas as they are, without a search in all documents for an example."""
        if not self.produced.is_plain or not self.read.is_plain:
            facts: Facts = (self.produced.root,) if isinstance(self.produced.root, dict) else ()
            contained = self._oracle.contains(self.read, self.read.root, self.produced, facts)
            return _COMPATIBLE if contained else _UNDECIDED
        return self._judged([(self.produced.flat(self.produced.root), self.read.root, Place())])

    def demands(self, asked: Iterable[Demand]) -> Judgement:
        """Judge some demands at once: the first example of the first that has one."""
        listed = list(asked)
        if not listed:
            return _COMPATIBLE
        plain = self.produced.is_plain and self.read.is_plain
        return self._judged(listed) if plain else _UNDECIDED

    def _judged(self, asked: list[Demand]) -> Judgement:
        for proof, bases in ((self._structure, PLAINEST), (self._proof, SEVERAL)):
            gaps = [gap for demand in asked for gap in _gaps(proof, demand)]
            if not gaps:
                return _COMPATIBLE
            example = self._example(gaps, bases)
            if example is not None:
                return "breaking", example
        return _UNDECIDED

    def _example(self, gaps: list[Gap], bases: int) -> Example | None:
        with contextlib.suppress(Exhausted):
            return self._witnesses.at(gaps, bases)
        return None


def _gaps(proof: Proof, demand: Demand) -> list[Gap]:
    return [] if proof.contained(*demand) else [*proof.gaps, _gap(*demand)]


def _gap(facts: Facts, wanted: Schema, place: Place) -> Gap:
    return Gap(place.path, facts, wanted, place.around)


def _by(example: Example | None) -> Judgement:
    return _UNDECIDED if example is None else ("breaking", example)
