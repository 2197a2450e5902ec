"""Containment proved from structure: what follows, what does not, and that it ends."""

from __future__ import annotations

import pytest

from trunkline.contracts.compat.proof import Proof
from trunkline.contracts.compat.sides import Formats, Side


def contained(produced, read, formats=None):
    one, other = Side(produced, formats or Formats()), Side(read, formats or Formats())
    return Proof(one, other).contained(one.flat(produced), read)


def listing(value):
    node = {"type": "object", "properties": {"value": value, "next": {"$ref": "#/$defs/node"}}}
    return {"$defs": {"node": node}, "$ref": "#/$defs/node"}


def tagged(kind, **properties):
    return {"type": "object", "properties": {"kind": {"const": kind}, **properties}, "required": ["kind"]}


SMALL, WHOLE, TEXT = {"type": "integer", "maximum": 5}, {"type": "integer"}, {"type": "string"}


# What is narrower is within what is wider, and not the other way round.
@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (SMALL, WHOLE),
        (WHOLE, {"type": "number"}),
        ({"enum": [1, 2]}, SMALL),
        ({"type": "boolean"}, {"enum": [True, False, None]}),
        ({"allOf": [TEXT, {"minLength": 3}]}, {"minLength": 2}),
        ({"anyOf": [TEXT, {"type": "null"}]}, {"type": ["string", "null", "object"]}),
        (TEXT, {"anyOf": [{"type": "null"}, TEXT]}),
        (tagged("a", n=SMALL), {"oneOf": [tagged("a", n=WHOLE), tagged("b")]}),
        ({"oneOf": [tagged("a", n=SMALL), tagged("b")]}, {"oneOf": [tagged("a", n=WHOLE), tagged("b")]}),
        ({"properties": {"a": SMALL}, "required": ["a"], "type": "object"}, {"properties": {"a": WHOLE}}),
        ({"properties": {"a": False}, "type": "object"}, {"properties": {"a": TEXT}}),
        ({"patternProperties": {"^x": SMALL}}, {"patternProperties": {"^x": WHOLE}}),
        ({"type": "object", "additionalProperties": SMALL}, {"properties": {"a": WHOLE}, "type": "object"}),
        ({"type": "object", "propertyNames": {"maxLength": 2}}, {"propertyNames": {"maxLength": 3}}),
        ({"required": ["a", "b"], "type": "object"}, {"dependentRequired": {"c": ["a"]}, "minProperties": 2}),
        ({"items": SMALL, "maxItems": 3}, {"items": WHOLE, "maxItems": 4}),
        ({"type": "array", "prefixItems": [TEXT], "items": False}, {"maxItems": 1, "items": TEXT}),
        ({"maxItems": 1, "type": "array"}, {"uniqueItems": True}),
        (TEXT, {"if": {"type": "string"}, "then": {"minLength": 0}}),
        (TEXT, {"not": {"type": "null"}}),
        (listing(SMALL), listing(WHOLE)),
        ({"$ref": "#/$defs/a", "$defs": {"a": TEXT}}, {"type": ["string", "null"]}),
    ],
)
def test_narrow_in_wide(narrow, wide):
    assert contained(narrow, wide)
    assert contained(narrow, narrow)
    assert not contained(wide, narrow)


# A pair met again deeper is taken as shown; met again in the same place it is a circle and shows nothing.
def test_circles():
    circle = {"$defs": {"a": {"anyOf": [TEXT, {"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"}
    assert not contained({"type": "number"}, circle)
    assert contained(TEXT, circle)


# What relied on a pair that fell falls with it.
def test_what_relied_on_what_fell():
    def tree(value):
        both = {"left": {"$ref": "#/$defs/t"}, "right": {"$ref": "#/$defs/t"}, "value": value}
        return {"$defs": {"t": {"type": "object", "properties": both}}, "$ref": "#/$defs/t"}

    assert contained(tree(SMALL), tree(WHOLE))
    assert not contained(tree(WHOLE), tree(SMALL))


# Equal names of formats are equal, one is another where their patterns are; else it is not shown.
def test_formats():
    formats = Formats(
        {"day": str.isdigit, "tag": str.isdigit, "week": str.isdigit}, {"day": "^d$", "tag": "^d$"}
    )
    day, tag, week = ({"type": "string", "format": name} for name in ("day", "tag", "week"))
    assert contained(week, week, formats)
    assert contained(day, tag, formats)
    assert not contained(day, week, formats)
    assert contained(week, TEXT, formats)


# References that read alike mean the same only where they lead to the same.
def test_references_that_read_alike():
    def schema(target):
        return {"$defs": {"a": target}, "not": {"$ref": "#/$defs/a"}, "minLength": 1}

    assert contained(
        schema({"type": "object", "minProperties": 1}), schema({"type": "object", "minProperties": 1})
    )
    assert not contained(schema({"minLength": 4}), schema({"minLength": 3}))


# A proof says where it failed: the place in the value and what does not follow there.
def test_gaps():
    old, new = Side({"properties": {"a": {"items": WHOLE}}}), Side({"properties": {"a": {"items": SMALL}}})
    proof = Proof(old, new)
    assert not proof.contained(old.flat(old.root), new.root)
    assert (proof.gaps[0].path, proof.gaps[0].wanted) == (("a", 0), {"maximum": 5})


# Products of alternatives, deep chains of references and graphs that fan out end in time, undecided.
@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [{"oneOf": [{"required": [f"a{n}{m}"]} for m in range(8)]} for n in range(8)]},
        {
            "$defs": {
                **{f"n{n}": {"properties": {"a": {"$ref": f"#/$defs/n{n + 1}"}}} for n in range(2_000)},
                "n2000": WHOLE,
            },
            "$ref": "#/$defs/n0",
        },
        {
            "$defs": {
                **{
                    f"n{n}": {"properties": {k: {"$ref": f"#/$defs/n{n + 1}"} for k in "ab"}}
                    for n in range(30)
                },
                "n30": WHOLE,
            },
            "$ref": "#/$defs/n0",
        },
    ],
)
def test_it_ends(schema):
    assert contained(schema, schema) in (True, False)
    assert not contained({}, schema)
