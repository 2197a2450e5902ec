"""The quick yes or no about a record, by a schema prepared for speed.

Called by ``contract``, for every record. Two rules are dear in the validator: ``multipleOf: 0.01`` of a
``Decimal``, which it turns to text and a fraction first, and a format that calls back into Python. Here
exponents are compared beside the validator, and moments in ISO order become a pattern. What is wrong with a
refused record is told by the validator with the whole schema.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]
Check: TypeAlias = Callable[[Any], bool]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
}


def quickened(schema: Schema, patterns: Mapping[str, str]) -> tuple[Schema, Check | None]:
    """Return a schema that is checked faster, and a check of what it leaves out (None: nothing).

    ``patterns`` are regular expressions that say the same as a format, by the format's name. The check is
    for records that satisfy the returned schema; together they accept exactly what ``schema`` does of
    decoded JSON. A binary float is not taken: the whole schema decides.
    """
    if "number" in _types(schema):
        return _number(schema)
    if schema.get("format") in patterns:
        return _patterned(schema, patterns), None
    rest, checks = dict(schema), []
    if "properties" in schema:
        members = {name: quickened(inner, patterns) for name, inner in schema["properties"].items()}
        rest["properties"] = {name: inner for name, (inner, _) in members.items()}
        checks += [_member(name, check) for name, (_, check) in members.items() if check]
    if "items" in schema:
        rest["items"], check = quickened(schema["items"], patterns)
        if check:
            checks.append(_each(check))
    return rest, _all(checks)


def _patterned(schema: Schema, patterns: Mapping[str, str]) -> Schema:
    rest = {key: value for key, value in schema.items() if key != "format"}
    return rest | {"pattern": patterns[schema["format"]]}


def _types(schema: Schema) -> Iterable[str]:
    types = schema.get("type", ())
    return (types,) if isinstance(types, str) else types


def _number(schema: Schema) -> tuple[Schema, Check | None]:
    step = schema.get("multipleOf")
    if not isinstance(step, Decimal) or Decimal(1).scaleb(step.adjusted()) != step or step > 1:
        return schema, None
    rest = {key: value for key, value in schema.items() if key not in _COMPARE and key != "multipleOf"}
    bounds = [(_COMPARE[key], schema[key]) for key in _COMPARE if key in schema]
    return rest, _digits(Decimal(1).scaleb(step.adjusted()), bounds)


def _digits(step: Decimal, bounds: list[tuple[Callable[[Any, Any], bool], Any]]) -> Check:
    least = step.adjusted()

    def check(value: Any) -> bool:
        for holds, bound in bounds:
            if not holds(value, bound):
                return False
        if type(value) is Decimal:
            return value.same_quantum(step) or _exponent(value) >= least
        return type(value) is int

    return check


def _exponent(value: Decimal) -> int:
    """Return the power of ten of the last digit that is not zero."""
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    return next((exponent + zeros for zeros, digit in enumerate(reversed(digits)) if digit), 0)


def _member(name: str, check: Check) -> Check:
    def member(record: Any) -> bool:
        value = record.get(name)
        return value is None or check(value)

    return member


def _each(check: Check) -> Check:
    def each(items: Any) -> bool:
        for item in items:  # noqa: SIM110  a generator costs more than the check
            if item is not None and not check(item):
                return False
        return True

    return each


def _all(checks: list[Check]) -> Check | None:
    if len(checks) < 2:  # noqa: PLR2004  one check needs no loop
        return checks[0] if checks else None

    def every(value: Any) -> bool:
        for check in checks:  # noqa: SIM110  a generator costs more than the check
            if not check(value):
                return False
        return True

    return every
