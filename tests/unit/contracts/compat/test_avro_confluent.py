"""The verdicts of Confluent's Schema Registry on Avro."""

from __future__ import annotations

import json

import avro.compatibility
import avro.errors
import avro.schema
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.avro_schemas import changed, enum, record, schemas

from trunkline.contracts.compat.avro_confluent import registry_found
from trunkline.contracts.compat.avro_types import AvroInvalid, parse_avro
from trunkline.contracts.compat.effort import Effort

NODE = record(("next", ["null", "Node"]), name="Node")


# Every class of that registry, at the place in the reader's schema.
@pytest.mark.parametrize(
    ("reader", "writer", "found"),
    [
        ("int", "long", [("", "type mismatch")]),
        (record(name="A"), record(name="B"), [("", "name mismatch")]),
        (record(name="A", aliases=["B"]), record(name="B"), []),
        (
            {"type": "fixed", "name": "K", "size": 1},
            {"type": "fixed", "name": "K", "size": 2},
            [("", "fixed size mismatch")],
        ),
        (enum("A"), enum("A", "B"), [("", "missing enum symbols")]),
        (enum("A", default="A"), enum("A", "B"), []),
        (record(("a", "int")), record(), [("/fields/0", "reader field missing default value")]),
        (
            record(("a", "int", {"aliases": ["b"]})),
            record(("a", "int"), ("b", "int")),
            [("/fields/0", "ambiguous aliases")],
        ),
        (["null", "int"], ["null", "string"], [("", "missing union branch")]),
        (["null", "int"], "string", [("", "missing union branch")]),
        (
            {"type": "map", "values": "string"},
            {"type": "map", "values": ["bytes", "int"]},
            [("/values", "type mismatch")],
        ),
        (NODE, NODE, []),
    ],
)
def test_every_class(reader, writer, found):
    assert registry_found(parse_avro(reader), parse_avro(writer), Effort()) == found


@st.composite
def versions(draw):
    old = draw(schemas())
    return old, draw(changed(old))


# The verdict is that of the checker which comes with Avro, on which that registry rests.
@settings(max_examples=300, deadline=None)
@given(versions())
def test_the_checker_of_avro_agrees(pair):
    try:
        ours = [parse_avro(schema) for schema in pair]
        theirs = [avro.schema.parse(json.dumps(schema)) for schema in pair]
    except (AvroInvalid, avro.errors.AvroException):
        assume(False)
    checker = avro.compatibility.ReaderWriterCompatibilityChecker()
    expected = checker.get_compatibility(theirs[1], theirs[0]).compatibility
    compatible = expected is avro.compatibility.SchemaCompatibilityType.compatible
    assert (not registry_found(ours[1], ours[0], Effort())) == compatible
