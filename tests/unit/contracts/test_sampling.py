"""Documents of a schema: taken by it, edge cases first, the same each time."""

from __future__ import annotations

import pytest

from trunkline.contracts.compat.sides import Side
from trunkline.contracts.sampling import documents

ORDER = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{4}$"},
        "at": {"type": "string", "format": "date-time"},
        "status": {"enum": ["open", "paid", None]},
        "total": {"type": "number", "multipleOf": 0.01, "minimum": 0},
        "note": {"type": ["string", "null"], "maxLength": 5},
        "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/line"}},
    },
    "required": ["id", "lines"],
    "$defs": {"line": {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]}},
}


# Every document is taken; the first is the least, the second has everything; each listed value, null, the
# longest text and unusual letters are among them.
def test_edge_cases():
    found = documents(ORDER, most=200)
    assert all(map(Side(ORDER).takes, found))
    assert found[0] == {"id": "AA0000", "lines": [{"sku": "a"}]}
    assert found[1].keys() == ORDER["properties"].keys()
    assert {one["status"] for one in found if "status" in one} == {"open", "paid", None}
    notes = {one["note"] for one in found if "note" in one}
    assert {None, "aaaaa"} <= notes
    assert not all(note.isascii() for note in notes if note)


# The same seed gives the same documents, another one other mixtures; no document comes twice.
def test_seeds():
    first = documents(ORDER, seed=1, most=300)
    assert first == documents(ORDER, seed=1, most=300)
    assert first != documents(ORDER, seed=2, most=300)
    assert len({repr(one) for one in first}) == len(first)


# Schemas that combine others have documents too.
@pytest.mark.parametrize(
    "schema",
    [
        True,
        {"oneOf": [{"type": "string"}, {"type": "integer", "minimum": 7}]},
        {"allOf": [{"minimum": 5}, {"maximum": 5}], "type": "integer"},
        {"type": "object", "minProperties": 3},
        {"type": "array", "minItems": 2, "uniqueItems": True, "items": {"type": "integer"}},
        {"not": {"type": "string"}},
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "type": "object"},
        {"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["v"]},
        {"prefixItems": [{"const": 1}], "items": False, "minItems": 1},
        {"additionalProperties": {"type": "integer"}, "minProperties": 1, "type": "object"},
    ],
)
def test_combinations(schema):
    found = documents(schema)
    assert found
    assert all(map(Side(schema).takes, found))


# Where nothing fits, or nothing is found in time, there is none.
@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": "string", "pattern": "^\\p{Greek}+$", "minLength": 9},
        {
            "$ref": "#/$defs/a",
            "$defs": {"a": {"required": ["a"], "type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}}},
        },
        {"type": "array", "minItems": 1_000_000},
        {"type": "string", "minLength": 1_000_000_000},
        {
            "type": "object",
            "properties": {
                f"p{n}": {"properties": {f"q{m}": {"$ref": "#"} for m in range(9)}} for n in range(9)
            },
            "required": ["p0", "no"],
            "not": {},
        },
    ],
)
def test_none(schema):
    assert documents(schema) == []
