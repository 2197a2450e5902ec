"""Simple signs that no value has two sets of facts."""

from __future__ import annotations

import pytest

from trunkline.contracts.compat.exclusion import excluded
from trunkline.contracts.compat.sides import Side


def tagged(value, **rest):
    return {"type": "object", "properties": {"kind": {"const": value}}, "required": ["kind"], **rest}


# Types, tags, listed values and choices of such exclude; bounds are not looked at.
@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"type": "string"}, {"type": "number"}, True),
        ({"type": "number"}, {"type": "integer"}, False),
        (tagged("a"), tagged("b"), True),
        (tagged("a"), tagged("a", minProperties=2), False),
        (tagged("a"), {"type": "object", "properties": {"kind": {"const": "b"}}}, True),
        ({"enum": [1, 2]}, {"minimum": 3}, True),
        ({"oneOf": [tagged("a"), tagged("b")]}, tagged("c"), True),
        ({"oneOf": [tagged("a"), tagged("b")]}, tagged("b"), False),
        ({"properties": {"kind": {"const": "a"}}}, {"properties": {"kind": {"const": "b"}}}, False),
    ],
)
def test_signs(one, other, expected):
    first, second = Side(one), Side(other)
    assert excluded(first, first.flat(one), second, second.flat(other)) is expected
    assert excluded(second, second.flat(other), first, first.flat(one)) is expected
