"""Documents that a JSON Schema takes, edge cases first: the same for the same schema and seed.

Called for counter-examples, and for whatever needs plausible records of a contract. Every document given was
put to the validator. What the generator does not understand, such as an unusual pattern or a ``not``, it
meets by trying; where nothing fits there are no documents.
"""

from __future__ import annotations

import contextlib
import itertools
import random
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from trunkline.contracts.compat import facts as of
from trunkline.contracts.compat.difference import Schema
from trunkline.contracts.compat.effort import Exhausted
from trunkline.contracts.compat.keywords import BOUNDS
from trunkline.contracts.compat.sides import NO_FORMATS, Facts, Formats, Side
from trunkline.contracts.scalars import numbers, texts
from trunkline.kernel import json

MOST_LEVELS = 12
"""The deepest nesting of a document."""
MOST_LOOKS = 3_000
"""The most schemas looked at for one document's variants."""
_MOST_ROOT = 200
_MOST_INNER = 8
_MOST_LENGTH = 50
_ANYTHING = ["a", 0, None, True, [], {}, Decimal("0.5")]
_ORDER = ("object", "array", "string", "integer", "number", "boolean", "null")
_CHECKED = frozenset(
    {*of.CHOICES, "not", "if", "contains", "dependentRequired", "dependentSchemas", "propertyNames", "enum"}
    | {"minProperties", "maxProperties", "uniqueItems", "unevaluatedProperties", "unevaluatedItems", "const"}
)


def documents(
    schema: Schema,
    formats: Formats = NO_FORMATS,
    *,
    seed: int = 0,
    most: int = 64,
) -> list[Any]:
    """Return documents that a schema takes, at most so many; fewer where no more are found.

    Bounds, empty and longest texts, each listed value, members there and not there come first, then mixtures
    that ``seed`` decides. Raises ``ValueError`` for what is no JSON Schema 2020-12.
    """
    side = Side(schema, formats)
    found: list[Any] = []
    with contextlib.suppress(Exhausted):
        found.extend(itertools.islice(Sampler(side, seed).valid(), most))
    return found


