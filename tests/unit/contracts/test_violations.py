"""What is wrong with a record, told without the record."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.contract_files import contract_of, prop

from trunkline.contracts.violations import MOST

SECRET = "hunter2-4111111111111111"
ITEMS = {"logicalType": "integer"}


# Every rule says what it asks for, in words.
@pytest.mark.parametrize(
    ("property_", "value", "rule", "message"),
    [
        (prop("x", "string"), 5, "type", "expected a string or null"),
        (prop("x", "object", required=True), 5, "type", "expected an object"),
        (
            prop("x", "string", enum=[{"value": "a"}, {"value": "b"}]),
            "c",
            "enum",
            "expected one of a, b, null",
        ),
        (prop("x", "string", pattern="^A"), "b", "pattern", "does not match pattern ^A"),
        (prop("x", "string", format="email"), "b", "format", "expected a valid email"),
        (prop("x", "string", minLength=2), "b", "minLength", "expected at least 2 characters"),
        (prop("x", "string", maxLength=1), "bb", "maxLength", "expected at most 1 characters"),
        (prop("x", "number", minimum=0.5), Decimal("0.1"), "minimum", "expected at least 0.5"),
        (prop("x", "number", maximum=0.5), 1, "maximum", "expected at most 0.5"),
        (prop("x", "number", exclusiveMinimum=0), 0, "exclusiveMinimum", "expected more than 0"),
        (prop("x", "number", exclusiveMaximum=0), 0, "exclusiveMaximum", "expected less than 0"),
        (prop("x", "integer", multipleOf=6), 7, "multipleOf", "expected a multiple of 6"),
        (prop("x", "array", minItems=1), [], "minItems", "expected at least 1 items"),
        (prop("x", "array", maxItems=1), [1, 2], "maxItems", "expected at most 1 items"),
        (prop("x", "array", uniqueItems=True), [1, 1], "uniqueItems", "expected no item twice"),
        (prop("x", "object", minProperties=1), {}, "minProperties", "expected at least 1 fields"),
        (prop("x", "object", maxProperties=0), {"a": 1}, "maxProperties", "expected at most 0 fields"),
        (
            prop("x", "date", minimum="2020-01-01"),
            "2019-01-01",
            "format",
            "expected a date as yyyy-MM-dd from 2020-01-01",
        ),
    ],
)
def test_messages(property_, value, rule, message):
    (violation,) = contract_of(property_).check({"x": value})
    assert (violation.pointer, violation.rule, violation.message) == ("/x", rule, message)


def test_a_missing_field_is_named_by_its_own_pointer():
    """The pointer leads to where the value should be, nested or in a list."""
    inner = {"logicalType": "object", "properties": [prop("a/b", "string", required=True)]}
    (violation,) = contract_of(prop("l", "array", items=inner)).check({"l": [{}]})
    assert (violation.pointer, violation.message) == ("/l/0/a~1b", "is required")


# Whatever rule a value breaks, it is in no message, and neither are keys that the sender chose.
@pytest.mark.parametrize(
    "property_",
    [
        prop("x", "integer"),
        prop("x", "string", maxLength=3),
        prop("x", "string", pattern="^A"),
        prop("x", "string", format="uuid"),
        prop("x", "string", enum=[{"value": "a"}]),
        prop("x", "timestamp"),
        prop("x", "date", format="dd.MM.yyyy"),
        prop("x", "array", items=ITEMS),
        prop(
            "x",
            "map",
            map={"key": {"logicalType": "string", "logicalTypeOptions": {"maxLength": 3}}, "value": ITEMS},
        ),
        prop("x", "object", customProperties=[{"property": "additionalProperties", "value": False}]),
    ],
)
@pytest.mark.parametrize("value", [SECRET, [SECRET], {SECRET: SECRET}])
def test_no_value_is_repeated(property_, value):
    violations = contract_of(property_, prop("y", "string", enum=[{"value": "z"}])).check(
        {"x": value, "y": SECRET}
    )
    assert violations
    assert SECRET not in str(violations)


def test_unknown_fields_are_counted():
    """A closed object tells how many fields it does not know."""
    contract = contract_of(prop("a", "string"), additionalProperties=False)
    assert contract.check({"b": 1})[0].message.startswith("a field that the contract does not know")
    assert contract.check({"b": 1, "c": 2})[0].message.startswith("2 fields that the contract")


def test_long_enums_are_cut():
    """A message stays one line, however many values there are."""
    (violation,) = contract_of(
        prop("x", "integer", enum=[{"value": n} for n in range(100)], required=True)
    ).check({"x": 100})
    assert violation.message.endswith("18, 19 and 80 more")


def test_the_number_of_violations_is_bounded():
    """A record with thousands of faults gets the first ones and a last word."""
    violations = contract_of(prop("x", "array", items=ITEMS)).check({"x": ["a"] * 5000})
    assert len(violations) == MOST + 1
    assert violations[-1].rule == "more"
    assert violations[-1].message == "and more: only the first 50 violations are listed"
