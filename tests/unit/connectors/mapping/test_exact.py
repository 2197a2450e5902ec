"""JSONata's operators on exact values, where the conformance table leaves something to say."""

from __future__ import annotations

from decimal import Decimal

import pytest

from trunkline.connectors.mapping import exact
from trunkline.connectors.mapping.exact import UNDEFINED
from trunkline.connectors.mapping.problem import BrokenRecord


# Integers stay integers and decimals keep their digits, trailing zeros too: 1.10 euros are 1.10 euros.
def test_types_and_digits_are_kept() -> None:
    assert repr(exact.arithmetic("*")(3, 4)) == "12"
    assert repr(exact.arithmetic("+")(Decimal("1.10"), 0)) == "Decimal('1.10')"
    assert repr(exact.negate(Decimal("1.10"))) == "Decimal('-1.10')"
    assert exact.total([Decimal("0.1")] * 10) == 1


# Unlike JSONata, text keeps every digit of a number that a float would round.
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12345678901234567, "12345678901234567"),
        (Decimal("0.1234567890123456789"), "0.1234567890123456789"),
        (Decimal("-0.0"), "0"),
        (Decimal("-1.250E-9"), "-1.25e-9"),
        (Decimal("1E+25"), "1e+25"),
        (-5, "-5"),
        ({"a": [Decimal("1.50"), None, True]}, '{"a":[1.5,null,true]}'),
    ],
)
def test_text_of_numbers(value, text) -> None:
    assert exact.text(value) == text


# Equality looks into values and never takes true for 1.
def test_equality_is_deep_and_typed() -> None:
    assert exact.same({"a": [1, Decimal("2.0")]}, {"a": [Decimal(1), 2]})
    assert not exact.same([1], [True])
    assert not exact.same([1], [1, 2])
    assert exact.different({"a": 1}, {"b": 1})
    assert not exact.different(UNDEFINED, 1)


# A result that has no exact form within bounds is refused.
def test_results_out_of_range_are_refused() -> None:
    with pytest.raises(BrokenRecord, match="out of range"):
        exact.arithmetic("*")(Decimal("1E+300"), Decimal("1E+300"))


# Types are named as JSON names them, so that a message needs no value.
def test_kinds_have_names() -> None:
    values = [UNDEFINED, None, True, 1, Decimal(1), "x", {}, []]
    names = ["nothing", "null", "true or false", "a number", "a number", "a text", "an object", "a list"]
    assert [exact.kind(value) for value in values] == names
