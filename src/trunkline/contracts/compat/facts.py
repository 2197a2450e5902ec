"""What the facts of a schema come to for a value, its members and its items.

Asked by the proof of containment and by the generator of documents. An answer may say less than the facts
do, never more: ``types`` may hold one too many, ``child`` may leave a constraint out.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from trunkline.contracts.compat import lengths
from trunkline.contracts.compat.difference import Schema
from trunkline.contracts.compat.sides import Facts, Side

TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
CHOICES = ("anyOf", "oneOf")
SOME_NAME = "*"
"""Stands in paths for the name of a member that no schema names."""
_MOST_ALTERNATIVES = 32
_NAMES_A_STEP = 64
FACTS_A_STEP = 8
"""How many facts are looked at in one step."""
MOST_VALUES = 5_000
"""The most values that are looked at one by one."""


def steps(facts: Facts) -> int:
    """Return in about how many steps what facts state is gone through once."""
    stated = 0
    for fact in facts:
        for key in ("properties", "required", "enum"):
            if key in fact:
                stated += len(fact[key])
    return 1 + len(facts) // FACTS_A_STEP + stated // _NAMES_A_STEP


def types(facts: Facts) -> frozenset[str]:
    """Return the types that a value may have; ``number`` stands with ``integer``."""
    found = TYPES
    for fact in facts:
        if fact.get("not") == {} or fact.get("not") is True:
            return frozenset()
        if "type" in fact:
            found &= _stated(fact["type"])
        if "const" in fact or "enum" in fact:
            found &= frozenset().union(*(_NAMES[kind] for kind in set(map(type, _listed(fact)))))
    return found


def values(side: Side, facts: Facts) -> list[Any] | None:
    """Return all values that satisfy the facts where they can be listed, else None."""
    lists = [_listed(fact) for fact in facts if "const" in fact or "enum" in fact]
    if lists:
        candidates = min(lists, key=len)
    else:
        found = types(facts)
        if not found <= {"boolean", "null"}:
            return None
        candidates = [*([False, True] if "boolean" in found else ()), *([None] if "null" in found else ())]
    if len(candidates) > MOST_VALUES:
        return None
    return [value for value in candidates if all(side.is_valid(fact, value) for fact in facts)]


def required(facts: Facts) -> set[str]:
    """Return the names that an object has for sure."""
    return {name for fact in facts for name in fact.get("required", ())}


def names(facts: Facts) -> dict[str, None]:
    """Return the names of members that the facts speak of, in their order."""
    return {name: None for fact in facts for name in (*fact.get("properties", ()), *fact.get("required", ()))}


def child(side: Side, facts: Facts, name: str) -> Facts:
    """Return what holds of the member of that name."""
    side.effort.spend(1 + len(facts) // FACTS_A_STEP)
    return joined(side, [schema for fact in facts for schema in member_schemas(side, fact, name)])


def others(fact: dict[str, Any]) -> Schema:
    """Return what a fact says of members that it neither names nor has a pattern for."""
    rest: Schema = fact.get("additionalProperties", True)
    return rest


def item(side: Side, facts: Facts, index: int) -> Facts:
    """Return what holds of the item at an index."""
    return joined(side, [_item(fact, index) for fact in facts])


def prefix(facts: Facts) -> int:
    """Return how many first items are described one by one."""
    return max((len(fact.get("prefixItems", ())) for fact in facts), default=0)


def bound(facts: Facts, keyword: str) -> Any:
    """Return the tightest of a bound's values, None where no fact has it."""
    found = [fact[keyword] for fact in facts if keyword in fact]
    if not found:
        return None
    return max(found) if "min" in keyword.lower() else min(found)


def member_schemas(side: Side, fact: dict[str, Any], name: str) -> list[Schema]:
    """Return the schemas that one fact of a side has for the member of that name."""
    stated, patterns = fact.get("properties", {}), fact.get("patternProperties", {})
    found = [stated[name]] if name in stated else []
    found += [patterns[pattern] for pattern in patterns if side.matches(pattern, name)]
    return found or [others(fact)]


