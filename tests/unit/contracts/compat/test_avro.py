"""Two Avro schemas, compared under each policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.avro_schemas import changed, decimal, documents, enum, record, schemas

from trunkline.contracts.compat import avro
from trunkline.contracts.compat.avro import compare_avro
from trunkline.contracts.compat.avro_confluent import registry_found
from trunkline.contracts.compat.avro_documents import NoDocument, is_read, sample
from trunkline.contracts.compat.avro_types import AvroInvalid, parse_avro
from trunkline.contracts.compat.effort import Effort

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "reference" / "avro.md").read_text("utf-8")
FIXED = {"type": "fixed", "name": "Key", "size": 2}
MILLIS = {"type": "long", "logicalType": "timestamp-millis"}

# the class, backward, forward, the old schema, the new one
EXAMPLES = [
    ("field added", "breaking", "compatible", record(), record(("a", "int"))),
    ("field added", "compatible", "compatible", record(), record(("a", "int", {"default": 1}))),
    ("field removed", "compatible", "breaking", record(("a", "int")), record()),
    (
        "field renamed",
        "compatible",
        "compatible",
        record(("a", "int")),
        record(("b", "int", {"aliases": ["a"]})),
    ),
    (
        "alias ambiguous",
        "undecided",
        "compatible",
        record(("a", "int"), ("b", "int")),
        record(("b", "int", {"aliases": ["a"]})),
    ),
    ("default added", "compatible", "compatible", record(("a", "int")), record(("a", "int", {"default": 1}))),
    (
        "default removed",
        "compatible",
        "compatible",
        record(("a", "int", {"default": 1})),
        record(("a", "int")),
    ),
    (
        "default changed",
        "compatible",
        "compatible",
        record(("a", "int", {"default": 1})),
        record(("a", "int", {"default": 2})),
    ),
    ("type widened", "compatible", "breaking", "int", "double"),
    (
        "type narrowed",
        "breaking",
        "compatible",
        {"type": "array", "items": "bytes"},
        {"type": "array", "items": "string"},
    ),
    ("type changed", "breaking", "breaking", record(("a", "int")), record(("a", "string"))),
    ("symbol added", "compatible", "breaking", enum("A"), enum("A", "B")),
    ("symbol removed", "breaking", "compatible", enum("A", "B"), enum("A")),
    ("symbol removed", "compatible", "compatible", enum("A", "B"), enum("A", default="A")),
    ("branch added", "compatible", "breaking", ["null", "int"], ["null", "int", "string"]),
    (
        "branch removed",
        "breaking",
        "compatible",
        {"type": "map", "values": ["null", FIXED]},
        {"type": "map", "values": ["null"]},
    ),
    ("name changed", "breaking", "breaking", record(name="Order"), record(name="Sale")),
    ("namespace changed", "undecided", "undecided", record(name="a.Order"), record(name="b.Order")),
    ("size changed", "breaking", "breaking", FIXED, {**FIXED, "size": 3}),
    ("precision widened", "compatible", "breaking", decimal(4, 2), decimal(6, 2)),
    ("precision narrowed", "breaking", "compatible", decimal(6, 2), decimal(4, 2)),
    ("scale changed", "breaking", "breaking", decimal(6, 2), decimal(6, 3)),
    ("logical type added", "undecided", "compatible", "long", MILLIS),
    ("logical type removed", "compatible", "undecided", MILLIS, "long"),
    ("logical type changed", "undecided", "undecided", MILLIS, {**MILLIS, "logicalType": "timestamp-micros"}),
]


# Every class is told with what it does to each direction, and "practical" says what "strict" says.
@pytest.mark.parametrize(("kind", "backward", "forward", "old", "new"), EXAMPLES)
def test_every_class(kind, backward, forward, old, new):
    strict = compare_avro(parse_avro(old), parse_avro(new), "strict")
    [change] = [change for change in strict.changes if change.kind == kind]
    assert (change.backward, change.forward) == (backward, forward)
    assert compare_avro(parse_avro(old), parse_avro(new)).changes == strict.changes


# The page lists every class, and there is an example of each here.
def test_the_page_lists_every_class():
    listed = set(re.findall(r"^\| `([a-z ]+)` \|", PAGE, re.MULTILINE))
    assert listed == set(avro._DETAILS) == {example[0] for example in EXAMPLES} | {"too large"}


# What the page shows runs.
def test_the_page_runs():
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(code, "avro.md", "exec"), {})


# A break is shown by a document of the producing side, in Avro's JSON encoding.
def test_an_example():
    old = record(("lines", {"type": "array", "items": ["null", enum("A", "B")]}))
    new = record(("lines", {"type": "array", "items": ["null", enum("B")]}))
    [change] = compare_avro(parse_avro(old), parse_avro(new)).changes
    assert change.pointer == "/fields/0/type/items/1"
    assert change.backward_example.document == {"lines": [{"Colour": "A"}]}


# A record that holds itself is compared once, and told once.
def test_a_record_that_holds_itself():
    def node(value):
        return record(("value", value), ("next", ["null", "Node"]), name="Node")

    [change] = compare_avro(parse_avro(node("int")), parse_avro(node("string"))).changes
    assert (change.pointer, change.kind) == ("/fields/0/type", "type changed")
    assert change.backward_example.document == {"value": 1, "next": None}


# Of a record without end there is no document, so that nothing can be shown to break.
def test_a_record_without_end():
    old, new = record(("next", "Order")), record(("next", "Order"), ("a", "int"))
    [change] = compare_avro(parse_avro(old), parse_avro(new)).changes
    assert change.backward == "undecided"


# Bytes are text to Confluent's registry, and a decimal's scale is nothing to it; strict says otherwise.
@pytest.mark.parametrize(
    ("old", "new"), [("bytes", "string"), (decimal(4, 2), decimal(4, 1)), ("int", MILLIS["type"])]
)
def test_where_the_registry_differs(old, new):
    old, new = parse_avro(old), parse_avro(new)
    assert compare_avro(old, new, "confluent").effect("backward") == "compatible"
    assert (compare_avro(old, new, "strict").effect("backward") == "compatible") == (old.kind == "int")


def parsed(schema):
    try:
        return parse_avro(schema)
    except AvroInvalid:
        assume(False)


@st.composite
def versions(draw):
    old = draw(schemas())
    return parsed(old), parsed(draw(changed(old)))


# What strict calls compatible is read, whatever the document; what it calls breaking has one that is not.
@settings(max_examples=300, deadline=None)
@given(versions(), st.data())
def test_strict_is_sound(pair, data):
    old, new = pair
    found = compare_avro(old, new, "strict")
    try:
        sample(old, Effort())
    except NoDocument:
        return
    if found.effect("backward") == "compatible":
        assert is_read(old, new, data.draw(documents(old)))
    for change in found.changes:
        if change.backward == "breaking":
            assert not is_read(old, new, change.backward_example.document)


def doubling(levels, leaf):
    """Return a record whose documents double with each level."""
    made = leaf
    for level in range(levels):
        inner = {"type": "record", "name": f"L{level}", "fields": [{"name": "a", "type": made}]}
        again = made if isinstance(made, str) else made.get("name", made)
        inner["fields"].append({"name": "b", "type": again})
        made = inner
    return made


def many(kind, count=1_500):
    """Return a union of so many records."""
    return [record(("a", kind), name=f"R{number}") for number in range(count)]


def chain(kind, count=2_000):
    """Return a union of records, each with a field of the record before."""
    first = record(("a", kind), name="R0")
    return [first, *(record(("a", f"R{number}"), name=f"R{number + 1}") for number in range(count))]


# Schemas made to take for ever come to a verdict: where a document cannot be made in time, it is undecided.
@pytest.mark.parametrize("policy", ["practical", "confluent"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (doubling(60, "int"), doubling(60, "string")),
        (
            {"type": "enum", "name": "E", "symbols": [f"S{one}" for one in range(40_000)]},
            {"type": "enum", "name": "E", "symbols": [f"S{one}" for one in range(1, 40_001)]},
        ),
    ],
    ids=["doubling", "symbols"],
)
def test_hostile_schemas_end(old, new, policy):
    found = compare_avro(parse_avro(old), parse_avro(new), policy)
    assert found.effect("backward") in ("undecided", "breaking")


# Where the steps run out before all is compared, the verdict says so.
@pytest.mark.parametrize("policy", ["practical", "confluent"])
@pytest.mark.parametrize("made", [many, chain])
def test_too_large(made, policy):
    [change] = compare_avro(parse_avro(made("int")), parse_avro(made("long")), policy).changes
    assert (change.kind, change.backward, change.forward) == ("too large", "undecided", "undecided")


# Under confluent each break is shown by a document that one side writes and the other does not read, or it is
# said that every document is read, and the verdict is that of the registry.
@settings(max_examples=100, deadline=None)
@given(versions())
def test_evidence_under_confluent(pair):
    old, new = pair
    changes = compare_avro(old, new, "confluent").changes
    for direction, writer, reader in (("backward", old, new), ("forward", new, old)):
        found = registry_found(reader, writer, Effort())
        breaks = [change for change in changes if change.effect(direction) == "breaking"]
        assert [(one.pointer, one.kind) for one in breaks] == list(dict.fromkeys(found))
        for change in breaks:
            evidence, example = getattr(change, f"{direction}_evidence"), change.example(direction)
            assert evidence in ("example", "rule", "undecided")
            assert (evidence == "example") == (example is not None)
            if example is not None:
                assert not is_read(writer, reader, example.document)
            if evidence == "rule":
                assert compare_avro(old, new, "strict").effect(direction) == "compatible"


# The direction of an example under confluent is that of the break, also below a union.
def test_examples_under_confluent():
    old, new = (parse_avro(["null", enum(*symbols)]) for symbols in ("AB", "A"))
    [change] = compare_avro(old, new, "confluent").changes
    assert (change.pointer, change.kind) == ("", "missing union branch")
    assert (change.backward_evidence, change.forward_evidence) == ("example", "")
    [(_, symbol)] = change.backward_example.document.items()
    assert symbol == "B"
