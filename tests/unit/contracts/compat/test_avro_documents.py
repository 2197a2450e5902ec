"""Documents of Avro schemas, really written and read."""

from __future__ import annotations

import builtins

import pytest
from hypothesis import assume, given
from tests.avro_schemas import enum, record, schemas

from trunkline.contracts.compat.avro_documents import NoDocument, is_read, placed, sample
from trunkline.contracts.compat.avro_types import AvroInvalid, parse_avro
from trunkline.contracts.compat.effort import Effort


# A sample is a document of its schema: it is written, and read by the same schema.
@given(schemas())
def test_samples_are_documents(schema):
    try:
        kind = parse_avro(schema)
        document = sample(kind, Effort())
    except (AvroInvalid, NoDocument):
        assume(False)
    assert is_read(kind, kind, document)


# A record that holds itself has a sample where a union or a list lets it end, and none where nothing does.
def test_records_that_hold_themselves():
    ended = record(("a", ["Order", "null"]), ("b", {"type": "array", "items": "Order"}))
    assert sample(parse_avro(ended), Effort()) == {"a": None, "b": []}
    with pytest.raises(NoDocument):
        sample(parse_avro(record(("a", "Order"))), Effort())


# A part is put into a whole document along its way.
def test_placing_a_part():
    schema = parse_avro(record(("a", "int"), ("b", {"type": "map", "values": ["null", enum("A", "B")]})))
    field = schema.fields[1].type
    way = ((schema, "b"), (field, ""), (field.content, "Colour"))
    assert placed(way, "B", Effort()) == {"a": 1, "b": {"key": {"Colour": "B"}}}


# Without the library the message says how to install it.
def test_without_the_library(monkeypatch):
    real = builtins.__import__

    def missing(name, *rest):
        if name.startswith("fastavro"):
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ValueError, match=r"pip install 'trunkline\[formats\]'"):
        is_read(parse_avro("int"), parse_avro("int"), 1)
