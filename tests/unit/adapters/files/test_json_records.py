"""A JSON file: one record, or an array that is taken apart without being held."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.adapters.files import json_records as module
from trunkline.adapters.files.json_records import json_records
from trunkline.adapters.files.lines import Rules

RULES = Rules("till.json", "digest:", 1_000, "utf-8")
TEXT = st.text(st.sampled_from('a"\\/[]{},:\n é') | st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def read(data, size=1_000_000, rules=RULES):
    chunks = iter([data[at : at + size] for at in range(0, len(data), size)])
    return list(json_records(chunks, rules))


@given(st.lists(JSON), st.sampled_from([None, 2]), st.integers(1, 40))
def test_every_record_of_an_array_comes_back(values, indent, size):
    """Any values come back in order, written tight or wide, however the chunks fall."""
    data = json.dumps(values, ensure_ascii=False, indent=indent).encode()
    arrivals = read(data, size, Rules("a", "d:", 1_000_000, "utf-8"))
    assert [json.loads(arrival.raw) for arrival in arrivals] == values
    assert [arrival.identity for arrival in arrivals] == [f"d:{n}" for n in range(1, len(values) + 1)]
    assert not any(arrival.fault for arrival in arrivals)


@given(st.dictionaries(TEXT, JSON), st.integers(1, 40))
def test_one_record_is_one_record(value, size):
    """A file that is one object is one record."""
    [arrival] = read(b"\n " + json.dumps(value).encode() + b"\n", size, Rules("a", "d:", 1_000_000, "utf-8"))
    assert json.loads(arrival.raw) == value


@given(st.lists(JSON, min_size=1), st.data())
def test_cut_anywhere_an_array_gives_a_prefix_and_one_fault(values, data):
    """An array that ends too early gives whole records, then one fault."""
    text = json.dumps(values).encode()
    size = data.draw(st.integers(1, len(text) - 1))
    *whole, last = read(text[:size], 7, Rules("a", "d:", 1_000_000, "utf-8"))
    assert [json.loads(arrival.raw) for arrival in whole] == values[: len(whole)]
    assert not any(arrival.fault for arrival in whole)
    assert last.fault == module.OPEN


def test_nesting_of_any_depth_is_one_record():
    """A record nested far deeper than most is still found to its end."""
    deep = b"[" * 300 + b'{"]":"}"}' + b"]" * 300
    assert [arrival.raw for arrival in read(b"[" + deep + b"," + deep + b"]", 50)] == [deep, deep]


def test_places_name_record_and_line():
    """A record's place is its number and the line it begins on."""
    arrivals = read(b'\n[\n  {"a":\n 1},\n\n  {"a": 2}, {"a": 3}\n]\n')
    assert [arrival.place for arrival in arrivals] == [
        "till.json record 1 (line 3)",
        "till.json record 2 (line 6)",
        "till.json record 3 (line 6)",
    ]


@pytest.mark.parametrize("data", [b"", b" \n", b"[]", b" [ \n ] \n"])
def test_nothing_is_no_record(data):
    """An empty file and an empty array have no records and no faults."""
    assert read(data) == read(data, 1) == []


@pytest.mark.parametrize(
    ("data", "faults"),
    [
        (b"[1,,2]", ["", module.NOTHING, ""]),
        (b"[1,]", ["", module.NOTHING]),
        (b"[,1]", [module.NOTHING, ""]),
        (b"[1] 2", ["", module.AFTER]),
        (b"[1", [module.OPEN]),
        (b"[", [module.OPEN]),
    ],
)
def test_a_broken_array_is_blamed_where_it_is_broken(data, faults):
    """Each thing that is wrong with an array is one fault, and what is whole still comes."""
    for size in (1, 100):
        assert [arrival.fault for arrival in read(data, size)] == faults


def test_a_record_that_is_not_json_is_left_to_intake_alone():
    """Wrong inside, or with a bracket too many: handed on as it is, and the next one comes whole."""
    arrivals = read(b'[{"a": x}, {"a":1}}, {"a": 2]]', 3)
    assert [arrival.raw for arrival in arrivals] == [b'{"a": x}', b'{"a":1}}', b'{"a": 2]']


def test_a_record_too_long_or_not_text_is_refused_alone():
    """Records too long or with wrong bytes are faults; the others come."""
    arrivals = read(b'[1, "' + b"x" * 5_000 + b'", "\xe9", 2]', 64)
    assert [bool(arrival.fault) for arrival in arrivals] == [False, True, True, False]
    assert len(arrivals[1].raw) <= 1_001
    assert read(b'"' + b"x" * 5_000 + b'"')[0].fault


def test_an_array_of_any_size_is_never_held():
    """Twenty thousand records in one line are read within a few megabytes."""

    def chunks():
        yield b"["
        for _ in range(20):
            yield b'{"a": "text", "b": [1, 2]}, ' * 1_000
        yield b"{}]"

    tracemalloc.start()
    try:
        count = sum(1 for _ in json_records(chunks(), RULES))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 20_001
    assert peak < 2_000_000
