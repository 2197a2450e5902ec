"""Parsing Avro schemas."""

from __future__ import annotations

import pytest
from tests.avro_schemas import decimal, enum, record

from trunkline.contracts.compat.avro_types import (
    DEEPEST,
    MOST_TYPES,
    TEXT_BYTES,
    AvroInvalid,
    fits,
    parse_avro,
    read_avro,
)


# A name without dots is of the namespace it stands in, and a named type is one object wherever it is used.
def test_names():
    inner = enum("A", name="Colour", aliases=["Tint"])
    schema = parse_avro(record(("a", inner), ("b", "shop.Colour"), ("c", "Colour"), name="shop.Order"))
    colour = schema.fields[0].type
    assert (colour.name, colour.short, colour.aliases) == ("shop.Colour", "Colour", ("shop.Tint",))
    assert schema.fields[1].type is schema.fields[2].type is colour


# A decimal has its precision and scale; one that is none, or in another type, counts for nothing.
def test_decimals():
    assert (parse_avro(decimal(4, 2)).precision, parse_avro(decimal(4, 2)).scale) == (4, 2)
    for none in (decimal(2, 4), decimal(0, 0), {**decimal(4, 2), "type": "int"}):
        assert parse_avro(none).logical == ""
    fixed = {"type": "fixed", "name": "F", "size": 2, "logicalType": "decimal", "scale": 0}
    assert [parse_avro({**fixed, "precision": n}).logical for n in (4, 5)] == ["decimal", ""]


# Every fault is told with its place.
@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (3, ": a type is a name"),
        ("Order", ": there is no type 'Order'"),
        ({"type": "array"}, ": 'items' is missing"),
        (["int", ["null"]], ": a union may not hold a union"),
        (["int", "int"], ": a union may hold each type once"),
        (record(name="1"), "/name: letters"),
        (record(name="A", namespace="b..c"), "/namespace: "),
        (record(("a", record())), "/fields/0/type/name: 'Order' is defined twice"),
        ({"type": "record", "name": "A"}, "/fields: a list"),
        ({"type": "record", "name": "A", "fields": [3]}, "/fields/0: a field is"),
        (record(("a", "int"), ("a", "int")), "/fields/1/name: 'a' is no name, or"),
        (record(("a", "int", {"default": "x"})), "/fields/0/default: it is no value"),
        (record(("a", "int", {"aliases": "x"})), "/fields/0/aliases: a list"),
        (enum("A", "A"), "/symbols: a list of names, each once"),
        (enum("1"), "/symbols: '1' is no name"),
        (enum("A", default="B"), "/default: it is none of the symbols"),
        ({"type": "fixed", "name": "F", "size": -1}, "/size: a whole number"),
    ],
)
def test_faults(schema, message):
    with pytest.raises(AvroInvalid) as raised:
        parse_avro(schema)
    assert str(raised.value).startswith(message)


# What is too long, too deep or too much is refused in bounded time, and so is what is no JSON.
def test_bounds():
    deep = "int"
    for _ in range(DEEPEST + 1):
        deep = {"type": "array", "items": deep}
    many = record(*[(f"f{at}", "int") for at in range(MOST_TYPES + 1)])
    for schema in (deep, many):
        with pytest.raises(AvroInvalid, match="more than"):
            parse_avro(schema)
    for text in ('"' + "a" * TEXT_BYTES + '"', "[" * 100_000, "{"):
        with pytest.raises(AvroInvalid, match=r"longer than|no JSON"):
            read_avro(text)
    assert read_avro('"int"').kind == "int"


# A default is a value of its type, a union's of any of its branches.
@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ("null", None, 0),
        ("boolean", False, 0),
        ("int", 2**31 - 1, 2**31),
        ("long", -(2**63), True),
        ("double", 1, "1"),
        ("bytes", "\xff", "\u0100"),
        ("string", "\u0100", b""),
        (["null", "int"], 3, "3"),
        ({"type": "array", "items": "int"}, [1], [None]),
        ({"type": "map", "values": "int"}, {"a": 1}, {"a": "1"}),
        (record(("a", "int"), ("b", "int", {"default": 1})), {"a": 1}, {"b": 1}),
        (enum("A"), "A", "B"),
        ({"type": "fixed", "name": "F", "size": 1}, "a", "ab"),
    ],
)
def test_what_fits(schema, good, bad):
    kind = parse_avro(schema)
    assert fits(kind, good)
    assert not fits(kind, bad)
