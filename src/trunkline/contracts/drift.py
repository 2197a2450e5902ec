"""What records really look like beside what their contract says: differences seen before they break anything.

Made from records that are there already, accepted and refused ones, so that looking costs intake nothing.
No value of a record is told but one: a value that an enumeration does not know, where it is not personal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

import msgspec

from trunkline.contracts.contract import Contract
from trunkline.contracts.field import pointer_of

Kind: TypeAlias = Literal["unknown-field", "missing-field", "type-change", "new-value", "vanishing-field"]

MOST_NAMES = 200
"""How many unknown names of one object are told apart, and how many unknown values of one field."""

LONGEST_NAME = 60
"""How much of an unknown name or value is kept."""

FEWEST = 20
"""In so many of the older records a field has to be for its absence from the newer ones to say something."""

_ITEM, _ANY_NAME = "-", "*"

_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    str: "string",
    dict: "object",
    list: "array",
}
"""JSON types by those of decoded JSON; fractions are ``Decimal``."""


class Sight(msgspec.Struct, frozen=True):
    """Where a record was seen: when it came (microseconds), from which source, and whether it was refused."""

    at: int
    source: str
    refused: bool = False


class Drift(msgspec.Struct, frozen=True):
    """One way in which records differ from their contract.

    ``pointer`` has ``-`` for any item and ``*`` for any key of a map. ``records`` are those that show it, of
    which ``refused`` did not pass; ``first`` and ``last`` are when, in microseconds. For a vanishing field
    ``records`` are those that still had it, and ``last`` is when it was seen last.
    """

    pointer: str
    kind: Kind
    detail: str
    records: int
    refused: int
    first: int
    last: int
    sources: tuple[str, ...]


class _Tally:
    """How often something was seen, when and from whom."""

    def __init__(self) -> None:
        self.records = self.refused = self.first = self.last = 0
        self.sources: set[str] = set()

    def add(self, sight: Sight) -> None:
        self.first = min(self.first, sight.at) if self.records else sight.at
        self.last = max(self.last, sight.at)
        self.records += 1
        self.refused += sight.refused
        self.sources.add(sight.source)

    def drift(self, path: tuple[str, ...], kind: Kind, detail: str) -> Drift:
        sources = tuple(sorted(self.sources))
        return Drift(
            pointer_of(path), kind, detail, self.records, self.refused, self.first, self.last, sources
        )


class _Place:
    """All values seen at one place of the records, beside the schema of that place."""

    def __init__(self, path: tuple[str, ...], schema: dict[str, Any], *, personal: bool) -> None:
        self.path = path
        self.personal = personal
        self.seen = _Tally()
        self.older = self.newer = 0
        self.places: dict[str, _Place] = {}
        self.unknown: dict[str, _Tally] = {}
        self.missing: dict[str, _Tally] = {}
        self.strange_kinds: dict[str, _Tally] = {}
        self.strange_values: dict[str, _Tally] = {}
        self.schema = schema
        stated = schema.get("type", ())
        self._kinds = {stated} if isinstance(stated, str) else set(stated)
        self._enum = schema.get("enum")

    def add(self, value: Any, sight: Sight, *, newer: bool) -> None:
        """Note a value, not what is in it."""
        self.seen.add(sight)
        self.newer += newer
        self.older += not newer
        kind = _kind(value)
        if self._kinds and kind not in self._kinds and not (kind == "integer" and "number" in self._kinds):
            _noted(self.strange_kinds, kind, sight)
        elif self._enum is not None and value not in self._enum:
            _noted(self.strange_values, "a value" if self.personal else str(value), sight)


class Profile:
    """What records of one contract look like; ``middle`` parts older from newer ones (microseconds)."""

    def __init__(self, contract: Contract, middle: int) -> None:
        self._middle = middle
        self._personal = {field.path for field in contract.fields if field.personal}
        self._root = self._place((), contract.schema)

    def add(self, record: Any, sight: Sight) -> None:
        """Note one decoded record."""
        newer = sight.at >= self._middle
        below: list[tuple[_Place, Any]] = [(self._root, record)]
        while below:
            place, value = below.pop()
            place.add(value, sight, newer=newer)
            if isinstance(value, dict):
                below += self._members(place, value, sight)
            elif isinstance(value, list) and isinstance(place.schema.get("items"), dict):
                items = self._below(place, _ITEM, place.schema["items"])
                below += [(items, item) for item in value]

    def drifts(self) -> list[Drift]:
        """Return how the records differ, by place: what most records show first within a place."""
        return list(_drifts(self._root))

    def _members(self, place: _Place, value: dict[str, Any], sight: Sight) -> Iterator[tuple[_Place, Any]]:
        for name in place.schema.get("required", ()):
            if name not in value:
                _noted(place.missing, name, sight)
        known = place.schema.get("properties", {})
        others = place.schema.get("additionalProperties")
        for name, child in value.items():
            if name in known:
                yield self._below(place, name, known[name]), child
            elif isinstance(others, dict):
                yield self._below(place, _ANY_NAME, others), child
            elif known:
                _noted(place.unknown, name, sight)

    def _below(self, place: _Place, name: str, schema: dict[str, Any]) -> _Place:
        found = place.places.get(name)
        if found is None:
            found = place.places[name] = self._place((*place.path, name), schema)
        return found

    def _place(self, path: tuple[str, ...], schema: dict[str, Any]) -> _Place:
        return _Place(path, schema, personal=path in self._personal)


def _noted(tallies: dict[str, _Tally], name: str, sight: Sight) -> None:
    name = name[:LONGEST_NAME]
    if name not in tallies and len(tallies) >= MOST_NAMES:
        name = "others"
    tallies.setdefault(name, _Tally()).add(sight)


def _drifts(place: _Place) -> Iterator[Drift]:
    for name, tally in _most_first(place.unknown):
        yield tally.drift((*place.path, name), "unknown-field", "the contract knows no such field")
    for name, tally in _most_first(place.missing):
        yield tally.drift((*place.path, name), "missing-field", "it is required and not there")
    for kind, tally in _most_first(place.strange_kinds):
        expected = place.schema["type"]
        named = expected if isinstance(expected, str) else " or ".join(expected)
        yield tally.drift(place.path, "type-change", f"{kind} instead of {named}")
    for value, tally in _most_first(place.strange_values):
        yield tally.drift(place.path, "new-value", f"{value}, which is none of the allowed values")
    for below in place.places.values():
        if below.path[-1] not in (_ITEM, _ANY_NAME) and _vanishes(below, place):
            was = f"in {below.older} of {place.older} older records, in none of {place.newer} newer ones"
            yield below.seen.drift(below.path, "vanishing-field", was)
        yield from _drifts(below)


def _vanishes(place: _Place, around: _Place) -> bool:
    """Tell whether a field that was common is gone, though there was as much occasion for it as before."""
    return place.older >= FEWEST and place.newer == 0 and around.newer >= around.older / 2


def _most_first(tallies: dict[str, _Tally]) -> list[tuple[str, _Tally]]:
    return sorted(tallies.items(), key=lambda item: (-item[1].records, item[0]))


def _kind(value: Any) -> str:
    plain = _KINDS.get(type(value))
    return plain or ("integer" if value == value.to_integral_value() else "number")
