"""A contract as a JSON Schema file."""

from __future__ import annotations

import json

import jsonschema_rs
from tests.contract_files import contract_of, prop

from trunkline.app.docs.export import pretty
from trunkline.app.docs.schemafile import file_name, schema_of
from trunkline.contracts.docs.describe import described

OURS = {"x-classification", "x-personal", "x-roles", "description", "title", "$id"}


def bare(value):
    """Return a schema without annotations; properties of these names are kept."""
    if isinstance(value, dict):
        return {
            key: {name: bare(each) for name, each in child.items()} if key == "properties" else bare(child)
            for key, child in value.items()
            if key not in OURS
        }
    return [bare(each) for each in value] if isinstance(value, list) else value


# The file holds the very schema that records are checked by, and annotations that say what fields mean.
def test_schema():
    inner = prop("title", "string", classification="personal", description="How to call them.")
    contract = contract_of(
        prop("id", "string", primaryKey=True, businessName="Number"),
        prop("people", "array", items=prop("", "object", properties=[inner])),
        prop("labels", "map", map={"key": {"logicalType": "string"}, "value": {"logicalType": "integer"}}),
    )
    doc = described(contract)
    schema = json.loads(pretty(schema_of(doc)))
    jsonschema_rs.Draft202012Validator(schema, offline=True)
    assert bare(schema) == bare(json.loads(pretty(contract.schema)))
    assert schema["$id"] == "urn:trunkline:contract:thing:1.0.0"
    assert schema["properties"]["id"]["x-roles"] == ["entity key"]
    title = schema["properties"]["people"]["items"]["properties"]["title"]
    assert (title["description"], title["x-personal"]) == ("How to call them.", True)
    assert file_name(doc) == "thing@1.0.0.schema.json"


# The contract's own schema is not touched.
def test_copied():
    contract = contract_of(prop("id", "string", description="D"))
    schema_of(described(contract))
    assert "description" not in contract.schema["properties"]["id"]
