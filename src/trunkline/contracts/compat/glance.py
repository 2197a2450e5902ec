"""What a simple schema says of a value at a glance, so that no validator has to be compiled for it.

Asked by ``sides`` first: listed values, types and alternatives of them are most of what a proof puts to a
validator, each of them once.
"""

from __future__ import annotations

from typing import Any, Final

from trunkline.contracts.compat.difference import Schema

_SAYS_NOTHING: Final = frozenset({"title", "description"})
_LENGTHS: Final = frozenset({"minLength", "maxLength"})
_BOUNDS: Final = frozenset({"minimum", "maximum", *_LENGTHS})
_KNOWN: Final = frozenset({"type", "const", "enum", "anyOf", *_BOUNDS, *_SAYS_NOTHING})
_TYPES: Final[dict[type, frozenset[str]]] = {
    type(None): frozenset({"null"}),
    bool: frozenset({"boolean"}),
    str: frozenset({"string"}),
    int: frozenset({"integer", "number"}),
    list: frozenset({"array"}),
    dict: frozenset({"object"}),
}
_PLAIN: Final = frozenset({type(None), bool, str, int})
"""Types of which two values are equal where Python says so, the types being the same."""


def is_valid(schema: Schema, value: Any) -> bool | None:
    """Tell whether a value satisfies a schema; None where that takes a closer look."""
    if isinstance(schema, bool):
        return schema
    if not schema.keys() <= _KNOWN:
        return None
    found = [_of_keyword(key, stated, value) for key, stated in schema.items() if key not in _SAYS_NOTHING]
    return False if False in found else None if None in found else True


def _of_keyword(keyword: str, stated: Any, value: Any) -> bool | None:
    if keyword == "anyOf":
        found = [is_valid(branch, value) for branch in stated]
        return True if True in found else None if None in found else False
    kinds = _TYPES.get(type(value))
    if kinds is None:
        return None
    if keyword in _BOUNDS:
        return _is_within(keyword, stated, value)
    if keyword == "type":
        return not kinds.isdisjoint([stated] if isinstance(stated, str) else stated)
    return _is_listed([stated] if keyword == "const" else stated, value)


def _is_within(keyword: str, limit: Any, value: Any) -> bool | None:
    if type(value) is not (str if keyword in _LENGTHS else int):
        return True
    if type(limit) is not int:
        return None
    size: int = len(value) if isinstance(value, str) else value
    return bool(size >= limit if keyword.startswith("min") else size <= limit)


def _is_listed(listed: list[Any], value: Any) -> bool | None:
    if type(value) not in _PLAIN or not all(type(one) in _PLAIN for one in listed):
        return None
    return any(one == value and type(one) is type(value) for one in listed)
