"""Containment of JSON Schemas: proved, refuted or neither, never fetched."""

from __future__ import annotations

import pytest

from trunkline.contracts.compat.containment import containment

INTEGER, SMALL = {"type": "integer"}, {"type": "integer", "maximum": 5}


# What is narrower is contained in what is wider, and not the other way round.
def test_narrow_in_wide():
    assert containment(SMALL, INTEGER) == "compatible"
    assert containment(INTEGER, SMALL) == "breaking"


# A reference out of the schema is refused without being fetched.
def test_a_remote_reference():
    with pytest.raises(ValueError, match="not present"):
        containment({"$ref": "http://127.0.0.1:9/order.json"}, INTEGER)
