"""Types and constraints in words."""

from __future__ import annotations

import pytest
from tests.contract_files import contract_of, prop

from trunkline.contracts.docs.describe import described


def said(**rest):
    kind = rest.pop("kind", "string")
    return described(contract_of(prop("x", kind, **rest))).fields[0]


# Each kind of constraint has its words.
@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ({"minLength": 1, "maxLength": 9}, ("at least 1 character", "at most 9 characters")),
        ({"pattern": "^a$"}, ("matches ^a$",)),
        ({"format": "email"}, ("an e-mail address",)),
        ({"format": "duration"}, ("a duration",)),
        ({"enum": [{"value": "EUR"}, {"value": "GBP"}]}, ("one of EUR, GBP",)),
        ({"kind": "integer", "minimum": 1, "exclusiveMaximum": 5}, ("at least 1", "below 5")),
        ({"kind": "number", "multipleOf": 0.25}, ("a multiple of 0.25",)),
        ({"kind": "number", "physicalType": "decimal(9,2)"}, ()),
        ({"kind": "string", "unique": True}, ("unique among records",)),
        (
            {"kind": "array", "minItems": 1, "uniqueItems": True},
            ("at least 1 item", "no item twice"),
        ),
        ({"kind": "boolean", "enum": [{"value": True}]}, ("one of true",)),
        (
            {"quality": [{"metric": "invalidValues", "mustBe": 0, "arguments": {"pattern": "^b"}}]},
            ("matches ^b",),
        ),
        (
            {"kind": "object", "customProperties": [{"property": "additionalProperties", "value": False}]},
            ("no other members",),
        ),
    ],
)
def test_constraints(stated, words):
    assert said(**stated).constraints == words


# A long list of allowed values is cut, and says by how many.
def test_many_values():
    [words] = said(enum=[{"value": f"v{number}"} for number in range(30)]).constraints
    assert words.endswith("v19 and 10 more")


# A type says the digits of a decimal and what an array holds.
def test_types():
    assert said(kind="number", physicalType="decimal(9,2)").type == "decimal(9,2)"
    assert said(kind="array", items={"logicalType": "string"}).type == "array of string"
    assert said(kind="array").type == "array"
    assert said(kind="timestamp").type == "timestamp"
