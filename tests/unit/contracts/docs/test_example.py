"""Examples: from the contract where nobody is meant, made up everywhere else."""

from __future__ import annotations

import pytest
from tests.contract_files import contract_of, prop

from trunkline.contracts.docs.describe import described
from trunkline.contracts.docs.model import NO_EXAMPLE


def example(**rest):
    kind = rest.pop("kind", "string")
    return described(contract_of(prop("x", kind, required=True, **rest))).fields[0].example


# A field that is not personal shows the first of its own examples that it accepts.
def test_own_examples():
    assert example(examples=["MUG-1", "MUG-2"]) == "MUG-1"
    assert example(examples=[5, None, "mug", "MUG-2"], pattern="^MUG-[0-9]$") == "MUG-2"


# A personal field shows a made-up value of its type, whatever examples it has.
@pytest.mark.parametrize(
    ("stated", "shown"),
    [
        ({"format": "email"}, "name@example.com"),
        ({"format": "ipv4"}, "192.0.2.1"),
        ({}, "example"),
        ({"maxLength": 3}, "exa"),
        ({"minLength": 9}, "examplexx"),
        ({"pattern": "^[A-Z]{2}[0-9]+$"}, "AA0"),
        ({"kind": "date"}, "2000-01-31"),
        ({"kind": "timestamp"}, "2000-01-31T12:00:00Z"),
        ({"kind": "integer", "minimum": 18}, 18),
        ({"kind": "number", "exclusiveMaximum": 0}, -1),
        ({"kind": "boolean"}, True),
        ({"enum": [{"value": "F"}, {"value": "M"}]}, "F"),
    ],
)
def test_personal(stated, shown):
    given = [True, 77, "ada@example.org", "ADA17", "1815-12-10", "M"]
    assert example(classification="personal", examples=given, **stated) == shown


# Dates and times are written in the field's own format and within its bounds.
@pytest.mark.parametrize(
    ("kind", "options", "shown"),
    [
        ("date", {"format": "dd.MM.yyyy"}, "31.01.2000"),
        ("timestamp", {"format": "yyyy-MM-dd'T'HH:mm:ssXXX"}, "2000-01-31T12:00:00Z"),
        ("timestamp", {"format": "M/d/yy h:mm a"}, "1/31/00 12:00 PM"),
        ("timestamp", {"timezone": False}, "2000-01-31T12:00:00"),
        ("date", {"minimum": "2020-01-01"}, "2020-01-01"),
        ("time", {"format": "HHmm"}, "1200"),
    ],
)
def test_moments(kind, options, shown):
    assert example(kind=kind, **options) == shown


# Numbers keep to bounds, steps and digits.
@pytest.mark.parametrize(
    "stated",
    [
        {"kind": "integer", "minimum": 10, "multipleOf": 7},
        {"kind": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5, "multipleOf": 0.25},
        {"kind": "number", "physicalType": "decimal(4,2)", "minimum": 90},
        {"kind": "number", "maximum": -3},
    ],
)
def test_numbers(stated):
    contract = contract_of(prop("x", stated.pop("kind"), required=True, **stated))
    assert contract.check({"x": described(contract).fields[0].example}) == ()


# A record is made of its fields' examples, arrays and maps included, and the contract accepts it.
def test_record():
    contract = contract_of(
        prop("id", "string", primaryKey=True),
        prop(
            "lines",
            "array",
            required=True,
            minItems=2,
            items=prop("", "object", properties=[prop("sku", "string")]),
        ),
        prop("labels", "map", map={"key": {"logicalType": "string"}, "value": {"logicalType": "integer"}}),
        prop(
            "empty",
            "array",
            items={"logicalType": "string", "logicalTypeOptions": {"pattern": r"^\p{Greek}$"}},
        ),
        prop("open", "object"),
        prop("anything", "array"),
        {"name": "any", "physicalType": "json"},
    )
    shown = described(contract).example
    assert shown == {
        "id": "example",
        "lines": [{"sku": "example"}] * 2,
        "labels": {"example": 1},
        "open": {},
        "anything": [0],
        "any": "example",
    }
    assert contract.check(shown) == ()


# Where no value is found for what is required there is no example of the record either.
def test_none_found():
    contract = contract_of(prop("x", "string", required=True, pattern=r"^\p{Greek}$"))
    assert described(contract).fields[0].example is NO_EXAMPLE
    assert described(contract).example is NO_EXAMPLE
