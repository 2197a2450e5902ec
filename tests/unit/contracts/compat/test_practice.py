"""What is produced and read in practice: objects closed and opened, never too far."""

from __future__ import annotations

import pytest

from trunkline.contracts.compat import practice
from trunkline.contracts.compat.sides import Side

NUMBER, CLOSED = {"type": "number"}, {"additionalProperties": False}


def tagged(kind, **rest):
    return {"type": "object", "properties": {"kind": {"const": kind}}, "required": ["kind"], **rest}


# A producer writes the fields it knows, however they come into sight; required ones count.
@pytest.mark.parametrize(
    ("schema", "written", "never"),
    [
        ({"properties": {"a": NUMBER}}, {"a": 1}, {"b": 1}),
        ({"properties": {"a": {"properties": {"b": {}}}}}, {"a": {"b": 1}}, {"a": {"c": 1}}),
        ({"properties": {"a": NUMBER}, "required": ["b"]}, {"a": 1, "b": 2}, {"b": 2, "c": 3}),
        ({"allOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]}, {"a": 1, "b": 2}, {"c": 3}),
        ({"properties": {"a": {}}, "anyOf": [{"required": ["b"]}, {}]}, {"a": 1, "b": 2}, {"c": 3}),
        ({"oneOf": [tagged("x"), {"type": "string"}]}, {"kind": "x"}, {"kind": "x", "c": 3}),
        (
            {"$defs": {"d": {"properties": {"a": {}}}}, "items": {"$ref": "#/$defs/d"}},
            [{"a": 1}],
            [{"a": 1, "c": 3}],
        ),
        (
            {"$defs": {"d": {"properties": {"a": {}}}}, "$ref": "#/$defs/d", "properties": {"b": {}}},
            {"a": 1, "b": 2},
            {"c": 3},
        ),
    ],
)
def test_closed(schema, written, never):
    side, closed = Side(schema), practice.produced(Side(schema))
    assert (side.takes(written), side.takes(never)) == (True, True)
    assert (closed.takes(written), closed.takes(never)) == (True, False)


# An object stays open that says something of other fields, or is one of which nothing is stated.
@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {}}, "additionalProperties": True},
        {"properties": {"a": {}}, "patternProperties": {"^x": NUMBER}},
        {"properties": {"a": {}}, "allOf": [{"unevaluatedProperties": NUMBER}]},
        {"type": "object"},
        {"required": ["a"]},
        {"anyOf": [{"properties": {"a": {}}}, {"type": "object"}]},
        {"properties": {"a": {}}, "minProperties": 2},
        {"$defs": {"x": {"properties": {"a": {}}, "$anchor": "x"}}, "$ref": "#x"},
    ],
)
def test_left_open(schema):
    assert practice.produced(Side(schema)).takes({"a": 1, "other": 1, "another": 1})


# A part that another completes is not closed by itself, even where it is a place of its own as well.
def test_a_part_that_is_completed():
    base = {"properties": {"id": {}}}
    extended = {"allOf": [{"$ref": "#/properties/base"}, {"properties": {"more": {}}}]}
    closed = practice.produced(Side({"properties": {"base": base, "extended": extended}}))
    assert closed.takes({"extended": {"id": 1, "more": 2}})
    assert not closed.takes({"extended": {"other": 2}})


# A reader ignores what it does not know, in alternatives too where they visibly exclude each other.
@pytest.mark.parametrize(
    ("schema", "document"),
    [
        ({"properties": {"a": {}}, **CLOSED}, {"b": 1}),
        ({"properties": {"a": {"properties": {}, "unevaluatedProperties": False}}}, {"a": {"b": 1}}),
        ({"oneOf": [tagged("x", **CLOSED), tagged("y", **CLOSED)]}, {"kind": "y", "b": 1}),
    ],
)
def test_opened(schema, document):
    assert Side(schema).refuses(document)
    assert practice.read(Side(schema)).takes(document)


# What would mean the opposite when opened stays as stated: alternatives that only closing tells apart, and
# what must not be; so do maps.
@pytest.mark.parametrize(
    ("schema", "document"),
    [
        ({"oneOf": [{"required": ["a"], "properties": {"a": {}}, **CLOSED}, {"required": ["b"]}]}, {"c": 1}),
        ({"not": {"properties": {"a": {}}, **CLOSED}}, {"a": 1}),
        ({"$defs": {"d": {"properties": {"a": {}}, **CLOSED}}, "not": {"$ref": "#/$defs/d"}}, {"a": 1}),
        ({"additionalProperties": NUMBER}, {"a": "x"}),
    ],
)
def test_as_stated(schema, document):
    assert Side(schema).refuses(document)
    assert practice.read(Side(schema)).refuses(document)


# What must not be leads to the schema as stated, though what is referred to is opened.
def test_references_in_what_is_left_alone():
    schema = {"$defs": {"d": {"properties": {"a": {}}, **CLOSED}}, "not": {"$ref": "#/$defs/d"}}
    assert practice.read(Side(schema)).takes({"b": 1})
