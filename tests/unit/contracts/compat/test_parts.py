"""The schemas in a schema."""

from __future__ import annotations

from trunkline.contracts.compat.parts import Weight, Weights, references, subschemas


# What only looks like a schema is none, and a property may have a keyword's name.
def test_subschemas():
    schema = {"const": {"$ref": "no"}, "properties": {"enum": {"$ref": "#"}}}
    assert list(subschemas(schema)) == [schema, {"$ref": "#"}]


# References are found wherever a schema stands, also in lists.
def test_references():
    schema = {"anyOf": [{"$ref": "#/a"}, {"items": {"$ref": "#/b"}}], "enum": [{"$ref": "no"}]}
    assert sorted(references(schema)) == ["#/a", "#/b"]


# A schema weighs as much as all schemas in it, and a pattern what it costs to compile.
def test_weights():
    weights = Weights()
    inner = {"type": "string", "maxLength": 5}
    assert weights.of(inner) == Weight(2, 0)
    assert weights.of({"properties": {"a": inner, "b": {"$ref": "#"}}}) == Weight(4, 1)
    assert weights.of(True) == Weight(0, 0)
    assert weights.steps({"pattern": "(a{100}){100}"}) > weights.steps({"pattern": "a"})
    assert weights.steps({"allOf": [{"$ref": "#"}] * 1_000}) > 200