def item_schema(fact: dict[str, Any], index: int) -> Schema:
    """Return the schema that one fact has for the item at an index."""
    return _item(fact, index)


def closed_names(facts: Facts) -> set[str] | None:
    """Return the only names that members may have, None where there may be others."""
    found = [set(fact.get("properties", ())) for fact in facts if _is_closed(fact)]
    return set.intersection(*found) if found else None


def unnamed(side: Side, facts: Facts, part: dict[str, Any], pattern: str | None) -> list[Facts]:
    """Return what may hold of a member that no schema names: each of these alternatives, and no other.

    Its name matches a pattern of ``part``, or with None matches none of them.
    """
    each = [_unnamed(fact, part, pattern) for fact in facts]
    if math.prod(map(len, each)) > _MOST_ALTERNATIVES:
        return [()]
    return [joined(side, schemas) for schemas in itertools.product(*each)]


def _unnamed(fact: dict[str, Any], part: dict[str, Any], pattern: str | None) -> list[Schema]:
    own = fact.get("patternProperties", {})
    if pattern in own:
        return [own[pattern]]
    if pattern is None and own.keys() <= part.get("patternProperties", {}).keys():
        return [others(fact)]
    return [*own.values(), others(fact)]


def _is_closed(fact: dict[str, Any]) -> bool:
    return fact.get("additionalProperties") is False and not fact.get("patternProperties")


def is_within(facts: Facts, keyword: str, limit: Any) -> bool:
    """Tell whether the same bound is stated as tight, or texts are within it by format or pattern.

    No for a multiple, a pattern or a format.
    """
    if not keyword.lower().startswith(("min", "max", "exclusivem")):
        return False
    known = bound(facts, keyword)
    if known is not None and (known >= limit if "min" in keyword.lower() else known <= limit):
        return True
    return lengths.within(facts, keyword, limit)


def ways(facts: Facts, chosen: frozenset[int]) -> int:
    """Return in how many ways the choices that facts hold, and that are not made yet, may be made."""
    return math.prod(len(each) for choice, each in alternatives(facts) if id(choice) not in chosen)


def alternatives(facts: Facts) -> Iterator[tuple[object, list[list[Schema]]]]:
    """Yield the choices that facts hold, each with what may be chosen."""
    for fact in facts:
        for keyword in CHOICES:
            if keyword in fact:
                yield fact[keyword], [[branch] for branch in fact[keyword]]
        if "if" in fact:
            yield fact["if"], [[fact["if"], fact.get("then", True)], [fact.get("else", True)]]


def joined(side: Side, schemas: Sequence[Schema]) -> Facts:
    """Return the facts of several schemas at once, each once."""
    if len(schemas) == 1:
        return side.flat(schemas[0])
    found = {id(fact): fact for schema in schemas for fact in side.flat(schema)}
    side.effort.spend(1 + len(found) // FACTS_A_STEP)
    return tuple(found.values())


def _item(fact: dict[str, Any], index: int) -> Schema:
    first = fact.get("prefixItems", ())
    schema: Schema = first[index] if index < len(first) else fact.get("items", True)
    return schema


def _stated(kinds: str | list[str]) -> frozenset[str]:
    found = frozenset([kinds] if isinstance(kinds, str) else kinds)
    return found | {"integer"} if "number" in found else found


def _listed(fact: dict[str, Any]) -> list[Any]:
    listed: list[Any] = [fact["const"]] if "const" in fact else fact["enum"]
    return listed


_NAMES: dict[type, frozenset[str]] = {
    type(None): frozenset({"null"}),
    bool: frozenset({"boolean"}),
    str: frozenset({"string"}),
    list: frozenset({"array"}),
    dict: frozenset({"object"}),
    **dict.fromkeys((int, float, Decimal), frozenset({"number", "integer"})),
}
