"""The schemas in a schema: all of them, where they refer to, and what they weigh."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from trunkline.contracts.compat.difference import Schema
from trunkline.contracts.patterns import cost

PLAIN: Final = frozenset({"const", "enum", "default", "examples", "example", "required", "type"})
"""Keywords whose values only look like schemas."""
BY_NAME: Final = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
"""Keywords whose values are schemas by some name."""

_KEYWORDS_A_STEP = 8
_REFERENCES_A_STEP = 4_000


def subschemas(schema: Schema) -> Iterator[dict[str, Any]]:
    """Yield a schema and all schemas in it; what only looks like one, such as a ``const``, is none."""
    waiting = [schema] if isinstance(schema, dict) else []
    while waiting:
        found = waiting.pop()
        yield found
        waiting += _inside(found)


def references(schema: Schema) -> Iterator[str]:
    """Yield every reference in a schema."""
    return (found["$ref"] for found in subschemas(schema) if "$ref" in found)


class Weight(NamedTuple):
    """How much is stated in a schema: keywords, patterns among them by what they cost; and references."""

    keywords: int
    references: int


class Weights:
    """Weighs schemas, each of their parts once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Schema, Weight]] = {}

    def of(self, schema: Schema) -> Weight:
        """Return the weight of a schema with all schemas in it."""
        if isinstance(schema, bool):
            return _NOTHING
        kept = self._known.get(id(schema))
        if kept is None:
            kept = self._known[id(schema)] = (schema, self._weighed(schema))
        return kept[1]

    def steps(self, schema: Schema) -> int:
        """Return about how many steps it takes to compile a schema."""
        keywords, found = self.of(schema)
        return keywords // _KEYWORDS_A_STEP + found**2 // _REFERENCES_A_STEP

    def _weighed(self, schema: dict[str, Any]) -> Weight:
        patterns = [schema["pattern"]] if "pattern" in schema else []
        patterns += schema["patternProperties"] if isinstance(schema.get("patternProperties"), dict) else []
        keywords = len(schema) + sum(_KEYWORDS_A_STEP * cost(one) for one in patterns if isinstance(one, str))
        found = int("$ref" in schema)
        for part in _inside(schema):
            inner = self.of(part)
            keywords, found = keywords + inner.keywords, found + inner.references
        return Weight(keywords, found)


_NOTHING: Final = Weight(0, 0)


def _inside(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the schemas in a schema that are in no other one."""
    for keyword, value in schema.items():
        if keyword in PLAIN or not isinstance(value, (dict, list)):
            continue
        waiting = list(value.values()) if keyword in BY_NAME and isinstance(value, dict) else [value]
        while waiting:
            found = waiting.pop()
            if isinstance(found, dict):
                yield found
            elif isinstance(found, list):
                waiting += found