class Sampler:
    """Finds values with given facts of one side."""

    def __init__(self, side: Side, seed: int = 0) -> None:
        self._side = side
        self._seed = seed
        self._looks = 0
        self._known: dict[tuple[frozenset[int], int], tuple[Facts, list[Any]]] = {}

    def valid(self) -> Iterator[Any]:
        """Yield documents that the side takes, each once."""
        found: dict[bytes, Any] = {}
        for document in self.values(self._side.flat(self._side.root), most=_MOST_ROOT):
            if json.encode(document) not in found and self._side.takes(document):
                found[json.encode(document)] = document
                yield document
        yield from self._mixed(found)

    def values(self, facts: Facts, *, most: int = _MOST_INNER) -> list[Any]:
        """Return values that have the facts, as far as can be told cheaply; the plainest first."""
        key = frozenset(map(id, facts)), most
        if key not in self._known:
            self._looks = 0
            self._known[key] = facts, self._values(facts, most, 0)
        return self._known[key][1]

    def _values(self, facts: Facts, most: int, level: int, chosen: frozenset[int] = frozenset()) -> list[Any]:
        if not facts:
            return _ANYTHING[:most]
        self._looks += 1
        self._side.effort.spend(of.steps(facts))
        if level > MOST_LEVELS or self._looks > MOST_LOOKS:
            return []
        listed = of.values(self._side, facts)
        if listed is not None:
            return listed[:most]
        for fact in facts:
            for key in of.CHOICES:
                if key in fact and id(fact[key]) not in chosen:
                    here = chosen | {id(fact[key])}
                    branches = [of.joined(self._side, (*facts, branch)) for branch in fact[key]]
                    return _turns((self._values(each, most, level, here) for each in branches), most)
        return self._plain(facts, most, level)

    def _plain(self, facts: Facts, most: int, level: int) -> list[Any]:
        kinds = of.types(facts)
        each = [self._of_type(kind, facts, most, level) for kind in _ORDER if kind in kinds]
        found = _turns(each, most)
        if any(not _CHECKED.isdisjoint(fact) for fact in facts):
            return [value for value in found if all(self._side.is_valid(fact, value) for fact in facts)]
        return found

    def _of_type(self, kind: str, facts: Facts, most: int, level: int) -> list[Any]:
        match kind:
            case "object":
                return list(itertools.islice(self._objects(facts, most, level), most))
            case "array":
                return list(itertools.islice(self._arrays(facts, level), most))
            case "string":
                return list(itertools.islice(self._fitting(facts, texts(facts)), most))
            case "integer" | "number":
                found = numbers(facts, whole=kind == "integer")
                return list(itertools.islice(self._fitting(facts, found), most))
            case "boolean":
                return [False, True]
            case _:
                return [None]

    def _fitting(self, facts: Facts, found: Iterable[Any]) -> Iterator[Any]:
        asking = [fact for fact in facts if not BOUNDS.keys().isdisjoint(fact)]
        return (value for value in found if all(self._side.is_surely_valid(fact, value) for fact in asking))

    def _objects(self, facts: Facts, most: int, level: int) -> Iterator[dict[str, Any]]:
        needed = of.required(facts)
        plainest = {
            name: self._values(of.child(self._side, facts, name), 1, level + 1)
            for name in of.names(facts)
            if name in needed
        }
        if not all(plainest.values()):
            return
        least = {name: found[0] for name, found in plainest.items()}
        if len(least) >= (of.bound(facts, "minProperties") or 0):
            yield least
        optional = {name: self._first(facts, name, level) for name in of.names(facts) if name not in needed}
        if len(least) < (of.bound(facts, "minProperties") or 0):
            least = self._filled(facts, least, optional, level)
            yield least
        full = least | {name: found[0] for name, found in optional.items() if found}
        if level == 0 or most > 1:
            yield full
        for name in of.names(facts):
            found = self._values(of.child(self._side, facts, name), _MOST_INNER, level + 1)
            for value in found[name in needed :]:
                yield least | {name: value}
        for name in full.keys() - needed:
            yield {key: value for key, value in full.items() if key != name}
        yield from self._extended(facts, least, level)

    def _first(self, facts: Facts, name: str, level: int) -> list[Any]:
        """Return the plainest value of a member in a list, empty where none is found."""
        inner = of.child(self._side, facts, name)
        return self._values(inner, 1, level + 1) or self._values(inner, _MOST_INNER, level + 1)[:1]

    def _filled(
        self, facts: Facts, least: dict[str, Any], optional: dict[str, list[Any]], level: int
    ) -> dict[str, Any]:
        """Add members until there are as many as there have to be."""
        missing = int(of.bound(facts, "minProperties") or 0) - len(least)
        known = [name for name, found in optional.items() if found]
        found = least | {name: optional[name][0] for name in known[: max(0, missing)]}
        for number in range(min(_MOST_LENGTH, max(0, missing - len(known)))):
            more = self._values(of.child(self._side, facts, f"other{number}"), 1, level + 1)
            found |= {f"other{number}": value for value in more}
        return found

    def _extended(self, facts: Facts, least: dict[str, Any], level: int) -> Iterator[dict[str, Any]]:
        """Add a member that no schema names, where there may be one."""
        if of.closed_names(facts) is None:
            for value in self._values(of.child(self._side, facts, "other"), _MOST_INNER, level + 1)[:3]:
                yield least | {"other": value}

    def _arrays(self, facts: Facts, level: int) -> Iterator[list[Any]]:
        least = int(of.bound(facts, "minItems") or 0)
        known = of.bound(facts, "maxItems")
        longest = least + 2 if known is None else int(known)
        if least > _MOST_LENGTH:
            return
        described = of.prefix(facts)
        options = [
            self._values(of.item(self._side, facts, at), _MOST_INNER, level + 1)
            for at in range(described + 1)
        ]

        def of_length(count: int) -> list[Any] | None:
            items = [options[min(at, described)] for at in range(count)]
            return [found[at % len(found)] for at, found in enumerate(items)] if all(items) else None

        for count in dict.fromkeys((least, least + 1, described, min(longest, _MOST_LENGTH))):
            made = of_length(count) if least <= count <= longest else None
            if made is not None:
                yield made
        for at, value in ((at, value) for at, found in enumerate(options) for value in found):
            made = of_length(max(least, at + 1)) if at < longest else None
            if made is not None:
                yield [*made[:at], value, *made[at + 1 :]]

    def _mixed(self, found: dict[bytes, Any]) -> Iterator[Any]:
        """Yield mixtures of the members of documents that are objects."""
        objects = [document for document in found.values() if isinstance(document, dict)]
        names = list(dict.fromkeys(name for document in objects for name in document))
        chance = random.Random(self._seed)  # noqa: S311  documents, not secrets
        for _ in range(_MOST_ROOT if len(objects) > 1 else 0):
            mixed: dict[str, Any] = {}
            for name in names:
                donor = chance.choice(objects)
                mixed |= {name: donor[name]} if name in donor else {}
            if json.encode(mixed) not in found and self._side.takes(mixed):
                found[json.encode(mixed)] = mixed
                objects.append(mixed)
                yield mixed


def _turns(lists: Iterable[list[Any]], most: int) -> list[Any]:
    """Take from each list in turn, until there are as many as wanted."""
    rows = itertools.zip_longest(*lists, fillvalue=_turns)
    return list(itertools.islice((value for row in rows for value in row if value is not _turns), most))
