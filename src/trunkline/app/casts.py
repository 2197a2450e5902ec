"""The casts of a project's contracts, compiled: from one major version to a later one, and back.

``reading`` compiles them once; sources and flows ask for the way between two versions by their ``as``. What
a cast makes is held against the contract it is of, so nothing that it makes is taken on trust.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dictionary
from typing import Any

from trunkline.app.fitting import FaultAt, misfits, refused_at
from trunkline.connectors.mapping import Mapping, MappingRefused, compile_mapping
from trunkline.contracts.casts import Cast, Way
from trunkline.contracts.contract import Contract
from trunkline.kernel.errors import Final
from trunkline.kernel.event import Event
from trunkline.kernel.faults import Fault

_KEYS = {
    "primaryKey": "the entity key, by which order is kept,",
    "idempotencyKey": "the idempotency key",
}


class NoCast(LookupError):
    """There is no way from one version to another: which cast is missing, and where to say it."""

    def __init__(self, of: Contract, way: Way, to: Contract) -> None:
        said = f"{of.stream} says nothing of how a record is cast {way} {'from' if way == 'up' else 'to'}"
        super().__init__(f"{said} {to.stream if of.cast is None else of.cast.before}")
        self.expected = f"the property cast in {of.place.file}, with before and {way}"


class Casts:
    """The casts of ``contracts``, which are by stream; ``faults`` is all that is wrong with them."""

    def __init__(self, contracts: Dictionary[str, Contract]) -> None:
        self._contracts = contracts
        self._made: dict[tuple[str, Way], Mapping] = {}
        self.faults: list[Fault] = []
        for contract in contracts.values():
            if contract.cast is not None:
                self._compile(contract, contract.cast)

    def _compile(self, contract: Contract, cast: Cast) -> None:
        before = self._contracts.get(cast.before)
        if before is None:
            return  # it was retired and its file is gone: what is registered keeps its text
        ways: tuple[tuple[Way, Contract, Contract], ...] = (
            ("up", before, contract),
            ("down", contract, before),
        )
        for way, source, target in ways:
            if cast.way(way):
                made = _compiled(cast, way, source, target)
                if isinstance(made, Mapping):
                    self._made[contract.stream, way] = held_to(target, made)
                else:
                    self.faults += made

    def between(self, low: Contract, high: Contract, way: Way) -> Mapping:
        """Return the mapping from ``low`` up to ``high``, or from there down; raises ``NoCast``."""
        steps = list(self._steps(low, high, way))
        if way == "up":
            steps.reverse()
        whole = steps[0]
        for step in steps[1:]:
            whole = whole.then(step)
        return whole

    def _steps(self, low: Contract, high: Contract, way: Way) -> Iterator[Mapping]:
        """Yield the casts from the highest version down to the lowest."""
        at: Contract | None = high
        while at is not None and at.stream != low.stream:
            made = self._made.get((at.stream, way))
            if made is None or at.cast is None:
                raise NoCast(at, way, low)
            yield made
            at = self._contracts.get(at.cast.before)
        if at is None:
            raise NoCast(high, way, low)


def held_to(contract: Contract, mapping: Mapping) -> Mapping:
    """Return a mapping whose records keep to a contract: else it raises ``Final``, repeating no value."""
    check = contract.check

    def apply(record: Any, event: Event | None) -> Any:
        made = mapping(record, event)
        violations = check(made)
        if violations:
            reasons = "; ".join(f"{one.pointer or '/'}: {one.message}" for one in violations[:5])
            raise Final("contract", f"the record as it was cast does not keep to {contract.ref}: {reasons}")
        return made

    return Mapping(apply, mapping.lineage, mapping.inexact)


def _compiled(cast: Cast, way: Way, source: Contract, target: Contract) -> Mapping | list[Fault]:
    fields = cast.way(way)

    def at(field: str, problem: str, expected: str, hint: str) -> Fault:
        return cast.fault((way, field) if field in fields else (way,), problem, expected, hint)

    try:
        mapping = compile_mapping(fields)
    except MappingRefused as refused:
        return [refused_at(at, problem) for problem in refused.problems]
    found = [
        *misfits(at, fields, mapping, (source, target), target.ref),
        *_strayed(at, fields, source, target),
    ]
    return found or mapping


def _strayed(
    at: FaultAt, fields: Dictionary[str, str], source: Contract, target: Contract
) -> Iterator[Fault]:
    """Yield a fault for each key that would be another one after the cast."""
    for role, what in _KEYS.items():
        was, becomes = source.roles.get(role, ()), target.roles.get(role, ())
        if role == "idempotencyKey" and not (was and becomes):
            continue  # what came with another key keeps that: an event's identity is given once
        read = tuple(_read_by(fields, path) for path in becomes)
        if read == was:
            continue
        field = next((path for path, one in zip(becomes, read, strict=True) if one not in was), "")
        problem = f"{what} would be another one after the cast"
        expected = f"{', '.join(becomes) or 'no key'} from {', '.join(was) or 'no key'}, as it is"
        yield at(field, problem, expected, "")


def _read_by(fields: Dictionary[str, str], path: str) -> str:
    """Return the source's path that a field is made of by a plain path; else what it is made of."""
    for field, expression in fields.items():
        if path == field or path.startswith(f"{field}."):
            return expression.strip().replace("`", "") + path[len(field) :]
    return ""
