"""The fast check of exact numbers says what the whole schema says."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from tests.contract_files import contract_of, prop

from trunkline.contracts.decimals import without_decimals
from trunkline.contracts.leaves import validator_of

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
    """For any record, the schema without decimals and the check of them accept what the whole schema does."""
    rest, check = without_decimals(SCHEMA)
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
        assert without_decimals(schema) == (schema, None)


def test_what_is_taken_over_is_left_out():
    """The validator keeps the type, nullability and everything else."""
    schema = {"type": ["number", "null"], "multipleOf": D("0.01"), "minimum": 0, "enum": [D("1.5")]}
    rest, check = without_decimals(schema)
    assert rest == {"type": ["number", "null"], "enum": [D("1.5")]}
    assert check(D("1.50")) is True
    assert check(D("1.501")) is False
    assert check(-1) is False
