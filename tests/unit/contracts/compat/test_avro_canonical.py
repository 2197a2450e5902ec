"""The canonical form and fingerprints."""

from __future__ import annotations

import avro.schema
import fastavro.schema
from hypothesis import assume, given
from tests.avro_schemas import record, schemas

from trunkline.contracts.compat.avro_canonical import canonical_form, fingerprint, rabin, written
from trunkline.contracts.compat.avro_types import AvroInvalid, parse_avro


# Names are whole, a type is written once, and what no reader needs is left out.
def test_the_form():
    schema = record(
        ("a", {"type": "int", "doc": "x"}, {"default": 1}), ("b", ["null", "Order"]), name="shop.Order"
    )
    assert canonical_form(parse_avro(schema)) == (
        '{"name":"shop.Order","type":"record","fields":[{"name":"a","type":"int"},'
        '{"name":"b","type":["null","shop.Order"]}]}'
    )


# The fingerprints are those of the specification's own algorithm and of SHA-256.
def test_fingerprints():
    assert rabin(parse_avro("int")) == 0x7275D51A3F395C8F
    assert fingerprint(parse_avro({"type": "int"})) == fingerprint(parse_avro("int"))
    assert fingerprint(parse_avro("int")) == fastavro.schema.fingerprint('"int"', "SHA-256")


# What fastavro makes of a schema is the same, fingerprint and all.
@given(schemas())
def test_another_library_agrees(schema):
    try:
        ours = parse_avro(schema)
    except AvroInvalid:
        assume(False)
    theirs = fastavro.schema.to_parsing_canonical_form(schema)
    assert canonical_form(ours) == theirs
    assert f"{rabin(ours).to_bytes(8, 'little').hex()}" == fastavro.schema.fingerprint(theirs, "CRC-64-AVRO")


# Written for readers, aliases and defaults are there, and it is read as the same again.
def test_written_for_readers():
    schema = record(("a", "int", {"default": 1, "aliases": ["b"]}), aliases=["Sale"])
    again = written(parse_avro(schema), readers=True)
    assert (again["aliases"], again["fields"][0]) == (
        ["Sale"],
        {"name": "a", "type": "int", "aliases": ["b"], "default": 1},
    )
    assert avro.schema.parse(__import__("json").dumps(again))
