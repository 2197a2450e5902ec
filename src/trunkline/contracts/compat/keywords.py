"""The keywords of JSON Schema 2020-12: which mean something together, and for values of which types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trunkline.contracts.compat.difference import Schema
from trunkline.contracts.compat.equality import same

_NUMBERS = frozenset({"number", "integer"})
_TEXTS = frozenset({"string"})

BOUNDS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), _NUMBERS),
    **dict.fromkeys(("minLength", "maxLength", "pattern", "format"), _TEXTS),
}
"""Keywords about a single number or text, with the types they are about."""

TOGETHER: tuple[tuple[str, ...], ...] = (
    ("properties", "patternProperties", "additionalProperties"),
    ("prefixItems", "items"),
    ("contains", "minContains", "maxContains"),
    ("if", "then", "else"),
)
"""Keywords of which each means nothing without the others."""

ALONE = (
    *("type", "enum", "const", "required", "minProperties", "maxProperties", "minItems", "maxItems"),
    *("uniqueItems", "allOf", "anyOf", "oneOf", "not", "$ref", "$dynamicRef", "propertyNames"),
    *(
        "dependentRequired",
        "dependentSchemas",
        "dependencies",
        "unevaluatedProperties",
        "unevaluatedItems",
        *BOUNDS,
    ),
)
"""Keywords that each say something by themselves; the unevaluated ones look at all beside them."""

_GROUPS = {key: group for group in TOGETHER for key in group} | {key: (key,) for key in ALONE}
_BESIDE = frozenset({"unevaluatedProperties", "unevaluatedItems", "$dynamicRef"})


def group_of(keyword: str) -> tuple[str, ...]:
    """Return the keywords that mean something together with this one; none for what restricts nothing."""
    return _GROUPS.get(keyword, ())


def is_stated(fact: dict[str, Any], wanted: Schema) -> bool:
    """Tell whether a fact says all that a schema asks in the same words; references apart."""
    if isinstance(wanted, bool):
        return wanted
    if same(fact, wanted):
        return True
    asked = [key for key in wanted if key in _GROUPS]
    if not _BESIDE.isdisjoint(asked):
        return False
    together = {key for keyword in asked for key in _GROUPS[keyword]}
    return all((key in fact) == (key in wanted) and same(fact.get(key), wanted.get(key)) for key in together)


def is_scalar(fact: dict[str, Any]) -> bool:
    """Tell whether a fact says nothing but types, and bounds on single numbers and texts."""
    return all(key == "type" or key in BOUNDS or key not in _GROUPS for key in fact)


def scalars(fact: dict[str, Any], patterns: Mapping[str, str]) -> dict[str, Any]:
    """Return what a fact says of single numbers and texts, formats as the patterns that say the same."""
    found = {key: fact[key] for key in ("type", *BOUNDS) if key in fact}
    pattern = patterns.get(found.get("format", ""))
    if pattern is not None and "pattern" not in found:
        del found["format"]
        found["pattern"] = pattern
    return found
