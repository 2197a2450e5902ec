"""Named texts, such as a CSV row, to a typed record."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract_files import contract_of, prop

D = Decimal
ROW = contract_of(
    prop("text", "string"),
    prop("whole", "integer"),
    prop("exact", "number"),
    prop("flag", "boolean"),
    prop("day", "date"),
    prop("bag", "object"),
    prop("list", "array"),
    {"name": "raw"},
)


def typed(name, text):
    record, violations = ROW.typed({name: text})
    assert not violations
    return record[name]


# Each type in the spellings that systems write it.
@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("text", " 1 ", " 1 "),
        ("whole", "17", 17),
        ("whole", "-3", -3),
        ("whole", "+3", 3),
        ("whole", "007", 7),
        ("whole", "6.00", 6),
        ("whole", "1e3", 1000),
        ("whole", "9" * 100, int("9" * 100)),
        ("exact", "19.90", D("19.90")),
        ("exact", ".5", D("0.5")),
        ("exact", "5", D(5)),
        ("exact", "-1e-3", D("-0.001")),
        ("flag", "TRUE", True),
        ("flag", "n", False),
        ("flag", "0", False),
        ("day", "2026-03-01", "2026-03-01"),
        ("bag", '{"a": 0.10}', {"a": D("0.10")}),
        ("list", "[1, 2]", [1, 2]),
        ("raw", "as it is", "as it is"),
        ("unknown", "kept", "kept"),
        ("unknown", "", ""),
    ],
)
def test_texts_that_are_values(name, text, value):
    got = typed(name, text)
    assert got == value
    assert type(got) is type(value)


# A text that is no such value is told by its field, and is in no message and no record.
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("whole", "12a"),
        ("whole", "1.5"),
        ("whole", " 1"),
        ("whole", "1_000"),
        ("whole", "\u0661"),
        ("whole", "9" * 5000),
        ("exact", "1,50"),
        ("exact", "NaN"),
        ("exact", "Infinity"),
        ("exact", "1e9999"),
        ("exact", "1_0.5"),
        ("exact", "secret"),
        ("flag", "maybe"),
        ("flag", "2"),
        ("bag", "[1]"),
        ("bag", "{broken"),
        ("list", "{}"),
        ("day", "01.03.2026"),
    ],
)
def test_texts_that_are_not(name, text):
    record, violations = ROW.typed({name: text})
    assert [violation.pointer for violation in violations] == ["/" + name]
    assert text not in violations[0].message
    assert violations[0].message.startswith("expected ")
    if name in ("whole", "exact", "flag"):
        assert name not in record


def test_an_empty_text_is_null_where_that_is_allowed_and_missing_otherwise():
    """CSV cannot tell an empty text from none; a required field without one is refused as missing."""
    contract = contract_of(prop("a", "string", required=True), prop("b", "integer"))
    assert contract.typed({"a": "x", "b": ""}) == ({"a": "x", "b": None}, ())
    record, (violation,) = contract.typed({"a": "", "b": "1"})
    assert (record, violation.pointer, violation.rule) == ({"b": 1}, "/a", "required")


def test_columns_find_their_field_by_name_path_or_physical_name():
    """Exports call columns by other names; nested fields are reached by a dotted path."""
    customer = prop("customer", "object", properties=[prop("number", "integer"), prop("mail", "string")])
    contract = contract_of(customer, prop("sku", "string", physicalName="StockCode"))
    record, violations = contract.typed({"customer.number": "7", "customer.mail": "", "StockCode": "A1"})
    assert (record, violations) == ({"customer": {"number": 7, "mail": None}, "sku": "A1"}, ())


def test_a_name_wins_over_another_fields_physical_name():
    """Where two fields could claim a column, the one of that very name has it."""
    contract = contract_of(prop("a", "integer", physicalName="b"), prop("b", "string"))
    assert contract.typed({"b": "x"}) == ({"b": "x"}, ())


def test_the_whole_contract_is_checked():
    """What the texts' types cannot say is checked too, and nothing is told twice."""
    contract = contract_of(prop("n", "integer", required=True, minimum=5), prop("s", "string", maxLength=2))
    assert [v.rule for v in contract.typed({"n": "4", "s": "abc"})[1]] == ["minimum", "maxLength"]
    assert [(v.pointer, v.rule) for v in contract.typed({"n": "x", "s": "ab"})[1]] == [("/n", "type")]


@given(st.integers(), st.decimals(allow_nan=False, allow_infinity=False))
def test_numbers_come_back_with_every_digit(whole, exact):
    """Whatever number is written, the same number is read, and it is never a binary float."""
    record, violations = ROW.typed({"whole": str(whole), "exact": f"{exact:f}"[:380]})
    assert not violations
    assert record["whole"] == whole
    assert isinstance(record["exact"], Decimal)
    assert record["exact"] == D(f"{exact:f}"[:380])


@given(st.dictionaries(st.sampled_from([field.name for field in ROW.fields]), st.text(max_size=30)))
def test_any_texts_give_a_record_that_is_right_or_told(texts):
    """No text raises; without violations the record satisfies the contract."""
    record, violations = ROW.typed(texts)
    assert violations or ROW.check(record) == ()
    assert not any(isinstance(value, float) for value in record.values())
