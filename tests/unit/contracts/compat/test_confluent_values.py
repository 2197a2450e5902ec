"""Bounds and values, where there is more to say than each class's example does."""

from __future__ import annotations

import pytest

from trunkline.contracts.compat.confluent_shapes import Shape
from trunkline.contracts.compat.confluent_values import enums, numbers


def of_numbers(old, new):
    return [kind for _, kind in numbers(Shape("number", old), Shape("number", new))]


# A lower exclusive maximum is told unless a new inclusive one is there that the old one was not above.
def test_an_exclusive_maximum_beside_an_inclusive_one():
    assert of_numbers({"exclusiveMaximum": 10}, {"exclusiveMaximum": 5}) == ["exclusive maximum decreased"]
    old, new = {"exclusiveMaximum": 10, "maximum": 20}, {"exclusiveMaximum": 5, "maximum": 20}
    assert of_numbers(old, new) == []


# Bounds are compared as numbers of 64 bits, multiples exactly.
def test_how_numbers_are_compared():
    assert of_numbers({"maximum": 5}, {"maximum": 5.0}) == []
    assert of_numbers({"maximum": 10**400}, {"maximum": 10**401}) == []
    assert of_numbers({"multipleOf": 0.1}, {"multipleOf": 0.3}) == ["multiple of expanded"]


# A bound that is no number is refused.
def test_a_bound_that_is_no_number():
    with pytest.raises(ValueError, match="a bound is a number"):
        of_numbers({"maximum": "a"}, {"maximum": 3})


# Values are sets: their order is nothing, and 1 is not true.
def test_enums():
    one, other = Shape("enum", {"values": [1, "a"]}), Shape("enum", {"values": ["a", 1]})
    assert list(enums(one, other)) == []
    assert list(enums(one, Shape("enum", {"values": [True, "a"]}))) == [(("enum",), "enum array changed")]
