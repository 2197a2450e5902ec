"""The quick verdict says what the whole schema says."""

from __future__ import annotations

import calendar
import re
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract_files import contract_of, prop

from trunkline.contracts.leaves import validator_of
from trunkline.contracts.moments import moment
from trunkline.contracts.verdict import quickened

D = Decimal
NUMBERS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=2),
    st.sampled_from([D("1E+3"), D("0E-5"), D("-0.00"), D("99.99"), D("100"), D("0.010"), D("1E-20")]),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**6), max_value=10**6),
)
SCHEMA = contract_of(
    prop("a", "number", physicalType="decimal(4,2)"),
    prop("b", "number", multipleOf=0.01, minimum=0, exclusiveMaximum=100.5),
    prop("c", "number", multipleOf=0.25),
    prop("d", "number", exclusiveMinimum=-1.5, maximum=7),
    prop("e", "object", properties=[prop("f", "number", required=True, multipleOf=0.001)]),
    prop("g", "array", items=prop("h", "number", physicalType="decimal(6,1)")),
).schema


def lists_and_records():
    nested = st.one_of(NUMBERS, st.fixed_dictionaries({}, optional={"f": NUMBERS}))
    listed = st.one_of(NUMBERS, st.lists(NUMBERS, max_size=4))
    plain = dict.fromkeys("abcd", NUMBERS)
    return st.one_of(NUMBERS, st.fixed_dictionaries({}, optional={**plain, "e": nested, "g": listed}))


@given(lists_and_records())
def test_both_ways_agree(record):
    """For any record, the quickened schema and its check accept exactly what the whole schema does."""
    rest, check = quickened(SCHEMA, {})
    fast = validator_of(rest, {}).is_valid(record) and check(record)
    assert fast is validator_of(SCHEMA, {}).is_valid(record)


def test_only_decimal_steps_are_taken_over():
    """A step that is no power of ten, and numbers without one, stay with the validator."""
    for schema in (
        {"type": "number"},
        {"type": "number", "multipleOf": D("0.25")},
        {"type": "number", "multipleOf": 5},
        {"type": "number", "minimum": 0},
        {"type": "string"},
        {},
    ):
        assert quickened(schema, {}) == (schema, None)


def test_what_is_taken_over_is_left_out():
    """The validator keeps the type, nullability and everything else."""
    schema = {"type": ["number", "null"], "multipleOf": D("0.01"), "minimum": 0, "enum": [D("1.5")]}
    rest, check = quickened(schema, {})
    assert rest == {"type": ["number", "null"], "enum": [D("1.5")]}
    assert check(D("1.50")) is True
    assert check(D("1.501")) is False
    assert check(-1) is False


DIGITS = st.integers(0, 9999).map(str) | st.integers(0, 99).map("{:02}".format)
ALMOST = st.builds(
    "{}-{}-{}{}{}:{}:{}{}{}".format,
    st.integers(0, 9999).map("{:04}".format) | DIGITS,
    st.integers(0, 14).map("{:02}".format),
    st.integers(0, 33).map("{:02}".format),
    st.sampled_from(["T", " ", "t", "_"]),
    st.integers(0, 25).map("{:02}".format),
    st.integers(0, 61).map("{:02}".format),
    st.integers(0, 61).map("{:02}".format),
    st.sampled_from(["", ".5", ".123", ".123456", ".123456789", "."]),
    st.sampled_from(["", "Z", "z", "+02:00", "-23:59", "+24:00", "+0200", "\n"]),
)
MOMENTS = [
    moment("date", ""),
    moment("timestamp", ""),
    moment("timestamp", "", zone="Europe/London"),
    moment("timestamp", "", offset=False),
    moment("timestamp", "yyyy-MM-dd HH:mm"),
    moment("timestamp", "yyyy-MM-dd'T'HH:mm:ss.SSS"),
    moment("time", ""),
]


@settings(max_examples=500)
@given(st.one_of(ALMOST, ALMOST.map(lambda text: text[:10]), ALMOST.map(lambda text: text[11:])))
def test_patterns_of_moments_match_what_is_read(text):
    """The calendar as a regular expression, leap years and all, is the calendar as it is read."""
    for how in MOMENTS:
        try:
            how.read(text)
            readable = True
        except ValueError:
            readable = False
        assert validator_of({"pattern": how.pattern}, {}).is_valid(text) is readable, how.label


def test_leap_years_are_leap_years():
    """29 February is there in exactly the leap years of the calendar, from year 1 to 9999."""
    matches = re.compile(moment("date", "").pattern).match
    assert [y for y in range(10_000) if matches(f"{y:04}-02-29")] == [
        y for y in range(1, 10_000) if calendar.isleap(y)
    ]
