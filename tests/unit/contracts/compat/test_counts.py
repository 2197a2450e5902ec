"""How many members and items there are."""

from __future__ import annotations

import pytest

from trunkline.contracts.compat.counts import follows
from trunkline.contracts.compat.sides import Side


# What is asked of a number of members or items follows from the facts, or is left open.
@pytest.mark.parametrize(
    ("fact", "part", "expected"),
    [
        ({"type": "string"}, {"required": ["a"]}, True),
        ({"required": ["a", "b"]}, {"required": ["a"]}, True),
        ({"required": ["b"]}, {"required": ["a"]}, False),
        ({"required": ["a", "b"]}, {"minProperties": 2}, True),
        ({"minProperties": 1}, {"minProperties": 2}, False),
        ({"maxProperties": 1}, {"maxProperties": 2}, True),
        ({}, {"maxProperties": 2}, False),
        ({"minItems": 2}, {"minItems": 1}, True),
        ({"maxItems": 3}, {"maxItems": 2}, False),
        ({"prefixItems": [{}, {}], "items": False}, {"maxItems": 2}, True),
        ({"prefixItems": [{}, {}], "items": False}, {"maxItems": 1}, False),
        ({"uniqueItems": True}, {"uniqueItems": True}, True),
        ({"maxItems": 1}, {"uniqueItems": True}, True),
        ({}, {"uniqueItems": False}, True),
        ({"items": {}}, {"uniqueItems": True}, False),
    ],
)
def test_follows(fact, part, expected):
    side = Side(fact)
    assert follows(side, side.flat(fact), part) is expected
