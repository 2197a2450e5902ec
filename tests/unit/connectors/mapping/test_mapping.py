"""Mappings as flows use them: fields, nesting, exactness, and errors without values."""

from __future__ import annotations

from decimal import Decimal

import pytest

from trunkline.connectors.mapping import UNCHANGED, Limits, Mapping, MappingRefused, compile_mapping
from trunkline.kernel import json
from trunkline.kernel.errors import Final
from trunkline.kernel.event import Event

RECORD = json.decode(
    b'{"item": {"code": "A-1"}, "on_hand": 10.10, "reserved": 0.2, "name": "tea",'
    b' "big": 9007199254740993, "lines": [{"sku": "A", "price": 12345678901234567.89}]}'
)


def event(**changes) -> Event:
    fields = {
        "id": "e-1",
        "source": "till/main",
        "type": "stock",
        "subject": "A-1",
        "time": 1_767_225_600_000_000,
        "recorded": 1_767_225_601_000_000,
        "contract": "stock@1",
        "correlation": "1" * 32,
        "data": b"{}",
    }
    return Event(**(fields | changes))


# The example of the design: a path and a difference, with every digit.
def test_paths_and_arithmetic_are_exact() -> None:
    mapping = compile_mapping({"sku": "item.code", "quantity": "on_hand - reserved", "price": "lines.price"})
    assert mapping(RECORD, event()) == {
        "sku": "A-1",
        "quantity": Decimal("9.90"),
        "price": Decimal("12345678901234567.89"),
    }
    assert mapping.inexact == frozenset()
    assert mapping.reads == {"item.code", "on_hand", "reserved", "lines.price"}
    assert mapping.lineage["quantity"] == {"on_hand", "reserved"}


# A field whose source is missing is left out; a constant is written as one.
def test_missing_fields_are_left_out() -> None:
    mapping = compile_mapping({"a": "nope", "b": "'GB'", "c": "5", "d": "null"})
    assert mapping(RECORD) == {"b": "GB", "c": 5, "d": None}


# A dotted field nests, in the order it was written, and an object that would be empty is left out.
def test_dotted_fields_nest() -> None:
    mapping = compile_mapping({"stock.sku": "item.code", "n": "name", "stock.left": "on_hand", "x.y": "nope"})
    mapped = mapping(RECORD)
    assert mapped == {"stock": {"sku": "A-1", "left": Decimal("10.10")}, "n": "tea"}
    assert list(mapped) == ["stock", "n"]


# What the engine computes is known by its field, so that the gate can refuse it for a decimal.
def test_what_the_engine_computes_is_named_inexact() -> None:
    mapping = compile_mapping({"half": "on_hand / 2", "name": "$uppercase(name)", "sku": "item.code"})
    assert mapping.inexact == {"half", "name"}
    mapped = mapping(RECORD, event())
    assert mapped == {"half": Decimal("5.05"), "name": "TEA", "sku": "A-1"}
    assert list(mapped) == ["half", "name", "sku"]


# The envelope is there as $event; time and chance are the event's, so a replay maps to the same record.
def test_a_mapping_is_a_function_of_its_event() -> None:
    spec = {"id": "$event.id", "at": "$event.time", "now": "$now()", "dice": "$random()", "t": "$trim(name)"}
    mapping = compile_mapping(spec)
    first = mapping(RECORD, event())
    assert first == mapping(RECORD, event())
    assert first["at"] == "2026-01-01T00:00:00Z"
    assert first["now"] == "2026-01-01T00:00:01.000Z"
    assert first["dice"] != mapping(RECORD, event(id="e-2"))["dice"]


# A rule drops what it does not hold for, whatever else the fields are called.
def test_when_drops() -> None:
    mapping = compile_mapping({"when": "name"}, when="on_hand > 10")
    assert mapping(RECORD, event()) == {"when": "tea"}
    assert mapping(RECORD | {"on_hand": Decimal(10)}, event()) is None
    assert mapping({"name": "tea"}, event()) is None
    assert mapping.reads == {"name", "on_hand"}


