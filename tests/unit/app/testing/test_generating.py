"""Documents that a contract takes, with what an expression looks for among them."""

from __future__ import annotations

import json

from tests.contract_files import contract_of, prop

from trunkline.app.testing.generating import generated

THING = contract_of(
    prop("id", "string", required=True),
    prop("note", "string", maxLength=5),
    prop("count", "integer", required=True, minimum=1, maximum=9),
    {"name": "lines", "logicalType": "array", "items": prop("line", "string")},
)


# They keep to the contract, and among them are edges: bounds, absent members, empty arrays, unusual texts.
def test_edges():
    found = generated(THING, 300, 0)
    assert all(THING.check(one) == () for one in found)
    assert {1, 9} <= {one["count"] for one in found}
    assert any(one.get("lines") == [] for one in found)
    assert any("note" not in one for one in found)
    assert any(len(one.get("note") or "") == 5 for one in found)
    assert any(not one["id"].isascii() for one in found)


# The same seed gives the same documents, in the same order, and no more than were asked for.
def test_deterministic():
    assert generated(THING, 300, 7) == generated(THING, 300, 7)
    assert len(generated(THING, 5, 0)) == 5


# Texts and numbers of an expression stand where it reads, so that a condition on a free text is met.
def test_planted():
    found = generated(THING, 300, 0, ["id = 'sold' and count = 4"], ["count", "id"])
    assert any(one["id"] == "sold" and one["count"] == 4 for one in found)
    assert all(THING.check(one) == () for one in found)


# A literal that the contract refuses is planted nowhere.
def test_what_the_contract_refuses_is_not_planted():
    assert "too long" not in json.dumps(
        generated(THING, 300, 0, ["note = 'too long'"], ["note"]), default=str
    )
