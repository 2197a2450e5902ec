"""The bounds and digits of exact numbers, checked beside the validator for speed.

Called by ``contract``. The validator decides ``multipleOf: 0.01`` of a ``Decimal`` exactly but turns it to
text and a fraction first, which costs more than the rest of a record; comparing exponents costs a tenth.
Only the verdict good or bad is given here: what is wrong is told by the validator with the whole schema.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
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


def without_decimals(schema: Schema) -> tuple[Schema, Check | None]:
    """Return ``schema`` without the rules of its decimals, and a check of them (None: there are none).

    The check is for records that satisfy the returned schema; together they accept what ``schema`` does.
    """
    if "number" in _types(schema):
        return _number(schema)
    rest, checks = dict(schema), []
    if "properties" in schema:
        members = {name: without_decimals(inner) for name, inner in schema["properties"].items()}
        rest["properties"] = {name: inner for name, (inner, _) in members.items()}
        checks += [_member(name, check) for name, (_, check) in members.items() if check]
    if "items" in schema:
        rest["items"], check = without_decimals(schema["items"])
        if check:
            checks.append(_each(check))
    return rest, _all(checks)


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
        if type(value) is int or value.same_quantum(step):
            return True
        return _exponent(value) >= least

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
