"""One direction of a comparison: what the producing side writes against what the reading side takes."""

from __future__ import annotations

from collections.abc import Iterable

from trunkline.contracts.compat.containment import Oracle
from trunkline.contracts.compat.difference import Effect, Example, Schema
from trunkline.contracts.compat.proof import Gap, Path, Proof
from trunkline.contracts.compat.sides import Facts, Side
from trunkline.contracts.compat.witness import Witnesses

Demand = tuple[Facts, Schema, Path]
"""That what has the facts, at a place in the document, satisfies a schema of the reading side."""

Judgement = tuple[Effect, Example | None]


class Judge:
    """Proves, or refutes by an example, or leaves undecided."""

    def __init__(self, produced: Side, read: Side) -> None:
        self.produced = produced
        self.read = read
        self._oracle = Oracle()
        self._proof = Proof(produced, read, self._oracle)
        self._witnesses = Witnesses(produced, read, self._oracle)

    def whole(self) -> Judgement:
        """Judge the schemas as they are."""
        if self.is_contained():
            return "compatible", None
        return _by(self._witnesses.at(self._proof.gaps) or self._witnesses.anywhere())

    def is_contained(self) -> bool:
        """Tell whether it is proved that all that is produced can be read."""
        facts: Facts = (self.produced.root,) if isinstance(self.produced.root, dict) else ()
        if not self.produced.is_plain or not self.read.is_plain:
            return self._oracle.contains(self.read, self.read.root, self.produced, facts)
        return self._proof.contained(self.produced.flat(self.produced.root), self.read.root)

    def demands(self, asked: Iterable[Demand]) -> Judgement:
        """Judge some demands at once: the first example of the first that has one."""
        if not self.produced.is_plain or not self.read.is_plain:
            return ("undecided", None) if list(asked) else ("compatible", None)
        gaps = [gap for demand in asked for gap in self._gaps(*demand)]
        return _by(self._witnesses.at(gaps)) if gaps else ("compatible", None)

    def _gaps(self, facts: Facts, wanted: Schema, path: Path) -> list[Gap]:
        if self._proof.contained(facts, wanted, path):
            return []
        return [*self._proof.gaps, Gap(path, facts, wanted)]


def _by(example: Example | None) -> Judgement:
    return ("undecided", None) if example is None else ("breaking", example)
