"""Comparing by pairs: cycles, combinations, bounds."""

from __future__ import annotations

import json

import pytest
from tests.confluent_examples import NUMBER, TEXT

from trunkline.contracts.compat.confluent_differences import MOST_FOUND, breaks, found
from trunkline.contracts.compat.confluent_drafts import read_draft


def compatible(old, new):
    return not breaks(found(read_draft(old, 7), read_draft(new, 7)))


def a_ring(types, leaf):
    """Objects that each may hold any other, by a union in a property; the last has a leaf of its own."""
    union = {"oneOf": [{"$ref": f"#/definitions/t{at}"} for at in range(types)]}
    each = {f"t{at}": {"type": "object", "properties": {"id": TEXT, "next": union}} for at in range(types)}
    each[f"t{types - 1}"]["properties"]["id"] = leaf
    return {"definitions": each, "properties": {"first": union}}


# Schemas in which all refer to all are compared, and a change deep in them is found.
@pytest.mark.parametrize("types", [2, 12])
def test_rings_of_references(types):
    assert compatible(a_ring(types, TEXT), json.loads(json.dumps(a_ring(types, TEXT))))
    assert not compatible(a_ring(types, TEXT), a_ring(types, NUMBER))


# A pair taken for compatible while it was under way does not stay so where it broke in the end.
def test_what_was_assumed_is_looked_at_again():
    def schema(one, two):
        def node(name, to):
            return {"type": "object", "properties": {"id": {"type": name}, "to": {"oneOf": [{"$ref": to}]}}}

        nodes = {"a": node(one, "#/definitions/c"), "b": node(two, "#/definitions/c")}
        nodes["c"] = node("integer", "#/definitions/a")
        roots = [{"$ref": "#/definitions/a"}, {"$ref": "#/definitions/b"}]
        return {"definitions": nodes, "properties": {"root": {"oneOf": roots}}}

    assert compatible(schema("integer", "boolean"), schema("integer", "boolean"))
    assert not compatible(schema("integer", "boolean"), schema("boolean", "number"))


# A chain deeper than what is under way at once is compared to its end.
def test_a_deep_chain():
    def chain(end):
        names = {f"d{at}": {"properties": {"next": {"$ref": f"#/definitions/d{at + 1}"}}} for at in range(90)}
        return {"definitions": {**names, "d90": end}, "$ref": "#/definitions/d0"}

    assert compatible(chain(TEXT), chain({**TEXT, "title": "end"}))
    assert not compatible(chain(TEXT), chain(NUMBER))


# Of very many differences those that break are told first.
def test_very_many_differences():
    olds = {f"p{at:04}": {**TEXT, "title": "old"} for at in range(MOST_FOUND + 10)}
    news = dict.fromkeys(olds, TEXT) | {"p0509": NUMBER}
    differences = found(read_draft({"properties": olds}, 7), read_draft({"properties": news}, 7))
    assert len(differences) == MOST_FOUND
    assert differences[0] == (("properties", "p0509"), "type changed")


# Duplicates in a union count once.
def test_duplicates_in_a_union():
    assert compatible({"oneOf": [TEXT, TEXT, NUMBER]}, {"oneOf": [NUMBER, TEXT]})


# Decimals that Kafka Connect marks as bytes may change their type.
def test_decimals_of_kafka_connect():
    mark = {"connect.type": "bytes"}
    assert compatible({**TEXT, **mark}, {**NUMBER, **mark})


# A default of null is one.
def test_a_default_of_null():
    old, new = read_draft(TEXT, 7), read_draft({**TEXT, "default": None}, 7)
    assert found(old, new) == [((), "default changed")]
