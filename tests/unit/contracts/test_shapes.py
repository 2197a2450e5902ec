"""Objects, arrays, maps and allowed values of a contract."""

from __future__ import annotations

import pytest
from tests.contract_files import contract_of, faults_in, odcs, prop


def pointers(contract, record):
    return [violation.pointer for violation in contract.check(record)]


def test_nested_objects_and_arrays_are_checked_to_the_bottom():
    """A fault deep inside is found and named by its pointer."""
    line = {"logicalType": "object", "properties": [prop("sku", "string", required=True, maxLength=3)]}
    contract = contract_of(prop("order", "object", properties=[prop("lines", "array", items=line)]))
    assert pointers(contract, {"order": {"lines": [{"sku": "abc"}, {"sku": "abcd"}, {}]}}) == [
        "/order/lines/1/sku",
        "/order/lines/2/sku",
    ]


def test_what_is_not_required_may_be_absent_or_null():
    """The standard's required means not null; the rest may be either."""
    contract = contract_of(prop("a", "string", required=True), prop("b", "string", enum=[{"value": "x"}]))
    assert contract.check({"a": "1"}) == ()
    assert contract.check({"a": "1", "b": None}) == ()
    assert pointers(contract, {"a": None}) == ["/a"]
    assert pointers(contract, {}) == ["/a"]


def test_unknown_members_are_accepted_unless_the_contract_says_no():
    """A reader ignores what it does not know, so a sender may add fields; a closed object is a choice."""
    assert contract_of(prop("a", "string")).check({"a": "x", "new": 1}) == ()
    closed = contract_of(prop("a", "string"), additionalProperties=False)
    (violation,) = closed.check({"a": "x", "new": 1})
    assert (violation.pointer, violation.rule) == ("", "additionalProperties")
    inner = {"customProperties": [{"property": "additionalProperties", "value": False}]}
    nested = contract_of(prop("o", "object", properties=[prop("a", "string")], **inner))
    assert nested.check({"o": {"a": "x"}, "new": 1}) == ()
    assert pointers(nested, {"o": {"b": 1}}) == ["/o"]


def test_array_and_object_sizes():
    """Bounds on the number of items and members, and items that must differ, hold."""
    contract = contract_of(
        prop("list", "array", minItems=1, maxItems=2, uniqueItems=True),
        prop("bag", "object", minProperties=1, maxProperties=2),
    )
    assert contract.check({"list": [1, 2], "bag": {"a": 1}}) == ()
    for record in ({"list": []}, {"list": [1, 2, 3]}, {"list": [1, 1]}, {"bag": {}}):
        assert contract.check(record), record


def test_maps_and_vectors():
    """A map's keys and values and a vector's length are checked; a map's keys do not appear in pointers."""
    parts = {"key": prop("k", "string", pattern="^[A-Z]{2}$"), "value": {"logicalType": "integer"}}
    del parts["key"]["name"]
    contract = contract_of(prop("stock", "map", map=parts), prop("v", "vector", dimensions=2))
    assert contract.check({"stock": {"DE": 1}, "v": [1, 2]}) == ()
    assert pointers(contract, {"stock": {"DE": "many"}}) == ["/stock/*"]
    assert contract.check({"stock": {"Ada Lovelace": 1}})
    assert contract.check({"v": [1]})


def test_a_property_without_a_type_is_what_its_parts_imply():
    """Physical-only columns accept anything; nested parts are still checked."""
    contract = contract_of(
        {"name": "raw", "physicalType": "jsonb"}, {"name": "o", "properties": [prop("n", "integer")]}
    )
    assert contract.check({"raw": [1, {"x": None}], "o": {"n": 1}}) == ()
    assert pointers(contract, {"o": {"n": "1"}}) == ["/o/n"]


def test_required_can_be_listed_by_the_object():
    """The object's own list makes members required; a name it does not have is a mistake with a near miss."""
    listed = {"logicalTypeOptions": {"required": ["sku"]}}
    contract = contract_of(prop("o", "object", properties=[prop("sku", "string")]) | listed)
    assert pointers(contract, {"o": {}}) == ["/o/sku"]
    assert next(field for field in contract.fields if field.name == "sku").required
    wrong = prop("o", "object", properties=[prop("sku", "string")]) | {
        "logicalTypeOptions": {"required": ["sk"]}
    }
    (fault,) = faults_in(odcs([wrong]))
    assert fault.endswith('unknown property "sk"; expected a property of this object; did you mean "sku"?')
    free = prop("o", "object") | {"logicalTypeOptions": {"required": ["any"]}}
    assert pointers(contract_of(free), {"o": {}}) == ["/o/any"]


# Allowed values: the 3.2 enum, and quality rules that allow nothing invalid; the others judge a table.
@pytest.mark.parametrize(
    ("statement", "enforced"),
    [
        ({"enum": [{"value": "EUR"}, {"value": "GBP"}]}, True),
        (
            {"quality": [{"metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": ["EUR"]}}]},
            True,
        ),
        ({"quality": [{"metric": "invalidValues", "mustBe": 0, "arguments": {"pattern": "^EUR$"}}]}, True),
        (
            {
                "quality": [
                    {"metric": "invalidValues", "mustBeLessThan": 5, "arguments": {"validValues": ["EUR"]}}
                ]
            },
            False,
        ),
        ({"quality": [{"metric": "rowCount", "mustBeGreaterThan": 5}]}, False),
    ],
)
def test_allowed_values(statement, enforced):
    contract = contract_of(prop("currency", "string") | statement)
    assert contract.check({"currency": "EUR"}) == ()
    assert (contract.check({"currency": "USD"}) != ()) is enforced


def test_allowed_values_from_two_places_must_both_hold():
    """A value must be in every list that is stated."""
    rule = {"metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": ["GBP", "USD"]}}
    contract = contract_of(prop("c", "string", enum=[{"value": "EUR"}, {"value": "GBP"}], quality=[rule]))
    assert [value for value in ("EUR", "GBP", "USD") if not contract.check({"c": value})] == ["GBP"]


def test_an_allowed_value_that_can_never_occur_is_a_mistake():
    """An enum entry of the wrong type, or against the pattern, is told at its place."""
    faults = faults_in(odcs([prop("n", "integer", enum=[{"value": 1}, {"value": "two"}])]))
    assert len(faults) == 1
    assert 'the allowed value "two" is refused by the rest of this property' in faults[0]


def test_two_properties_with_one_name_are_a_mistake():
    """The second one is told; silently keeping either would lose a rule."""
    (fault,) = faults_in(odcs([prop("a", "string"), prop("a", "integer")]))
    assert 'a second property "a"; expected each name once' in fault


@pytest.mark.parametrize("name", ["", "-", "*"])
def test_names_that_paths_use_themselves(name):
    """A property cannot be called what stands for array items, map values or nothing in a path."""
    (fault,) = faults_in(odcs([prop(name, "string")]))
    assert f'a property named "{name}"; expected a word' in fault


def test_all_mistakes_are_told_at_once():
    """Mistakes of different kinds in different properties come in one go, top down."""
    faults = faults_in(
        odcs(
            [prop("a", "string", pattern="("), prop("b", "integer", minimum=2, maximum=1), prop("b", "date")]
        )
    )
    assert len(faults) == 3
