"""Schemas of OpenAPI files say the same in JSON Schema 2020-12."""

from __future__ import annotations

import jsonschema_rs
import pytest

from trunkline.app.testing.dialect import Schemas, Unusable
from trunkline.app.testing.spec import Spec


def schemas(version="3.0.3", **components):
    value = {"openapi": version, "info": {}, "paths": {}, "components": {"schemas": components}}
    return Spec(value).schemas


def standing(schema, version="3.0.3", **components):
    return schemas(version, **components).standing(schema, "/here")


def valid(schema, value):
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(value)


# Words of 3.0: null where it is allowed, exclusive bounds, formats of numbers; each value as 3.0 judges it.
@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "string", "nullable": True}, [None, "a"], [1]),
        ({"type": "string"}, ["a"], [None]),
        ({"type": "string", "nullable": True, "enum": ["a"]}, ["a"], [None, "b"]),
        ({"nullable": True, "allOf": [{"type": "string"}]}, ["a"], [None]),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, [1], [0]),
        ({"type": "number", "maximum": 5, "exclusiveMaximum": False}, [5], [6]),
        ({"type": "integer", "format": "int32"}, [2**31 - 1], [2**31]),
        ({"type": "integer", "format": "int64"}, [2**63 - 1], [2**63]),
        ({"type": "string", "format": "password"}, ["any"], [1]),
        ({"type": "string", "const": "a"}, ["b"], [1]),
        (
            {
                "type": "object",
                "properties": {"nullable": {"type": "string"}, "example": {"type": "integer"}},
            },
            [{"nullable": "a", "example": 1}],
            [{"nullable": 1}, {"example": "a"}],
        ),
    ],
)
def test_30(schema, good, bad):
    made = standing(schema)
    assert all(valid(made, value) for value in good)
    assert not any(valid(made, value) for value in bad)


# In 3.1 the words are those of 2020-12; what only describes is left out.
def test_31():
    made = standing(
        {"type": ["string", "null"], "const": "a", "example": 5, "discriminator": {}, "x-y": {}}, "3.1.0"
    )
    assert made == {"type": ["string", "null"], "const": "a"}
    assert standing(True, "3.1.0") is True


# References lead to copies within the schema, round in a circle too; beside one of 3.0 nothing counts.
def test_references():
    node = {
        "type": "object",
        "properties": {"next": {"$ref": "#/components/schemas/Node"}, "n": {"type": "integer"}},
    }
    made = standing({"$ref": "#/components/schemas/Node", "maxProperties": 0}, Node=node)
    assert valid(made, {"next": {"next": {"n": 1}}})
    assert not valid(made, {"next": {"next": {"n": "a"}}})


# What is only in answers need not be in a request.
def test_read_only():
    schema = {"type": "object", "required": ["id", "n"], "properties": {"id": {"readOnly": True}, "n": {}}}
    made = standing(schema)
    assert valid(made, {"n": 1})
    assert not valid(made, {"id": 1})


# What leads out of the file, to nothing, or is no schema is refused with its place.
@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"$ref": "https://example.com/s.json"}, "nothing is fetched"),
        ({"$ref": "other.yaml#/A"}, "nothing is fetched"),
        ({"$ref": "#/components/schemas/Absent"}, "leads to nothing"),
        ({"properties": {"a/b": {"$ref": "x.yaml"}}}, "nothing is fetched"),
        ({"$ref": 5}, "nothing is fetched"),
        ({"$id": "https://example.com/s"}, "a name of its own"),
        ({"items": []}, "a schema is an object"),
        ("string", "a schema is an object"),
    ],
)
def test_unusable(schema, why):
    with pytest.raises(Unusable, match=why) as caught:
        standing(schema)
    assert caught.value.pointer


def test_the_place_of_what_is_unusable():
    with pytest.raises(Unusable) as caught:
        Schemas(lambda _: {}, is_30=False).standing({"properties": {"a/b": {"not": 5}}}, "/here")
    assert caught.value.pointer == "/here/properties/a~1b/not"
