"""What a field's JSON Schema asks, in words for people. Called by ``describe``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from trunkline.contracts.field import Field
from trunkline.contracts.leaves import STRING_FORMATS, Schema

_SHOWN = 20
"""How many allowed values are named."""

_FORMATS = {
    "email": "an e-mail address",
    "idn-email": "an e-mail address",
    "uuid": "a UUID",
    "uri": "a URI",
    "hostname": "a host name",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
    "date": "a date as in ISO 8601",
    "date-time": "a moment with its offset, as in RFC 3339",
}


def type_of(field: Field, inner: str = "") -> str:
    """Return a field's type: ``decimal(12,2)``, ``array of object``; ``inner`` is the type of its items."""
    if field.precision is not None:
        return f"decimal({field.precision},{field.scale or 0})"
    if field.kind == "array" and inner:
        return f"array of {inner}"
    return field.kind


def constraints_of(field: Field, schema: Schema) -> tuple[str, ...]:
    """Return what is asked of a field's value, beyond its type."""
    said = list(dict.fromkeys(_said(schema, is_decimal=field.precision is not None)))
    if field.unique:
        said.append("unique among records")
    return tuple(said)


def _said(schema: Schema, *, is_decimal: bool) -> Iterator[str]:
    if "enum" in schema:
        yield _one_of([value for value in schema["enum"] if value is not None])
    if not is_decimal:
        yield from _bounds(schema)
    for key, say in _KEYWORDS.items():
        if key in schema:
            yield say(schema[key])
    if schema.get("uniqueItems"):
        yield "no item twice"
    if schema.get("additionalProperties") is False:
        yield "no other members"
    for part in schema.get("allOf", ()):
        yield from _said(part, is_decimal=False)


def _one_of(values: list[Any]) -> str:
    more = f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
    return "one of " + ", ".join(map(_text, values[:_SHOWN])) + more


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bounds(schema: Schema) -> Iterator[str]:
    for key, word in (
        ("minimum", "at least"),
        ("exclusiveMinimum", "above"),
        ("maximum", "at most"),
        ("exclusiveMaximum", "below"),
    ):
        if key in schema:
            yield f"{word} {schema[key]}"
    if "multipleOf" in schema:
        yield f"a multiple of {_plain(schema['multipleOf'])}"


def _plain(number: Any) -> str:
    return format(number, "f") if isinstance(number, Decimal) else str(number)


def _count(word: str, noun: str) -> Callable[[Any], str]:
    return lambda number: f"{word} {number} {noun}{'' if number == 1 else 's'}"


def _format(name: str) -> str:
    return _FORMATS.get(name, f"a {name}" if name in STRING_FORMATS else name)


_KEYWORDS: dict[str, Callable[[Any], str]] = {
    "minLength": _count("at least", "character"),
    "maxLength": _count("at most", "character"),
    "pattern": lambda pattern: f"matches {pattern}",
    "format": _format,
    "minItems": _count("at least", "item"),
    "maxItems": _count("at most", "item"),
    "minProperties": _count("at least", "member"),
    "maxProperties": _count("at most", "member"),
}
