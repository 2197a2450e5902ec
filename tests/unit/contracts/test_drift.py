"""How records differ from their contract: told before it breaks anything, without the values."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from tests.contract_files import contract_of, prop

from trunkline.contracts.drift import MOST_NAMES, Profile, Sight

ORDER = contract_of(
    prop("id", "string", required=True),
    prop("quantity", "integer"),
    prop("price", "number"),
    prop("state", "string", enum=[{"value": "open"}, {"value": "paid"}]),
    prop("email", "string", classification="personal", enum=[{"value": "none"}]),
    prop("customer", "object", properties=[prop("number", "integer"), prop("since", "date")]),
    prop("lines", "array", items={"logicalType": "object", "properties": [prop("sku", "string")]}),
    {
        "name": "attributes",
        "logicalType": "map",
        "map": {"key": prop("k", "string"), "value": prop("v", "string")},
    },
    {"name": "anything"},
)
FINE = {
    "id": "1",
    "quantity": 2,
    "price": 5,
    "state": "open",
    "email": None,
    "customer": {"number": Decimal("7.0"), "since": "2026-01-01"},
    "lines": [{"sku": "a"}, {"sku": "b"}],
    "attributes": {"colour": "red"},
    "anything": [{"at": "all"}],
}


def drifts(*records, middle=0, at=lambda number: number):
    profile = Profile(ORDER, middle)
    for number, record in enumerate(records):
        profile.add(record, Sight(at(number), "shop/order"))
    return [(one.pointer, one.kind) for one in profile.drifts()]


# A record as the contract has it differs in nothing, and neither does one with what may be absent left out.
def test_nothing():
    assert drifts(FINE, {"id": "2"}) == []
    assert drifts() == []


# Every field that an object does not know is told by its place, also in items and in objects below.
def test_unknown_fields():
    strange = FINE | {
        "colour": "red",
        "customer": {"number": 7, "vip": True},
        "lines": [{"sku": "a", "weight": 5}, {"sku": "b", "weight": 6}],
    }
    assert drifts(strange) == [
        ("/colour", "unknown-field"),
        ("/customer/vip", "unknown-field"),
        ("/lines/-/weight", "unknown-field"),
    ]


# A required field that is not there is told by its place.
def test_a_missing_field():
    assert drifts({"quantity": 2}) == [("/id", "missing-field")]


# Another JSON type than the contract's is told with what came, at fields, items and values of maps.
def test_types():
    strange = FINE | {"quantity": "2", "price": True, "lines": "none", "attributes": {"size": 5}}
    profile = Profile(ORDER, 0)
    profile.add(strange, Sight(3, "till/files", refused=True))
    told = {one.pointer: one for one in profile.drifts()}
    assert set(told) == {"/quantity", "/price", "/lines", "/attributes/*"}
    assert told["/quantity"].detail == "string instead of integer or null"
    assert told["/quantity"].refused == told["/quantity"].records == 1
    assert (told["/quantity"].first, told["/quantity"].sources) == (3, ("till/files",))
    assert drifts(FINE | {"quantity": Decimal("2.5")}) == [("/quantity", "type-change")]


# A value that an enumeration does not have is named; of a personal field only that there was one.
def test_new_values():
    profile = Profile(ORDER, 0)
    for state in ("refunded", "refunded", "lost"):
        profile.add(FINE | {"state": state, "email": "ada@example.com"}, Sight(1, "shop/order"))
    told = [(one.pointer, one.detail.partition(",")[0], one.records) for one in profile.drifts()]
    assert told == [("/state", "refunded", 2), ("/state", "lost", 1), ("/email", "a value", 3)]


# A field that was common in the older records and is in none of the newer ones has vanished.
def test_a_vanishing_field():
    without = {name: value for name, value in FINE.items() if name != "price"}
    assert drifts(*[FINE] * 40, *[without] * 40, middle=40) == [("/price", "vanishing-field")]
    assert drifts(*[FINE] * 40, *[without] * 39, FINE, middle=40) == []
    assert drifts(*[FINE] * 10, *[without] * 40, middle=10) == []


# Where a whole object is gone, it is told once and not for each of its fields.
def test_a_vanishing_object():
    without = {name: value for name, value in FINE.items() if name != "customer"}
    assert drifts(*[FINE] * 40, *[without] * 40, middle=40) == [("/customer", "vanishing-field")]


# However many names and values come, what is kept of them is bounded.
def test_names_are_bounded():
    profile = Profile(ORDER, 0)
    for number in range(3 * MOST_NAMES):
        profile.add({"id": "1", f"x{number}": 1, "state": "y" * 5_000 + str(number)}, Sight(number, "s"))
    told = profile.drifts()
    assert len([one for one in told if one.kind == "unknown-field"]) == MOST_NAMES + 1
    assert max(len(one.detail) for one in told) < 300
    assert sum(one.records for one in told if one.kind == "unknown-field") == 3 * MOST_NAMES


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.sampled_from([*FINE, "sku", "x"]), children),
    max_leaves=20,
)


# Any record at all can be looked at; one that the contract accepts shows unknown fields at the most.
@given(JSON)
def test_any_record(record):
    profile = Profile(ORDER, 0)
    profile.add(record, Sight(1, "s"))
    found = profile.drifts()
    if not ORDER.check(record):
        assert {one.kind for one in found} <= {"unknown-field"}
