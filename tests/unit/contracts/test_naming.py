"""Primary key, idempotency key, event time and version: found, or told why not."""

from __future__ import annotations

import pytest
from tests.contract_files import contract_of, faults_in, odcs, prop

from trunkline.contracts.contract import Reading, load

ID = prop("id", "string", required=True)
CUSTOMER = prop("customer", "object", required=True, properties=[prop("number", "integer", required=True)])
LINES = prop(
    "lines", "array", items={"logicalType": "object", "properties": [prop("sku", "string", required=True)]}
)


def test_the_primary_key_stands_in_its_order():
    """Positions decide; what has none follows in the order of the file; nested parts have dotted paths."""
    contract = contract_of(
        prop("c", "string", primaryKey=True),
        prop("b", "string", primaryKey=True, primaryKeyPosition=2),
        prop("a", "string", primaryKey=True, primaryKeyPosition=1),
        prop("o", "object", required=True, properties=[prop("d", "integer", primaryKey=True)]),
    )
    assert contract.primary_key == ("a", "b", "c", "o.d")
    assert contract.reading({"a": "1", "b": "2", "c": "3", "o": {"d": 4}}).entity_key == "1/2/3/4"


def test_without_a_key_a_record_belongs_to_no_entity():
    """No key is no error: such records have no order among them."""
    contract = contract_of(ID)
    assert (contract.primary_key, contract.reading({"id": "1"}).entity_key) == ((), "")
    assert contract.reading({}) == Reading("", "", None)
    assert contract.version_of({}) is None


# A property is named by its name, a dotted path or a pointer.
@pytest.mark.parametrize("named", ["customer.number", "/customer/number"])
def test_ways_to_name_a_property(named):
    contract = contract_of(ID, CUSTOMER, idempotencyKey=named, version=named)
    assert contract.reading({"customer": {"number": 7}}).identity == "7"
    assert contract.version_of({"customer": {"number": 7}}) == 7


def test_several_identity_fields_are_joined():
    """A list makes one identity of several values."""
    contract = contract_of(ID, CUSTOMER, idempotencyKey=["id", "customer.number"])
    assert contract.reading({"id": "a/b", "customer": {"number": 7}}).identity == "a%2Fb/7"


def test_names_may_stand_at_the_top_of_the_file():
    """What the whole file says holds for its object, unless the object says otherwise."""
    top = [{"property": "idempotencyKey", "value": "id"}, {"property": "unrelated", "value": 1}]
    contract = load(odcs([ID, prop("n", "string", required=True)], customProperties=top), "f")
    assert contract.reading({"id": "a", "n": "b"}).identity == "a"
    contract = load(
        odcs([ID, prop("n", "string", required=True)], {"idempotencyKey": "n"}, customProperties=top), "f"
    )
    assert contract.reading({"id": "a", "n": "b"}).identity == "b"


# The event time is a moment in any stated format, or a number with its unit.
@pytest.mark.parametrize(
    ("property_", "unit", "value", "instant"),
    [
        (prop("at", "timestamp"), {}, "1970-01-01T00:00:01Z", 1_000_000),
        (prop("at", "date", format="dd.MM.yyyy"), {}, "02.01.1970", 86_400_000_000),
        (
            prop("at", "timestamp", format="yyyy-MM-dd HH:mm", defaultTimezone="Europe/London"),
            {},
            "1970-07-01 01:00",
            181 * 86_400_000_000,
        ),
        (prop("at", "integer"), {"eventTimeUnit": "seconds"}, 5, 5_000_000),
        (prop("at", "integer"), {"eventTimeUnit": "milliseconds"}, 5, 5_000),
        (prop("at", "number"), {"eventTimeUnit": "microseconds"}, 5, 5),
    ],
)
def test_event_times(property_, unit, value, instant):
    contract = contract_of(property_, eventTime="at", **unit)
    assert contract.check({"at": value}) == ()
    assert contract.reading({"at": value}).event_time == instant
    assert contract.reading({}).event_time is None


def test_versions_compare():
    """A moment as version compares as a moment, whatever its offset."""
    contract = contract_of(prop("at", "timestamp", required=True), version="at")
    older = contract.version_of({"at": "2026-03-01T12:00:00+02:00"})
    newer = contract.version_of({"at": "2026-03-01T11:00:00Z"})
    assert older < newer


# What cannot serve is told at the place where it is named, with the near miss.
@pytest.mark.parametrize(
    ("properties", "custom", "said"),
    [
        (
            [ID],
            {"idempotencyKey": "idd"},
            'names "idd", which is no property; expected a property of this object; did you mean "id"?',
        ),
        ([prop("id", "string")], {"idempotencyKey": "id"}, 'names "id", which may be missing'),
        ([prop("v", "integer")], {"version": "v"}, 'version names "v", which may be missing'),
        ([CUSTOMER | {"required": False}], {"version": "customer.number"}, "which may be missing"),
        ([CUSTOMER], {"version": "customer"}, 'names "customer", which is an object'),
        ([LINES], {"idempotencyKey": "/lines/-/sku"}, "which is inside an array or map"),
        ([ID], {"idempotencyKey": ["id", 5]}, 'names "5", which is no property'),
        ([ID], {"version": []}, "version names nothing; expected the name of a property"),
        ([prop("at", "integer")], {"eventTime": "at", "eventTimeUnit": [1]}, "a number without a unit"),
        ([ID], {"eventTime": "id"}, 'eventTime names "id", a string'),
        ([prop("at", "integer")], {"eventTime": "at"}, "the event time is a number without a unit"),
        ([prop("at", "integer")], {"eventTime": "at", "eventTimeUnit": "second"}, 'did you mean "seconds"?'),
    ],
)
def test_what_cannot_serve(properties, custom, said):
    (fault,) = faults_in(odcs(properties, custom))
    assert said in fault
    assert fault[0].isdigit()


def test_what_another_vendor_says_is_its_own():
    """A custom property of the same name with another vendor is not read."""
    entries = [{"property": "version", "value": "5.1", "vendor": "soda"}]
    entries.append({"property": "idempotencyKey", "value": "id", "vendor": "trunkline"})
    contract = load(odcs([ID], customProperties=entries), "f")
    assert (contract.version_of({"id": "a"}), contract.reading({"id": "a"}).identity) == (None, "a")


def test_keys_that_cannot_be():
    """Two properties at one position, or a key inside an array or an optional object, are mistakes."""
    optional = prop("o", "object", properties=[prop("id", "string", primaryKey=True)])
    (fault,) = faults_in(odcs([optional]))
    assert "primaryKey on o.id, inside an object that may be missing" in fault
    one, two = (prop(name, "string", primaryKey=True, primaryKeyPosition=1) for name in "ab")
    (fault,) = faults_in(odcs([one, two]))
    assert "primaryKeyPosition 1 is taken by a; expected each position once" in fault
    inner = {"logicalType": "object", "properties": [prop("sku", "string", primaryKey=True)]}
    (fault,) = faults_in(odcs([prop("lines", "array", items=inner)]))
    assert (
        "primaryKey on lines.-.sku, inside an array or map; expected a field that a record has once" in fault
    )
