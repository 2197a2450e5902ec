"""What is wrong with a record by its contract, without repeating anything of the record.

Called by ``contract.check`` for the records that did not pass. The messages go into receipts, logs and
quarantine, where a personal value must not appear; so no message carries any value at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import msgspec

from trunkline.contracts.field import pointer_of

MOST = 50
"""The most violations reported of one record; a last one says that there are more."""


class Violation(msgspec.Struct, frozen=True):
    """One rule that a record breaks: ``pointer`` to the value (RFC 6901), its short name, what it asks."""

    pointer: str
    rule: str
    message: str


NOT_JSON = Violation(
    "", "json", "expected what JSON can hold: Unicode text, numbers, true, false, null, nesting"
)
"""What is said of a record that did not come out of JSON, such as one with bytes or half a character."""

_SHOWN = 20


def violations_of(errors: Iterable[Any], schema: dict[str, Any]) -> tuple[Violation, ...]:
    """Turn a validator's errors into violations, at most ``MOST`` and a last word."""
    found: list[Violation] = []
    for error in errors:
        if len(found) == MOST:
            found.append(Violation("", "more", f"and more: only the first {MOST} violations are listed"))
            break
        found.append(_violation(error, schema))
    return tuple(found)


def _violation(error: Any, schema: dict[str, Any]) -> Violation:
    tokens = _safe_path(error.instance_path, schema)
    rule = error.kind.name
    if rule == "required":
        tokens = (*tokens, error.kind.value)
    describe = _MESSAGES.get(rule)
    message = describe(error.kind.value) if describe else f'does not satisfy "{rule}"'
    return Violation(pointer_of(tokens), rule, message)


def _safe_path(path: Iterable[str | int], schema: dict[str, Any]) -> tuple[str | int, ...]:
    """Return the path with the keys of maps as ``*``: they come from the record, not from the contract."""
    tokens: list[str | int] = []
    for token in path:
        if isinstance(token, int):
            tokens.append(token)
            schema = schema.get("items", {})
        elif token in schema.get("properties", {}):
            tokens.append(token)
            schema = schema["properties"][token]
        else:
            tokens.append("*")
            schema = schema.get("additionalProperties", {})
    return tuple(tokens)


def _type(types: list[str]) -> str:
    return "expected " + " or ".join(
        _TYPES.get(name, name) for name in sorted(types, key=lambda t: t == "null")
    )


def _options(options: list[Any]) -> str:
    shown = ", ".join("null" if option is None else str(option) for option in options[:_SHOWN])
    return f"expected one of {shown}" + (
        f" and {len(options) - _SHOWN} more" if len(options) > _SHOWN else ""
    )


def _unknown(names: list[str]) -> str:
    fields = "a field" if len(names) == 1 else f"{len(names)} fields"
    return f"{fields} that the contract does not know and does not allow"


def _format(name: str) -> str:
    """Name a format; those of moments that we made say themselves how they are written."""
    return "expected " + (_MOMENTS.get(name) or (f"a {name}" if " as " in name else f"a valid {name}"))


def _plain(number: Any) -> str:
    return format(number, "f") if isinstance(number, Decimal) else str(number)


_MOMENTS = {
    "date": "a date as yyyy-MM-dd",
    "date-time": "a timestamp as yyyy-MM-ddTHH:mm:ss with an offset or Z",
}
_TYPES = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_MESSAGES: dict[str, Callable[[Any], str]] = {
    "type": _type,
    "enum": _options,
    "required": lambda _: "is required",
    "additionalProperties": _unknown,
    "pattern": lambda pattern: f"does not match pattern {pattern}",
    "format": _format,
    "minLength": lambda limit: f"expected at least {limit} characters",
    "maxLength": lambda limit: f"expected at most {limit} characters",
    "minimum": lambda limit: f"expected at least {_plain(limit)}",
    "maximum": lambda limit: f"expected at most {_plain(limit)}",
    "exclusiveMinimum": lambda limit: f"expected more than {_plain(limit)}",
    "exclusiveMaximum": lambda limit: f"expected less than {_plain(limit)}",
    "multipleOf": lambda step: f"expected a multiple of {_plain(step)}",
    "minItems": lambda limit: f"expected at least {limit} items",
    "maxItems": lambda limit: f"expected at most {limit} items",
    "uniqueItems": lambda _: "expected no item twice",
    "minProperties": lambda limit: f"expected at least {limit} fields",
    "maxProperties": lambda limit: f"expected at most {limit} fields",
}
