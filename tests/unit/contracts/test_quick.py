"""What the quick way takes is what the longer way takes, read the same."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract_files import contract_of, prop

from trunkline.kernel import json

PARTS = {
    "id": prop("id", "string", required=True, primaryKey=True, maxLength=8),
    "o": prop(
        "o",
        "object",
        properties=[
            prop("n", "integer", required=True, minimum=-3, maximum=2**62),
            prop("x", "integer", exclusiveMinimum=0, multipleOf=3),
        ],
    ),
    "big": prop("big", "integer", minimum=-(2**70)),
    "price": prop("price", "number", physicalType="decimal(6,2)"),
    "step": prop("step", "number", multipleOf=0.25),
    "low": prop("low", "number", required=True, minimum=-1.5, exclusiveMaximum=9),
    "yes": prop("yes", "boolean"),
    "kind": prop(
        "kind",
        "string",
        quality=[{"metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": ["a", "b"]}}],
    ),
    "code": prop("code", "string", pattern="^[A-Z]{2}$", minLength=2),
    "at": prop("at", "timestamp"),
    "when": prop("when", "timestamp", format="yyyy-MM-dd HH:mm"),
    "lines": prop(
        "lines",
        "array",
        minItems=1,
        maxItems=3,
        items={"logicalType": "object", "properties": [prop("price", "number", required=True, minimum=0)]},
    ),
    "sizes": prop("sizes", "array", uniqueItems=True, items={"logicalType": "number"}),
    "counts": prop("counts", "array", items={"logicalType": "number", "required": True}),
    "free": prop("free", "object"),
    'quote"d': prop('quote"d', "string"),
}
CONTRACT = contract_of(
    *(part for name, part in PARTS.items() if name != 'quote"d'), idempotencyKey="low", eventTime="at"
)
STRANGE = contract_of(*PARTS.values())
INSIDE = contract_of(
    prop("o", "object", required=True, minProperties=1, properties=[prop("n", "integer", primaryKey=True)])
)

NUMBERS = st.one_of(
    st.integers(),
    st.sampled_from([0, -1, 3, 2**62, 2**63, -(2**64), 10**30]),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**5), max_value=10**5),
    st.sampled_from([Decimal(text) for text in ("6.0", "1E+3", "-0.0", "0.010", "9.00", "1E-20", "0.25")]),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=9))
ANY = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("nxp"), inner, max_size=2),
    max_leaves=6,
)
GOOD = {
    "id": st.text(min_size=1, max_size=8),
    "o": st.fixed_dictionaries({"n": st.integers(-3, 2**62)}, optional={"x": st.sampled_from([3, 6, None])}),
    "big": st.integers(-(2**70)),
    "price": st.decimals(places=2, min_value=-9999, max_value=9999),
    "step": st.sampled_from([1, Decimal("0.25"), None]),
    "low": st.sampled_from([-1, 0, Decimal("-1.5"), Decimal("8.999")]),
    "yes": st.booleans(),
    "kind": st.sampled_from(["a", "b", None]),
    "code": st.sampled_from(["NL", "DE", None]),
    "at": st.sampled_from(["2026-03-01T10:15:00Z", "2026-03-01T10:15:00.5+01:00", "2026-02-30T10:15:00Z"]),
    "when": st.sampled_from(["2026-03-01 10:15", "2026-03-01 25:15"]),
    "lines": st.lists(st.fixed_dictionaries({"price": NUMBERS}), min_size=1, max_size=3),
    "sizes": st.lists(NUMBERS, max_size=3),
    "counts": st.lists(NUMBERS | st.none(), max_size=3),
    "free": st.dictionaries(st.text(max_size=2), ANY, max_size=2),
}


def records():
    """Make records that are nearly right: each member is good or anything, needed or not."""
    members = {name: good if name in ("id", "low") else good | ANY for name, good in GOOD.items()}
    needed = {name: members.pop(name) for name in ("id", "low")}
    unknown = {"unknown": ANY}
    return st.fixed_dictionaries(needed, optional={**members, **unknown}) | ANY


def agree(contract, text):
    """Hold the quick way against the longer one, and return what the quick way says."""
    reading = contract.quick(text)
    if reading is not None:
        record = json.decode(text)
        assert contract.check(record) == ()
        assert contract.reading(record) == reading
        assert depth_of(record) <= contract.quick_depth
    return reading


def depth_of(value):
    if not isinstance(value, (dict, list)):
        return 0
    return 1 + max(map(depth_of, value.values() if isinstance(value, dict) else value), default=0)


@settings(max_examples=1_000)
@given(records())
def test_what_is_taken_is_valid_and_read_the_same(record):
    """For any record near the contract, taking it means that it is valid, and its names are the same."""
    for contract in (CONTRACT, STRANGE, INSIDE):
        agree(contract, json.encode(record))


@settings(max_examples=300)
@given(records().filter(lambda record: isinstance(record, dict)), st.data())
def test_broken_and_repeated_text_is_not_taken_for_a_record(record, data):
    """Cut, spliced and repeated text is taken only where the longer way takes it, with the last value."""
    text = json.encode(record)
    cut = data.draw(st.integers(0, len(text)))
    junk = data.draw(st.sampled_from([b"", b"\xff", b"1e999", b'"low":9,', b"{", b'"\\ud800"', b",", b"-"]))
    agree(CONTRACT, text[:cut] + junk + text[cut:])


def test_a_name_inside_an_open_object_is_read():
    """Where a type cannot say what an object may be, its members are read as they were decoded."""
    assert INSIDE.quick(b'{"o":{"n":7,"more":1}}').entity_key == "7"


SMALLEST = '{"id":"a","low":1%s}'


@pytest.mark.parametrize(
    "more",
    [
        "",
        ',"o":{"n":5}',
        ',"o":null,"price":12.30,"yes":true,"kind":"a","code":"NL"',
        ',"at":"2026-03-01T10:15:00Z","when":"2026-03-01 10:15"',
        ',"lines":[{"price":1},{"price":0.5}],"counts":[1,2.5],"free":{"any":[1]}',
    ],
)
def test_plain_valid_records_are_taken(more):
    """The quick way is taken: what is valid in the plainest form never goes the longer one."""
    assert agree(CONTRACT, (SMALLEST % more).encode()) is not None


@pytest.mark.parametrize(
    "more",
    [
        ',"unknown":1',
        ',"o":{"n":5.0}',
        ',"price":1.234',
        ',"price":1e500',
        ',"counts":[null]',
        ',"lines":[]',
        ',"low":9',
        ',"low":true',
        ',"kind":"c"',
        ',"code":"nl"',
    ],
)
def test_what_breaks_a_rule_or_is_rare_goes_the_longer_way(more):
    """Unknown members and other spellings are left to the longer way, and so is all that is wrong."""
    assert CONTRACT.quick((SMALLEST % more).encode()) is None


def test_a_contract_with_an_open_part_has_no_depth():
    """Where a contract lets anything in, nobody may take its depth for granted."""
    assert CONTRACT.quick_depth == math.inf
    assert contract_of(PARTS["id"], PARTS["lines"], PARTS["o"]).quick_depth == 3