# A rule without fields passes records on as they are.
def test_when_by_itself_keeps_the_record() -> None:
    mapping = compile_mapping({}, when="$contains(name, 'e')")
    assert mapping(RECORD, event()) is RECORD
    assert mapping({"name": "x"}, event()) is None


# An integer that a float would round is refused on its way into the engine and out of it, not rounded.
@pytest.mark.parametrize(
    "text", ["$string(big)", "$power(10, 20)", "[[$power(10, 20)]]", "{'a': $power(2, 54)}"]
)
def test_the_engine_rounds_nothing_silently(text) -> None:
    with pytest.raises(Final, match=r"beyond 2\*\*53") as broken:
        compile_mapping({"f": text})(RECORD, event())
    assert "numbers stay exact" in broken.value.detail
    assert compile_mapping({"f": "big"})(RECORD)["f"] == 9007199254740993


# A record that does not fit its expression is a final error that names field and reason, never the value.
@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("name + 1", 'quantity: "+" needs numbers and found a text'),
        ("-item", 'quantity: "-" needs a number and found an object'),
        ("name < 1", 'quantity: "<" found a text on one side and a number on the other'),
        ("$sum(lines.sku)", "quantity: $sum needs numbers and found a text"),
        ("1e300 * 1e300", "quantity: a number is out of range"),
        ("$number(name)", "quantity: JSONata error D3030 at column 1;"),
        ("$error(name)", "quantity: JSONata error D3137 at column 1;"),
    ],
)
def test_broken_records_are_final_without_values(text, detail) -> None:
    mapping = compile_mapping({"sku": "item.code", "note": "$trim(name)", "quantity": text})
    with pytest.raises(Final) as broken:
        mapping(RECORD, event())
    assert broken.value.kind == "mapping"
    assert broken.value.detail.startswith(detail)
    assert "tea" not in broken.value.detail


# An attack on the engine ends at its limits, as an error of the record.
@pytest.mark.parametrize(
    "text",
    [
        "$match(name & 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', /(a+)+b/)",
        "$sum([1..9000000])",
        "($f := function($x) { 1 + $f($x) }; $f(1))",
        "($f := function($x) { $f($x) }; $f(1))",
        "$pad('', 90000000)",
        "$join([1..9999].$pad('', 1000))",
        "$eval('[' & $pad('', 500000, '[') & ']')",
    ],
)
def test_attacks_end_at_the_limits(text) -> None:
    with pytest.raises(Final):
        compile_mapping({"f": text}, limits=Limits(timeout_seconds=0.05))(RECORD, event())


# Each record has a verdict of its own: one that is dropped or broken does nothing to the next.
def test_each_record_by_itself() -> None:
    mapping = compile_mapping({"n": "a + 1"}, when="a != 0")
    assert mapping({"a": 1}, event()) == {"n": 2}
    assert mapping({"a": 0}, event()) is None
    with pytest.raises(Final):
        mapping({"a": "x"}, event())
    assert mapping({"a": 2}, event()) == {"n": 3}


# All that is wrong with a mapping is said at once.
def test_all_problems_at_once() -> None:
    with pytest.raises(MappingRefused) as refused:
        compile_mapping({"a": "1 +", "b": "$nope()", "c": "1", "c.d": "2", "e..f": "3", "g": 7})
    assert [problem.field for problem in refused.value.problems] == ["c", "e..f", "a", "b", "g"]
    with pytest.raises(MappingRefused, match="empty"):
        compile_mapping({})
    with pytest.raises(MappingRefused, match="when:5"):
        compile_mapping({"a": "b"}, when="a = ")


# The record that is mapped is not changed.
def test_the_record_is_not_changed() -> None:
    before = json.encode(RECORD)
    compile_mapping({"a.b": "item", "c": "lines.price", "d": "$merge([item, {'x': 1}])"})(RECORD, event())
    assert json.encode(RECORD) == before


