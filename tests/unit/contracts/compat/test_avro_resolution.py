"""What a reader of Avro can read, where it has a choice."""

from __future__ import annotations

from tests.avro_schemas import enum, record

from trunkline.contracts.compat.avro_resolution import matches, resolved
from trunkline.contracts.compat.avro_types import parse_avro
from trunkline.contracts.compat.effort import Effort


def found(writer, reader):
    return [(each.kind, each.effect) for each in resolved(parse_avro(writer), parse_avro(reader), Effort())]


# Of a union's branches the first that matches is looked at, and the same one: either may be chosen.
def test_the_branch_a_reader_chooses():
    wide = [record(("a", "int"), ("b", "int"), name="x.Order"), record(("a", "int"), name="y.Order")]
    assert ("field added", "breaking") in found(record(("a", "int"), name="y.Order"), wide)


# Every branch of the writer's union is looked at, into records and lists.
def test_every_branch_is_looked_at():
    writer = ["null", {"type": "array", "items": enum("A", "B")}]
    assert found(writer, ["null", {"type": "array", "items": enum("A")}]) == [("symbol removed", "breaking")]


# A type matches by its kind, its name and what is in it, before anything is compared.
def test_matching():
    pairs = [
        ("int", "double", True),
        ("double", "int", False),
        (enum("A"), enum("B"), True),
        (["int"], "null", True),
    ]
    pairs += [({"type": "array", "items": "int"}, {"type": "array", "items": "string"}, False)]
    pairs += [
        (enum("A"), enum("A", name="Tint"), False),
        (enum("A"), enum("A", name="Tint", aliases=["Colour"]), True),
    ]
    assert [matches(parse_avro(one), parse_avro(other)) for one, other, _ in pairs] == [
        each[2] for each in pairs
    ]
