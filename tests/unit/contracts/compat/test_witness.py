"""Counter-examples: small, plain, and agreed to by both validators."""

from __future__ import annotations

import pytest

from trunkline.contracts.compat.containment import Oracle
from trunkline.contracts.compat.proof import Proof
from trunkline.contracts.compat.sides import Formats, Side
from trunkline.contracts.compat.witness import Witnesses

ORDER = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "total": {"type": "number", "multipleOf": 0.01},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
    },
    "required": ["id"],
}


def example(produced, read, formats=None):
    one, other = Side(produced, formats or Formats()), Side(read, formats or Formats())
    proof = Proof(one, other)
    assert not proof.contained(one.flat(produced), read)
    found = Witnesses(one, other, Oracle()).at(proof.gaps)
    assert found is not None
    assert one.takes(found.document)
    assert other.refuses(found.document)
    return found.document


# The example is the smallest document that has the place, with the value that is lost.
@pytest.mark.parametrize(
    ("produced", "read", "document"),
    [
        (ORDER, {"required": ["total"]}, {"id": "a"}),
        (ORDER, {"properties": {"total": {"maximum": 10}}}, {"id": "a", "total": 11}),
        (ORDER, {"properties": {"id": {"maxLength": 3}}}, {"id": "aaaa"}),
        (
            ORDER,
            {"properties": {"lines": {"items": {"properties": {"sku": {"minLength": 1}}}}}},
            {"id": "a", "lines": [{"sku": ""}]},
        ),
        ({"enum": ["x", "y"]}, {"enum": ["x"]}, "y"),
        ({"type": ["string", "null"]}, {"type": "string"}, None),
        ({"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}, "2026-01-05"),
        (
            {"type": "object", "additionalProperties": {"type": "string"}},
            {"maxProperties": 0},
            {"other": ""},
        ),
        ({"type": "integer", "multipleOf": 3, "minimum": 100}, {"multipleOf": 2}, 105),
    ],
)
def test_smallest(produced, read, document):
    assert example(produced, read) == document


# Formats made for contracts are judged by their checks.
def test_formats_of_contracts():
    formats = Formats({"date as dd.MM.yyyy": lambda text: text[2:3] == "."})
    assert "." in example({"type": "string", "format": "date as dd.MM.yyyy"}, {"format": "date"}, formats)


# Without a place to look at, the documents of the producing side are tried.
def test_anywhere():
    side = Side({"type": "integer"})
    assert Witnesses(side, Side({"maximum": 5}), Oracle()).anywhere().document > 5
    assert Witnesses(side, Side({"type": "number"}), Oracle()).anywhere() is None
