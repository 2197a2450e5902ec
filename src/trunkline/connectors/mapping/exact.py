"""JSONata's operators on exact values: ``int`` and ``Decimal`` in, ``int`` and ``Decimal`` out.

Called by the closures that ``compiler`` builds. The rules are JSONata's: what is missing makes
arithmetic nothing, text empty and comparisons false or nothing; a wrong type is an error. It differs from
JSONata in one thing: numbers are not rounded to binary floats.
"""

from __future__ import annotations

import decimal
import operator
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any

from trunkline.connectors.mapping.problem import BrokenRecord
from trunkline.kernel import json


class _Missing(Enum):
    UNDEFINED = "undefined"


UNDEFINED = _Missing.UNDEFINED
"""What a path to nowhere yields: the target field is left out. It is not ``null``, which is a value."""

_NUMBERS = frozenset({int, Decimal})
_CONTEXT = decimal.Context(
    prec=1000, Emin=-400, Emax=400, traps=[decimal.Overflow, decimal.Inexact, decimal.InvalidOperation]
)
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": _CONTEXT.add,
    "-": _CONTEXT.subtract,
    "*": _CONTEXT.multiply,
}
_INTEGER_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
# From 1e21 and below 1e-6 JavaScript writes an exponent (ECMA-262, Number::toString).
_PLAIN_DIGITS = 21
_PLAIN_SMALLEST = -7


def arithmetic(symbol: str) -> Callable[[Any, Any], Any]:
    """Return the function of ``+``, ``-`` or ``*``; it raises ``BrokenRecord`` for what is no number."""
    exact, integers = _ARITHMETIC[symbol], _INTEGER_ARITHMETIC[symbol]

    def compute(left: Any, right: Any) -> Any:
        if type(left) is int and type(right) is int:
            return integers(left, right)
        if type(left) in _NUMBERS and type(right) in _NUMBERS:
            return _exactly(exact, left, right)
        for operand in (left, right):
            if operand is not UNDEFINED and type(operand) not in _NUMBERS:
                raise BrokenRecord(f'"{symbol}" needs numbers and found {kind(operand)}')
        return UNDEFINED

    return compute


def _exactly(function: Callable[..., Any], *operands: Any) -> Any:
    try:
        return function(*operands)
    except decimal.DecimalException:
        raise BrokenRecord("a number is out of range") from None


def negate(value: Any) -> Any:
    """Change the sign of a number."""
    if value is UNDEFINED or type(value) is int:
        return value if value is UNDEFINED else -value
    if type(value) is not Decimal:
        raise BrokenRecord(f'"-" needs a number and found {kind(value)}')
    return value.copy_negate()


def total(value: Any) -> Any:
    """Add up numbers: ``$sum``."""
    if value is UNDEFINED:
        return UNDEFINED
    add = arithmetic("+")
    answer: Any = 0
    for number in value if isinstance(value, list) else [value]:
        if type(number) not in _NUMBERS:
            raise BrokenRecord(f"$sum needs numbers and found {kind(number)}")
        answer = add(answer, number)
    return answer


def count(value: Any) -> int:
    """Count values: ``$count``."""
    if value is UNDEFINED:
        return 0
    return len(value) if isinstance(value, list) else 1


def same(left: Any, right: Any) -> bool:
    """Tell whether two values are equal, deeply; ``true`` is not 1, and nothing equals nothing."""
    if left is UNDEFINED or right is UNDEFINED:
        return False
    return _equal(left, right)


def different(left: Any, right: Any) -> bool:
    """Tell whether two values are there and not equal."""
    if left is UNDEFINED or right is UNDEFINED:
        return False
    return not _equal(left, right)


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_equal(left[name], right[name]) for name in left)
    return kind(left) == kind(right) and bool(left == right)


def ordering(symbol: str) -> Callable[[Any, Any], Any]:
    """Return the function of ``<``, ``<=``, ``>`` or ``>=``: two numbers or two texts."""
    holds = _ORDER[symbol]

    def compare(left: Any, right: Any) -> Any:
        for operand in (left, right):
            if operand is not UNDEFINED and type(operand) not in _NUMBERS and type(operand) is not str:
                raise BrokenRecord(f'"{symbol}" compares numbers or texts and found {kind(operand)}')
        if left is UNDEFINED or right is UNDEFINED:
            return UNDEFINED
        if kind(left) != kind(right):
            raise BrokenRecord(f'"{symbol}" found {kind(left)} on one side and {kind(right)} on the other')
        return holds(_sortable(left), _sortable(right))

    return compare


def _sortable(value: Any) -> Any:
    # JSONata orders texts by their UTF-16 units, Python by code points.
    return value.encode("utf-16-be", "surrogatepass") if type(value) is str else value


def truth(value: Any) -> bool:
    """Tell whether a value counts as true (``$boolean``)."""
    if value is UNDEFINED:
        return False
    if isinstance(value, list):
        return any(map(truth, value))
    return bool(value)


def text(value: Any) -> str:
    """Write a value as text (``$string``): numbers as JavaScript writes them but with every digit."""
    if value is UNDEFINED:
        return ""
    if type(value) is str:
        return value
    if type(value) in _NUMBERS:
        return _number_text(value)
    return json.encode(_plain(value)).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value.normalize(_CONTEXT) if type(value) is Decimal else value


def _number_text(value: int | Decimal) -> str:
    number = Decimal(value).normalize(_CONTEXT)
    if number.is_zero():
        return "0"
    if _PLAIN_SMALLEST < number.adjusted() < _PLAIN_DIGITS:
        return f"{number:f}"
    sign, digits, _ = number.as_tuple()
    fraction = "".join(map(str, digits[1:]))
    point = "." if fraction else ""
    return f"{'-' if sign else ''}{digits[0]}{point}{fraction}e{number.adjusted():+d}"


def kind(value: Any) -> str:
    """Name a value's type as JSON does, for comparisons and for messages without values."""
    if value is UNDEFINED:
        return "nothing"
    if value is None:
        return "null"
    names = {bool: "true or false", int: "a number", Decimal: "a number", str: "a text", dict: "an object"}
    return names.get(type(value), "a list")