# What a mapping does not read need not be decoded; what it answers is the same.
@pytest.mark.parametrize(
    "spec",
    [
        {"a": "one.deep", "b": "two"},
        {"a": "lines[sku='A'].price"},
        {"a": "$sum(lines.quantity)"},
        {"a": "$uppercase(two)"},
        {"a": "$keys($)"},
        {"a": "`odd name`"},
        {"a": "*"},
    ],
)
def test_a_record_decoded_for_a_mapping_is_mapped_as_a_whole_one(spec):
    text = (
        b'{"one": {"deep": 1.10, "other": 2}, "two": "x", "odd name": 3, "left out": 1,'
        b' "lines": [{"sku": "A", "price": 9.95, "quantity": 2}, {"sku": "B", "price": 1, "quantity": 1}]}'
    )
    mapping = compile_mapping(spec)
    assert mapping(mapping.decode(text)) == mapping(json.decode(text))


def test_only_what_is_read_is_decoded():
    mapping = compile_mapping({"a": "one.deep"})
    assert mapping.decode(b'{"one": {"deep": 1}, "two": 2}') == {"one": {"deep": 1}}


# A rule alone passes whole records on, however few fields it reads itself.
def test_a_rule_alone_needs_the_whole_record():
    mapping = compile_mapping({}, when="a = 1")
    assert mapping(mapping.decode(b'{"a": 1, "b": 2}')) == {"a": 1, "b": 2}
    assert mapping(mapping.decode(b'{"a": 2, "b": 2}')) is None


# Two mappings in a row are one: it reads what the first reads, and is no more exact than both.
def test_two_mappings_in_a_row():
    first = compile_mapping({"a": "x.y", "b": "$uppercase(z)", "c.d": "w * 2"})
    second = compile_mapping({"p": "a", "q": "b & '!'", "r": "c"}, when="a != 'none'")
    both = first.then(second)
    assert both.lineage == {
        "p": frozenset({"x.y"}),
        "q": frozenset({"z"}),
        "r": frozenset({"w"}),
        "when": frozenset({"x.y"}),
    }
    assert both.inexact == {"q"}
    assert both.reads == first.reads
    record = b'{"x": {"y": "k"}, "z": "e", "w": 1.10, "v": 0}'
    assert both(both.decode(record)) == {"p": "k", "q": "E!", "r": {"d": Decimal("2.20")}}
    assert both({"x": {"y": "none"}}) is None


# What the first makes is whole, also where the second reads little of it: it may be held against a contract.
def test_the_first_of_two_mappings_makes_all_it_can():
    seen = []
    first = compile_mapping({"a": "x", "b": "y"})
    watched = Mapping(
        lambda record, event: seen.append(first(record)) or first(record), first.lineage, frozenset()
    )
    both = watched.then(compile_mapping({"p": "a"}))
    assert both(both.decode(b'{"x": 1, "y": 2, "z": 3}')) == {"p": 1}
    assert seen == [{"a": 1, "b": 2}]


# What passes records on adds nothing to another mapping before or after it but its rule.
def test_a_mapping_beside_one_that_passes():
    mapping = compile_mapping({"a": "x", "b": "$uppercase(y)"})
    for both in (UNCHANGED.then(mapping), mapping.then(UNCHANGED)):
        assert (both.lineage, both.inexact, both.passes) == (mapping.lineage, mapping.inexact, False)
    assert UNCHANGED.then(UNCHANGED).passes
    ruled = mapping.then(compile_mapping({}, when="a = 1"))
    assert ruled.lineage == {"a": {"x"}, "b": {"y"}, "when": {"x"}}
    assert ruled(ruled.decode(b'{"x": 1, "y": "e"}')) == {"a": 1, "b": "E"}


# An error of either is one of both.
def test_an_error_in_a_row_of_mappings():
    both = compile_mapping({"a": "x"}).then(compile_mapping({"b": "a * 2"}))
    with pytest.raises(Final) as refused:
        both({"x": "no number"})
    assert refused.value.kind == "mapping"
