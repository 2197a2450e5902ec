"""Examples: a value for every field and a record of all of them, which hold nothing of anybody.

Where a field is not personal the contract's own example is taken. Everywhere else a value is made up from
its type and what is asked of it, so that what a contract's author wrote beside a personal field is seen
nowhere. Called by ``describe``.
"""

from __future__ import annotations

import re
from typing import Any

from trunkline.contracts.compat.sides import Facts
from trunkline.contracts.docs.model import NO_EXAMPLE, FieldDoc
from trunkline.contracts.field import Field
from trunkline.contracts.leaves import Schema, validator_of
from trunkline.contracts.scalars import numbers, shaped

_MOMENTS = {"date": "2000-01-31", "timestamp": "2000-01-31T12:00:00Z", "time": "12:00:00"}
_PARTS = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[\[\]]|.", re.DOTALL)
_CLOCK = {"y": 2000, "u": 2000, "M": 1, "d": 31, "H": 12, "h": 12, "m": 0, "s": 0, "S": 0}
_MOST_ITEMS = 20
_TEXT_LENGTH = 1_000


def value_of(field: Field, schema: Schema, *, checked: bool) -> Any:
    """Return an example of a field without parts, ``NO_EXAMPLE`` where there is none.

    It is one that the field accepts where it is to be ``checked``, else the likeliest.
    """
    tried = [one for one in (*field.examples, *_made_up(field, schema)) if one is not None]
    if checked:
        valid = validator_of(schema, {}).is_valid
        tried = [one for one in tried if valid(one)]
    return tried[0] if tried else NO_EXAMPLE


def record_of(fields: tuple[FieldDoc, ...], schema: Schema) -> Any:
    """Return an object of the examples of these fields; one that is optional and has none is left out."""
    record: dict[str, Any] = {}
    for field in fields:
        if field.name == "*":
            return {"example": field.example} if field.example is not NO_EXAMPLE else {}
        if field.example is not NO_EXAMPLE:
            record[field.name] = field.example
        elif field.name in schema.get("required", ()):
            return NO_EXAMPLE
    return record


def items_of(fields: tuple[FieldDoc, ...], schema: Schema) -> Any:
    """Return an array with as few items as may be, one at least."""
    least = schema.get("minItems", 1)
    if not fields or least > _MOST_ITEMS:
        return NO_EXAMPLE if least else []
    item = fields[0].example
    return NO_EXAMPLE if item is NO_EXAMPLE else [item] * max(least, 1)


def _made_up(field: Field, schema: Schema) -> list[Any]:
    match field.kind:
        case "boolean":
            made: list[Any] = [True]
        case "integer" | "number":
            made = [1, *numbers(_facts(schema), whole=field.kind == "integer")]
        case "array":
            made = [[0] * min(schema.get("minItems", 1), _MOST_ITEMS)]
        case "object":
            made = [{}]
        case "any":
            made = ["example"]
        case _:
            made = _texts(field, schema)
    return [*schema.get("enum", ()), *made]


def _texts(field: Field, schema: Schema) -> list[Any]:
    if field.kind in _MOMENTS:
        stated = field.options.get("format")
        bounds = [field.options[key] for key in ("minimum", "maximum") if key in field.options]
        return [*bounds, _written(stated)] if stated else [*bounds, *_plain_moments(field)]
    return [*shaped(_facts(schema)), _sized(schema)]


def _facts(schema: Schema) -> Facts:
    return (schema, *schema.get("allOf", ()))


def _plain_moments(field: Field) -> list[str]:
    plain = _MOMENTS[field.kind]
    without = plain.removesuffix("Z")
    return [without] if field.options.get("timezone") is False else [plain, without]


def _sized(schema: Schema) -> str:
    """Return a text of a length that is allowed."""
    least, most = schema.get("minLength", 0), schema.get("maxLength", 1_000)
    if least > most or least > _TEXT_LENGTH:
        return ""
    return "example".ljust(least, "x")[:most]


def _written(pattern: str) -> str:
    """Write noon of 31 January 2000 in the letters of the JDK's DateTimeFormatter."""
    return "".join(_letters(part) for part in _PARTS.finditer(pattern))


def _letters(part: re.Match[str]) -> str:
    if part[1] is not None:
        return part[1].replace("''", "'") or "'"
    letter, count = part[2], len(part[0])
    if letter in _CLOCK:
        digits = str(_CLOCK[letter]).rjust(count, "0")
        return digits[-2:] if letter in "yu" and count == len("yy") else digits
    if letter is None:
        return "" if part[0] in "[]" else part[0]
    return {"X": "Z", "a": "PM", "x": "+00:00"[: 3 if count == 1 else 6], "Z": "+0000"}.get(letter, part[0])
