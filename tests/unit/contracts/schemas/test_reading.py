"""Texts of schemas, read and compared."""

from __future__ import annotations

import json

import pytest

from trunkline.contracts.registry.version import Reference
from trunkline.contracts.schemas.reading import TEXT_BYTES, difference, schema_text, whole

LINE = '{"type": "record", "name": "Line", "fields": [{"name": "sku", "type": "string"}]}'
LINES = '{"type": "record", "name": "Order", "fields": [{"name": "line", "type": "Line"}]}'
REFERENCE = Reference("line.json", "line", 1)


# The digest knows no spelling and no order, but the kind and what is referred to.
def test_digests():
    one, other = '{"type": "string", "minLength": 1}', '{"minLength":1,"type":"string"}'
    digest = schema_text("json", one, [], {}).digest
    assert schema_text("json", other, [], {}).digest == digest
    assert schema_text("json", other, [REFERENCE], {}).digest != digest
    assert schema_text("avro", '"int"', [], {}).digest != schema_text("avro", '"long"', [], {}).digest


# What is no schema of its kind is refused, with the reason.
@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("json", "{", "no JSON"),
        ("json", '{"type": "text"}', "unknown type"),
        ("json", '{"$ref": "http://127.0.0.1:9/a.json"}', "not present"),
        ("avro", '"Order"', "there is no type 'Order'"),
        ("avro", "[" * 100_000, "no JSON"),
        ("json", '"' + "a" * TEXT_BYTES + '"', "longer than"),
    ],
)
def test_what_is_no_schema(kind, text, message):
    with pytest.raises(ValueError, match=message):
        schema_text(kind, text, [], {})


# An Avro text may name a type of another, and a JSON Schema refer to another by its name.
def test_references():
    assert schema_text("avro", LINES, [REFERENCE], {"Line": LINE})
    text = json.dumps({"properties": {"line": {"$ref": "line.json#/properties/sku"}}})
    line = '{"properties": {"sku": {"type": "string"}}}'
    assert whole(text, {"line.json": line})["$defs"]["line.json"]["$id"] == "line.json"
    assert schema_text("json", text, [REFERENCE], {"line.json": line})
    old = schema_text("json", text, [REFERENCE], {"line.json": line})
    found = difference(
        old, old, "confluent", [{"line.json": line}, {"line.json": line.replace("string", "number")}]
    )
    assert found.effect("backward") == "breaking"


# An Avro schema and a JSON Schema do not compare.
def test_two_kinds():
    assert (
        difference(
            schema_text("json", "{}", [], {}), schema_text("avro", '"int"', [], {}), "strict", [{}, {}]
        )
        is None
    )


# Digits beyond those of a binary float tell two schemas apart as well.
def test_exact_numbers():
    one, other = (
        schema_text("json", f'{{"maximum": {text}}}', [], {}) for text in ("0.1", "0.10000000000000001")
    )
    assert one.digest != other.digest
