"""A record is changed in the places that are named, and what differs is shown without what is personal."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from trunkline.app.editing import Difference, as_json, changed, differences
from trunkline.contracts.contract import load
from trunkline.kernel.errors import TrunklineError

RECORD = {"id": 7, "total": Decimal("29.90"), "lines": [{"sku": "A"}, {"sku": "B"}]}


@pytest.fixture
def contract(folder):
    file = folder / "contracts/order.odcs.yaml"
    return load(file.read_bytes(), "order.odcs.yaml")


# Values go to their places, in objects and arrays; everything else, and the original, stays as it is.
def test_values_go_to_their_places():
    new = changed(RECORD, {"lines.1.sku": b'"C"', "note": b"null", "total": b"0.10"})
    assert new == {"id": 7, "total": Decimal("0.10"), "lines": [{"sku": "A"}, {"sku": "C"}], "note": None}
    assert str(new["total"]) == "0.10"
    assert RECORD["lines"][1] == {"sku": "B"}
    assert changed(RECORD, {"lines.0": b"{}"})["lines"] == [{}, {"sku": "B"}]


# A path that leads nowhere and a value that is no JSON are told, and no value of the record is.
@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("lines.2.sku", b"1", 'no place lines.2.sku: it ends before "2"'),
        ("lines.2", b"1", "no place"),
        ("id.x", b"1", 'before "x"'),
        ("no.way", b"1", 'before "no"'),
        ("id", b"{", "no JSON"),
    ],
)
def test_a_path_that_leads_nowhere(path, value, said):
    with pytest.raises(TrunklineError, match=said):
        changed(RECORD, {path: value})


# What a person types is JSON, or else a text.
@pytest.mark.parametrize(
    ("typed", "value"), [("5", b"5"), ("placed", b'"placed"'), ('{"a":1}', b'{"a":1}'), ("0.10", b"0.10")]
)
def test_what_a_person_types(typed, value):
    assert as_json(typed) == value


# Each place that differs is shown with both values, but for personal and undescribed ones.
def test_differences_are_masked(contract):
    old = {"status": "placed", "email": "ada@example.com", "lines": [{"sku": "A"}], "total": 1}
    new = {"status": "paid", "email": "bob@example.com", "lines": [{"sku": "B"}], "total": 1, "secret": 5}
    assert differences(old, new, contract) == [
        Difference("status", "placed", "paid"),
        Difference("email", "***", "***"),
        Difference("lines.0.sku", "A", "B"),
        Difference("secret", msgspec.UNSET, "***"),
    ]
    assert differences(old, old, contract) == []


# A shorter or longer array differs as a whole; a number is not the text of it.
def test_arrays_and_kinds_of_values(contract):
    old, new = {"lines": [{"sku": "A"}], "total": 1}, {"lines": [], "total": "1"}
    assert [one.path for one in differences(old, new, contract)] == ["lines", "total"]
