"""Schemas of 2019-09 and 2020-12, read as the registry reads them."""

from __future__ import annotations

import pytest

from trunkline.contracts.compat.confluent_modern import read_modern


def kinds(schema):
    shape = read_modern(schema)
    return [part.kind for part in shape.parts] if shape.kind == "combined" else shape.kind


# Keywords of one type are one schema, of several types a combination, in the order of the text.
def test_what_stands_side_by_side():
    assert kinds({"format": "date"}) == "empty"
    assert kinds({"maxLength": 1, "type": "string", "format": "date"}) == "string"
    assert kinds({"enum": ["a"], "type": "string", "minLength": 1}) == ["enum", "string"]
    assert kinds({"$ref": "#", "type": "object", "properties": {"a": {}}}) == ["reference", "object"]


# A bound beside several types belongs to the one of its type.
def test_several_types():
    shape = read_modern({"type": ["string", "null"], "maxLength": 3})
    assert (shape.criterion, [part.kind for part in shape.parts]) == ("anyOf", ["string", "null"])
    assert shape.parts[0].facts["maxLength"] == 3


# Inside a written combination, one that the text does not have is taken apart.
def test_combinations_are_taken_apart():
    assert kinds({"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}) == [
        "string",
        "enum",
        "null",
    ]


# An unknown word, or $defs, beside "unevaluatedProperties" makes it count for nothing.
@pytest.mark.parametrize("beside", [{"x-owner": "sales"}, {"$defs": {"a": {}}}])
def test_what_unknown_words_cost(beside):
    schema = {"type": "object", "unevaluatedProperties": False}
    assert read_modern(schema).loose["unevaluatedProperties"].kind == "false"
    assert "unevaluatedProperties" not in read_modern({**schema, **beside}).loose


# What is no schema is refused.
@pytest.mark.parametrize("schema", [{"items": [{}]}, {"type": 3}, {"properties": []}, {"required": 1}, []])
def test_what_is_no_schema(schema):
    with pytest.raises(ValueError, match=r"type|expected|of another type"):
        read_modern(schema)
