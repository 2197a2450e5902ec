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
_MOST_UNNAMED = 3
_ANYTHING = ["a", 0, None, True, [], {}, Decimal("0.5")]
_ORDER = ("object", "array", "string", "integer", "number", "boolean", "null")
_CHECKED = frozenset(
    {"oneOf", "not", "if", "contains", "dependentRequired", "dependentSchemas", "propertyNames", "enum"}
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
        self._known: dict[tuple[frozenset[int], int], tuple[Facts, Kept]] = {}

    def valid(self) -> Iterator[Any]:
        """Yield documents that the side takes, each once."""
        found: dict[bytes, Any] = {}
        for document in self.values(self._side.flat(self._side.root), most=_MOST_ROOT):
            if json.encode(document) not in found and self._side.takes(document):
                found[json.encode(document)] = document
                yield document
        yield from self._mixed(found)

    def values(self, facts: Facts, *, most: int = _MOST_INNER) -> Kept:
        """Return values that have the facts, as far as can be told cheaply; the plainest first."""
        key = frozenset(map(id, facts)), most
        if key not in self._known:
            self._known[key] = facts, Kept(self._begun(facts, most))
        return self._known[key][1]

    def _begun(self, facts: Facts, most: int) -> Iterator[Any]:
        self._looks = 0
        yield from self._values(facts, most, 0)

    def _values(
        self, facts: Facts, most: int, level: int, chosen: frozenset[int] = frozenset()
    ) -> Iterator[Any]:
        return itertools.islice(self._each(facts, most, level, chosen), most)

    def _each(self, facts: Facts, most: int, level: int, chosen: frozenset[int]) -> Iterator[Any]:
        if not facts:
            yield from _ANYTHING
            return
        self._looks += 1
        self._side.effort.spend(of.steps(facts))
        if level > MOST_LEVELS or self._looks > MOST_LOOKS:
            return
        listed = of.values(self._side, facts)
        if listed is not None:
            yield from listed
            return
        choices = (fact[key] for fact in facts for key in of.CHOICES if key in fact)
        open_choice = next((one for one in choices if id(one) not in chosen), None)
        if open_choice is None:
            yield from self._plain(facts, most, level)
            return
        here = chosen | {id(open_choice)}
        branches = [of.joined(self._side, (*facts, branch)) for branch in open_choice]
        yield from _turns(self._values(each, most, level, here) for each in branches)

    def _plain(self, facts: Facts, most: int, level: int) -> Iterator[Any]:
        kinds = of.types(facts)
        each = (self._of_type(kind, facts, most, level) for kind in _ORDER if kind in kinds)
        found = itertools.islice(_turns(each), most)
        asking = [fact for fact in facts if not _CHECKED.isdisjoint(fact)]
        return (value for value in found if all(self._side.is_valid(fact, value) for fact in asking))

    def _of_type(self, kind: str, facts: Facts, most: int, level: int) -> Iterator[Any]:
        match kind:
            case "object":
                found: Iterator[Any] = self._objects(facts, most, level)
            case "array":
                found = self._arrays(facts, level)
            case "string":
                found = self._fitting(facts, texts(facts))
            case "integer" | "number":
                found = self._fitting(facts, numbers(facts, whole=kind == "integer"))
            case "boolean":
                found = iter([False, True])
            case _:
                found = iter([None])
        return itertools.islice(found, most)

    def _fitting(self, facts: Facts, found: Iterable[Any]) -> Iterator[Any]:
        asking = [fact for fact in facts if not BOUNDS.keys().isdisjoint(fact)]
        return (value for value in found if all(self._side.is_surely_valid(fact, value) for fact in asking))

    def _objects(self, facts: Facts, most: int, level: int) -> Iterator[dict[str, Any]]:
        needed = of.required(facts)
        plainest = {
            name: list(self._values(of.child(self._side, facts, name), 1, level + 1))
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
            for value in itertools.islice(found, int(name in needed), None):
                yield least | {name: value}
        for name in full.keys() - needed:
            yield {key: value for key, value in full.items() if key != name}
        yield from self._extended(facts, least, level)

    def _first(self, facts: Facts, name: str, level: int) -> list[Any]:
        """Return the plainest value of a member in a list, empty where none is found."""
        inner = of.child(self._side, facts, name)
        for most in (1, _MOST_INNER):
            for value in self._values(inner, most, level + 1):
                return [value]
        return []

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
            found = self._values(of.child(self._side, facts, "other"), _MOST_INNER, level + 1)
            for value in itertools.islice(found, _MOST_UNNAMED):
                yield least | {"other": value}

    def _arrays(self, facts: Facts, level: int) -> Iterator[list[Any]]:
        least = int(of.bound(facts, "minItems") or 0)
        known = of.bound(facts, "maxItems")
        longest = least + 2 if known is None else int(known)
        if least > _MOST_LENGTH:
            return
        described = of.prefix(facts)
        options = [
            Kept(self._values(of.item(self._side, facts, at), _MOST_INNER, level + 1))
            for at in range(described + 1)
        ]

        def of_length(count: int) -> list[Any] | None:
            items = [options[min(at, described)] for at in range(count)]
            return [found.in_turn(at) for at, found in enumerate(items)] if all(items) else None

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


class Kept:
    """Values that are found as they are asked for, and kept for who asks again."""

    def __init__(self, values: Iterator[Any]) -> None:
        self._values = values
        self._found: list[Any] = []

    def __iter__(self) -> Iterator[Any]:
        for index in itertools.count():
            if not self._has(index):
                return
            yield self._found[index]

    def __bool__(self) -> bool:
        return self._has(0)

    def in_turn(self, index: int) -> Any:
        """Return the value at an index, beginning again after the last; there is one."""
        return self._found[index if self._has(index) else index % len(self._found)]

    def _has(self, index: int) -> bool:
        while len(self._found) <= index:
            for value in self._values:
                self._found.append(value)
                break
            else:
                return False
        return True


def _turns(several: Iterable[Iterator[Any]]) -> Iterator[Any]:
    """Take from each in turn until none has any more."""
    waiting = list(several)
    while waiting:
        left = []
        for one in waiting:
            for value in one:
                yield value
                left.append(one)
                break
        waiting = left
