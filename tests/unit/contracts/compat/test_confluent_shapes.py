"""Schemas as the registry holds them."""

from __future__ import annotations

from trunkline.contracts.compat.confluent_shapes import Shape, canonical, combined, merged


# Of two pieces of one type, names and lists add up and the second's values win.
def test_merging():
    one = Shape("object", {"required": frozenset("a"), "properties": {"a": 1}, "prefix": [1], "maxItems": 1})
    other = Shape(
        "object", {"required": frozenset("b"), "properties": {"b": 2}, "prefix": [2], "maxItems": 2}
    )
    assert merged(one, other).facts == {
        "required": frozenset("ab"),
        "properties": {"a": 1, "b": 2},
        "prefix": [1, 2],
        "maxItems": 2,
    }


# What says the same in the same words has one text, whatever the order of names; a reference is its words.
def test_texts():
    one = combined("oneOf", [Shape("string", {"maxLength": 1, "pattern": "a"})])
    other = combined("oneOf", [Shape("string", {"pattern": "a", "maxLength": 1})])
    assert one.text() == other.text()
    assert one.text() != combined("anyOf", one.parts).text()
    assert Shape("reference", {"ref": "#", "target": [one]}).text() == Shape("reference", {"ref": "#"}).text()


# Of a chain of references only the first is followed.
def test_following():
    inner = Shape("reference", {"target": [Shape("null")]})
    assert Shape("reference", {"target": [inner]}).followed() is inner


# One, one and a half's neighbour and true are three values.
def test_values_are_told_apart():
    assert len({canonical(1), canonical(1.0), canonical(True)}) == 3
