"""The quick yes or no about a record, by a schema prepared for speed.

Called by ``contract``, for every record. Two rules are dear in the validator: ``multipleOf: 0.01`` of a
``Decimal``, which it turns to text and a fraction first, and a format that calls back into Python. Here
exponents are compared beside the validator, and moments in ISO order become a pattern. What is wrong with a
refused record is told by the validator with the whole schema.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
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

NUMBER_RULES = frozenset({*_COMPARE, "multipleOf"})


def quickened(schema: Schema, patterns: Mapping[str, str]) -> tuple[Schema, Check | None]:
    """Return a schema that is checked faster, and a check of what it leaves out (None: nothing).

    ``patterns`` are regular expressions that say the same as a format, by the format's name. The check is
    for records that satisfy the returned schema; together they accept exactly what ``schema`` does of
    decoded JSON. A binary float is not taken: the whole schema decides.
    """
    if "number" in types_of(schema):
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
    return rest, all_of(checks)


def _patterned(schema: Schema, patterns: Mapping[str, str]) -> Schema:
    rest = {key: value for key, value in schema.items() if key != "format"}
    return rest | {"pattern": patterns[schema["format"]]}


def types_of(schema: Schema) -> Sequence[str]:
    """Return the types that a schema states; none where any will do."""
    types: str | Sequence[str] = schema.get("type", ())
    return (types,) if isinstance(types, str) else types


def _number(schema: Schema) -> tuple[Schema, Check | None]:
    check = number_check(schema) if isinstance(schema.get("multipleOf"), Decimal) else None
    if check is None:
        return schema, None
    return {key: value for key, value in schema.items() if key not in NUMBER_RULES}, check


def number_check(schema: Schema) -> Check | None:
    """Return a check of ``NUMBER_RULES`` and the type; None where the step is no power of ten."""
    step = schema.get("multipleOf")
    if step is not None and not _is_place(step):
        return None
    bounds = [(_COMPARE[key], schema[key]) for key in _COMPARE if key in schema]
    digits = None if step is None else _digits(Decimal(1).scaleb(step.adjusted()))
    null = "null" in types_of(schema)

    def check(value: Any) -> bool:
        kind = type(value)
        if kind is not Decimal and kind is not int:
            return null and value is None
        for holds, bound in bounds:
            if not holds(value, bound):
                return False
        return kind is int or digits is None or digits(value)

    return check


def _is_place(step: Any) -> bool:
    """Tell whether a step is that of a decimal place: 1, 0.1, 0.01 and so on."""
    return isinstance(step, Decimal) and step <= 1 and Decimal(1).scaleb(step.adjusted()) == step


def _digits(step: Decimal) -> Callable[[Decimal], bool]:
    least = step.adjusted()
    return lambda value: value.same_quantum(step) or _exponent(value) >= least


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


def all_of(checks: list[Check]) -> Check | None:
    """Return one check of several, in their order; None of none."""
    if len(checks) < 2:  # noqa: PLR2004  one check needs no loop
        return checks[0] if checks else None

    def every(value: Any) -> bool:
        for check in checks:  # noqa: SIM110  a generator costs more than the check
            if not check(value):
                return False
        return True

    return every
