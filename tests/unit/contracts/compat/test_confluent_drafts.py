"""Schemas of drafts 4, 6 and 7, read as the registry reads them."""

from __future__ import annotations

import pytest

from trunkline.contracts.compat.confluent_document import MOST_PARTS
from trunkline.contracts.compat.confluent_drafts import read_draft


def kinds(schema, draft=7):
    shape = read_draft(schema, draft)
    return [part.kind for part in shape.parts] if shape.kind == "combined" else shape.kind


# What is said of several types, and a type beside values or combinations, is a combination of its own.
def test_what_stands_side_by_side():
    assert kinds({}) == "empty"
    assert kinds(True) == "true"
    assert kinds({"maxLength": 1}) == "string"
    assert kinds({"type": "string", "enum": ["a"]}) == ["enum", "string"]
    assert kinds({"type": ["string", "null"]}) == ["string", "null"]
    assert kinds({"minLength": 1, "minimum": 1, "if": {}, "not": {}}) == [
        "not",
        "number",
        "string",
        "conditional",
    ]


# Beside a reference nothing counts, and a schema may refer to itself.
def test_references():
    shape = read_draft({"properties": {"next": {"$ref": "#", "type": "null"}}}, 7)
    following = shape.facts["properties"]["next"]
    assert following.kind == "reference"
    assert following.followed().facts["properties"]["next"].followed() is following.followed()


# Each draft has its words: "const" since 6, "if" since 7, and before 6 an exclusive bound is only marked.
def test_words_of_drafts():
    assert (kinds({"const": 1}, 4), kinds({"const": 1}, 6)) == ("empty", "const")
    assert (kinds({"if": {}}, 6), kinds({"if": {}}, 7)) == ("empty", "conditional")
    assert "exclusiveMaximum" not in read_draft({"maximum": 1, "exclusiveMaximum": True}, 4).facts
    with pytest.raises(ValueError, match="a boolean is expected"):
        read_draft({"exclusiveMaximum": 1}, 4)
    assert read_draft({"exclusiveMaximum": 1}, 6).facts == {"exclusiveMaximum": 1}


# What is no schema is refused, and so is one that references blow up.
@pytest.mark.parametrize(
    "schema", [3, {"type": "text"}, {"enum": 1}, {"properties": []}, {"$ref": "other.json"}, {"not": 1}]
)
def test_what_is_no_schema(schema):
    with pytest.raises(ValueError, match=r"expected|unknown type|not present"):
        read_draft(schema, 7)


def test_a_schema_of_too_many_parts():
    with pytest.raises(ValueError, match=f"more than {MOST_PARTS} parts"):
        read_draft({"allOf": [{}] * (MOST_PARTS + 1)}, 7)
