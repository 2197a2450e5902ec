"""Every difference is found, with its place in the version that has it."""

from __future__ import annotations

import pytest

from trunkline.contracts.compat.changes import Walk
from trunkline.contracts.compat.kinds import KINDS
from trunkline.contracts.compat.sides import Side

TEXT, NUMBER = {"type": "string"}, {"type": "number"}


def found(old, new):
    changes = list(Walk(Side(old), Side(new)).found())
    assert {change.kind for change in changes} <= KINDS.keys()
    return [(change.kind, change.pointer) for change in changes]


def obj(required=(), **properties):
    return {"type": "object", "properties": properties, "required": list(required)}


def any_of(*schemas):
    return {"anyOf": list(schemas)}


# Each difference has its class, and the pointer of where it is, or was.
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (obj(), obj(a=TEXT), ("property-added-optional", "/properties/a")),
        (obj(), obj(["a"], a=TEXT), ("property-added-required", "/properties/a")),
        (obj(["a/b"], **{"a/b": TEXT}), obj(), ("property-removed", "/properties/a~1b")),
        (obj(a=TEXT), obj(["a"], a=TEXT), ("became-required", "/properties/a")),
        (obj(["a"], a=TEXT), obj(a=TEXT), ("became-optional", "/properties/a")),
        (obj(a=obj(b=TEXT)), obj(a=obj(b=NUMBER)), ("type-changed", "/properties/a/properties/b/type")),
        ({"enum": [1]}, {"enum": [1, True]}, ("enum-value-added", "/enum")),
        ({"const": 1}, {"minimum": 1, "const": 1}, ("bound-tightened", "/minimum")),
        ({"enum": [1, 2]}, {"const": 1}, ("enum-value-removed", "/const")),
        ({"enum": [1]}, {}, ("enum-value-added", "/enum")),
        ({"items": TEXT}, {"items": NUMBER}, ("type-changed", "/items/type")),
        ({"prefixItems": [TEXT]}, {"prefixItems": [NUMBER]}, ("type-changed", "/prefixItems/0/type")),
        (any_of(TEXT, NUMBER), any_of(NUMBER, TEXT, {"type": "null"}), ("alternative-added", "/anyOf")),
        (
            {"additionalProperties": TEXT},
            {"additionalProperties": NUMBER},
            ("type-changed", "/additionalProperties/type"),
        ),
        ({"oneOf": [TEXT, NUMBER]}, {"oneOf": [NUMBER]}, ("alternative-removed", "/oneOf")),
        ({"anyOf": [TEXT, NUMBER]}, {"anyOf": [NUMBER, {"type": "null"}]}, ("type-changed", "/anyOf/1/type")),
        ({"not": TEXT}, {"not": NUMBER}, ("shape-changed", "/not")),
        ({"title": "a"}, {"title": "b"}, ("description-changed", "/title")),
        ({"x-owner": "a"}, {}, ("description-changed", "/x-owner")),
        ({}, False, ("shape-changed", "")),
    ],
)
def test_one_difference(old, new, expected):
    assert found(old, new) == [expected]
    assert found(old, old) == []


# What is referred to from several places, or from itself, is told once, where it stands.
def test_references():
    def order(zip_code):
        address = {"type": "object", "properties": {"zip": zip_code, "of": {"$ref": "#/$defs/address"}}}
        both = {name: {"$ref": "#/$defs/address"} for name in ("billing", "shipping")}
        return {"$defs": {"address": address}, "properties": both}

    assert found(order(TEXT), order(NUMBER)) == [("type-changed", "/$defs/address/properties/zip/type")]
