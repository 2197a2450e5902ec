"""The canonical form of jsonschema-rs as an oracle: whether small schemas contain or exclude each other.

It is the one place that calls it. Its *yes* is a proof (``docs/decisions/0023-proof-and-example.md`` says how
that was tried). Its cost is not bounded by the library: it multiplies alternatives out, holding the
interpreter's lock, and 150 changed fields, or sixteen nested ``anyOf``, take it more than twenty seconds.
So it is asked about schemas of a few parts only, and for so many of them at most.
"""

from __future__ import annotations

from typing import Any

import jsonschema_rs
from jsonschema_rs import canonical

from trunkline.contracts.compat.difference import Schema
from trunkline.contracts.compat.parts import subschemas
from trunkline.contracts.compat.sides import Facts, Side, is_number
from trunkline.kernel import json

MOST_PARTS = 20
"""The largest schema that is asked about: a random one of this size took at most a quarter of a second."""
MOST_EFFORT = 400
"""What may be spent on one oracle; a question costs the square of a quarter of its parts, and at least 1."""

_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMES = ("properties", "patternProperties", "dependentSchemas", "dependentRequired")
_SCHEMAS = (
    *("not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames"),
    *("unevaluatedProperties", "unevaluatedItems"),
)
_VALUES_A_PART = 8
_LONGEST_COUNT = 1_000
_REFUSED = (canonical.CanonicalizationError, canonical.UnsupportedOperand, canonical.UnsupportedResult)


class Oracle:
    """Answers of the canonical form; True is a proof, False says nothing."""

    def __init__(self, most_effort: float = MOST_EFFORT) -> None:
        self._left = most_effort
        self._answers: dict[bytes, bool] = {}

    def contains(self, read: Side, wanted: Schema, produced: Side, facts: Facts) -> bool:
        """Tell whether every value that has the facts satisfies what is wanted."""
        if self._left <= 0 or _may_be_unknown(read, wanted):
            return False  # the canonical form takes such a format for none, which asks less of a value
        if read.refers(wanted) or any(map(produced.refers, facts)):
            return self._covers(read, wanted, produced, facts)
        question = json.encode((wanted, facts))
        if question not in self._answers:
            self._answers[question] = self._covers(read, wanted, produced, facts)
        return self._answers[question]

    def _covers(self, read: Side, wanted: Schema, produced: Side, facts: Facts) -> bool:
        pair = self._pair(read, wanted, produced, facts)
        try:
            return pair is not None and pair[0].covers(pair[1]) == canonical.Containment.YES
        except _REFUSED:
            return False

    def excludes(self, read: Side, wanted: Schema, produced: Side, facts: Facts) -> bool:
        """Tell whether no value that has the facts satisfies what is wanted."""
        pair = self._pair(read, wanted, produced, facts)
        try:
            return pair is not None and _is_empty(pair[0].intersect(pair[1]))
        except _REFUSED:
            return False

    def lost(self, read: Side, wanted: Schema, produced: Side, facts: Facts) -> Schema | None:
        """Return a schema of the values that have the facts and are not wanted, where it can be written."""
        if read.refers(wanted) or any(map(produced.refers, facts)):
            return None
        pair = self._pair(read, wanted, produced, facts)
        try:
            found: Any = pair[1].subtract(pair[0]).to_json_schema() if pair else None
        except _REFUSED:
            return None
        return found if isinstance(found, (dict, bool)) else None

    def _pair(self, read: Side, wanted: Schema, produced: Side, facts: Facts) -> tuple[Any, Any] | None:
        if self._left <= 0:
            return None
        stated = _outermost(produced, facts)
        whole: Schema = stated[0] if len(stated) == 1 else {"allOf": stated}
        sizes = _parts(read, wanted), _parts(produced, whole)
        if max(sizes) > MOST_PARTS:
            return None
        self._left -= max(1.0, (sum(sizes) / 4) ** 2)
        try:
            return _canonical(read, wanted), _canonical(produced, whole)
        except (*_REFUSED, ValueError, RecursionError):
            return None


def _may_be_unknown(side: Side, schema: Schema) -> bool:
    """Tell whether a schema may ask for a format that nothing here can check."""
    if not side.unknown:
        return False
    return side.refers(schema) or any(found.get("format") in side.unknown for found in subschemas(schema))


def _outermost(side: Side, facts: Facts) -> list[dict[str, Any]]:
    """Return the facts without those that an earlier one states by ``allOf`` or ``$ref``."""
    stated: set[int] = set()
    found = []
    for fact in facts:
        if id(fact) not in stated:
            found.append(fact)
        stated |= {id(inner) for inner in side.flat(fact) if inner is not fact}
    return found


def _is_empty(schema: Any) -> bool:
    return bool(schema.satisfiability() == canonical.Satisfiability.NO)


def _canonical(side: Side, schema: Schema) -> Any:
    within = {"registry": side.registry} if side.refers(schema) else {}
    return jsonschema_rs.canonicalize(
        side.alone(schema),
        draft=jsonschema_rs.Draft202012,
        validate_formats=True,
        pattern_options=jsonschema_rs.RegexOptions(),
        offline=True,
        **within,
    )


def _parts(side: Side, schema: Schema) -> float:
    """Count what the canonical form has to combine: schemas, required names, listed values, tight counts."""
    count, seen = 0.0, set()
    waiting: list[Any] = [schema]
    while waiting and count <= MOST_PARTS:
        found = waiting.pop()
        count += 1
        if not isinstance(found, dict) or id(found) in seen:
            continue
        seen.add(id(found))
        count += _flat_parts(found)
        waiting += [each for key in _LISTS for each in found.get(key, ())]
        waiting += [each for key in _NAMES for each in found.get(key, {}).values()]
        waiting += [found[key] for key in _SCHEMAS if key in found]
        target = side.target(found["$ref"]) if "$ref" in found else None
        waiting += [] if target is None else [target]
    return count


def _flat_parts(found: dict[str, Any]) -> float:
    """Count the parts of one schema without those in it."""
    count = len(found.get("required", ())) + len(found.get("enum", ())) / _VALUES_A_PART
    count += sum(map(len, found.get("dependentRequired", {}).values()))
    counts = (
        found[key] for key in ("minItems", "minContains", "maxContains", "minProperties") if key in found
    )
    return count + (MOST_PARTS if any(is_number(one) and one > _LONGEST_COUNT for one in counts) else 0)
