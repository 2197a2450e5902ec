"""Equal JSON values."""

from __future__ import annotations

from decimal import Decimal

from trunkline.contracts.compat.equality import hashed, same


# Values are the same where JSON says so: numbers by their value, true and 1 apart, members in any order.
def test_hashed():
    assert hashed({"a": [1], "b": None}) == hashed({"b": None, "a": [Decimal("1.0")]})
    assert hashed(1) != hashed(True)
    assert hashed([1]) != hashed([[1]])
    assert hashed("1") != hashed(1)


# 1 and true are two values, 1 and 1.0 are one.
def test_same():
    assert same({"a": [1, True]}, {"a": [1.0, True]})
    assert not same([1], [True])
    assert not same({"a": 0}, {"a": False})
