"""The classes of change, a closed list, and which of them a keyword's change is."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

KINDS = {
    "property-added-optional": "a field that may be there is described for the first time",
    "property-added-required": "a field that has to be there is described for the first time",
    "property-removed": "a field is no longer described",
    "became-required": "a field has to be there now",
    "became-optional": "a field need not be there any more",
    "type-widened": "more types of value are allowed",
    "type-narrowed": "fewer types of value are allowed",
    "type-changed": "other types of value are allowed",
    "enum-value-added": "a listed value more, or the list is gone",
    "enum-value-removed": "a listed value fewer, or a list where there was none",
    "bound-tightened": "a bound on a number, a length or a count leaves less room, or is new",
    "bound-loosened": "a bound on a number, a length or a count leaves more room, or is gone",
    "pattern-changed": "a pattern of texts is another, new or gone",
    "format-changed": "a format of texts is another, new or gone",
    "additional-closed": "fields that are not described are refused now",
    "additional-opened": "fields that are not described are allowed now",
    "items-described": "the items of an array have a schema now",
    "items-undescribed": "the items of an array have no schema any more",
    "alternative-added": "one more schema in anyOf or oneOf",
    "alternative-removed": "one schema fewer in anyOf or oneOf",
    "description-changed": "what is only told: title, description, examples, an unknown keyword",
    "shape-changed": "anything that has no finer class",
}
"""Every class, with what it means."""

LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
LIMITS = frozenset({*LOWER, *UPPER, "multipleOf", "uniqueItems"})


def kind_of(keyword: str, old: Any, new: Any) -> str:
    """Return the class of a keyword's change; None stands for its absence."""
    if keyword == "type":
        return _type_kind(_names(old), _names(new))
    if keyword in LIMITS:
        return _limit_kind(keyword, old, new)
    if keyword in ("pattern", "format"):
        return f"{keyword}-changed"
    if keyword in ("additionalProperties", "unevaluatedProperties") and (old is False or new is False):
        return "additional-closed" if new is False else "additional-opened"
    if keyword == "items" and (old is None or new is None):
        return "items-described" if old is None else "items-undescribed"
    return "shape-changed"


def _names(kinds: Any) -> set[str] | None:
    if kinds is None:
        return None
    found = {kinds} if isinstance(kinds, str) else set(kinds)
    return found | {"integer"} if "number" in found else found


def _type_kind(old: set[str] | None, new: set[str] | None) -> str:
    if new is None or (old is not None and old < new):
        return "type-widened"
    return "type-narrowed" if old is None or new < old else "type-changed"


def _limit_kind(keyword: str, old: Any, new: Any) -> str:
    if old is None or new is None:
        tighter = new is not None and new is not False
    elif keyword == "uniqueItems":
        tighter = bool(new)
    elif keyword == "multipleOf":
        if not (_is_multiple(old, new) or _is_multiple(new, old)):
            return "shape-changed"
        tighter = new > old
    else:
        tighter = new > old if keyword in LOWER else new < old
    return "bound-tightened" if tighter else "bound-loosened"


def _is_multiple(one: Any, other: Any) -> bool:
    return Fraction(str(one)) % Fraction(str(other)) == 0
