"""How often a validator looks at one value: once a schema that applies, which references can make very often.

``{"a": {"allOf": [{"$ref": "b"}, {"$ref": "b"}]}, "b": …}`` doubles with every name, and sixty names keep a
validator busy for years, in a call that cannot be interrupted. Asked by ``sides`` before each such call.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from trunkline.contracts.compat.difference import Schema

MOST = 10**9
"""Where counting ends."""
_HERE_LISTS = ("allOf", "anyOf", "oneOf")
_HERE = ("not", "if", "then", "else")
_INSIDE = (
    *("items", "contains", "additionalProperties", "propertyNames", "unevaluatedItems"),
    "unevaluatedProperties",
)
_REFERRING = ("$ref", "$dynamicRef")
_HOLDING = frozenset(
    {*_HERE_LISTS, *_HERE, *_INSIDE, *_REFERRING}
    | {"dependentSchemas", "patternProperties", "properties", "prefixItems"}
)
"""Keywords by which other schemas are looked at too."""
_NESTED = (dict, list)
_MOST_LEVELS = 32
_DEEPEST = 200
_PARTS_A_VISIT = 16


class Visits:
    """Counts, for one root; ``targets`` gives what a reference may lead to."""

    def __init__(self, targets: Callable[[str], Iterable[Schema]]) -> None:
        self._targets = targets
        self._known: dict[tuple[int, int], int] = {}
        self._kept: list[Schema] = []

    def of(self, schema: Schema, levels: int) -> int:
        """Return how often one of the values in a value of so many levels is looked at, at most."""
        return self._of(schema, min(levels, _MOST_LEVELS), 0)

    def _of(self, schema: Any, levels: int, depth: int) -> int:
        if not isinstance(schema, dict):
            return 1
        if _HOLDING.isdisjoint(schema):
            return _own(schema)
        key = id(schema), levels
        if key not in self._known:
            self._known[key] = 1  # where it leads back to itself it adds nothing
            self._kept.append(schema)
            self._known[key] = (
                min(MOST, self._counted(schema, levels, depth + 1)) if depth < _DEEPEST else MOST
            )
        return self._known[key]

    def _counted(self, schema: dict[str, Any], levels: int, depth: int) -> int:
        found = _own(schema) + sum(self._of(each, levels, depth) for each in self._here(schema))
        if levels:
            found += sum(self._of(schema[key], levels - 1, depth) for key in _INSIDE if key in schema)
            patterns = schema.get("patternProperties")
            if isinstance(patterns, dict):
                found += sum(self._of(each, levels - 1, depth) for each in patterns.values())
            members = schema.get("properties"), schema.get("prefixItems")
            for inner in members:
                each = inner.values() if isinstance(inner, dict) else inner if isinstance(inner, list) else ()
                found += max((self._of(one, levels - 1, depth) for one in each), default=0)
        return found

    def _here(self, schema: dict[str, Any]) -> Iterator[Any]:
        """Yield the schemas that are about the same value."""
        for key in _HERE_LISTS:
            yield from schema[key] if isinstance(schema.get(key), list) else ()
        yield from (schema[key] for key in _HERE if key in schema)
        dependent = schema.get("dependentSchemas")
        yield from dependent.values() if isinstance(dependent, dict) else ()
        for key in _REFERRING:
            if isinstance(schema.get(key), str):
                yield from self._targets(schema[key])


def _own(schema: dict[str, Any]) -> int:
    listed = sum(len(schema[key]) for key in ("enum", "required") if isinstance(schema.get(key), list))
    return 1 + listed // _PARTS_A_VISIT


def extent(document: Any, most: int = MOST) -> tuple[int, int]:
    """Return how many levels are in a document, 0 of a single value, and how many values, up to ``most``."""
    levels, values, here = -1, 0, [document]
    while here and values <= most:
        levels, values = levels + 1, values + len(here)
        inner = (one.values() if isinstance(one, dict) else one for one in here if isinstance(one, _NESTED))
        here = list(itertools.chain.from_iterable(inner))
    return levels, values
