"""``trunkline lineage`` tells a field's way in lines a person reads from top to bottom."""

from __future__ import annotations

import json


# A field is told with its source and each target it reaches.
def test_a_field(trunkline):
    code, out, _ = trunkline("lineage", "email")
    assert code == 0
    assert out.splitlines() == [
        "order@1 email (personal, masked)",
        "  from shop/order",
        "  to warehouse.orders email by flow orders-to-warehouse, expression",
    ]


# A stream may stand before it; one that reaches nothing says so.
def test_a_stream_and_a_field(trunkline):
    assert trunkline("lineage", "order", "lines.price")[1].splitlines()[-1] == "  reaches no target"
    assert "what warehouse.orders accepts" in trunkline("lineage", "warehouse-order", "email")[1]


# The document is the list of ways; what is not there is told.
def test_json_and_errors(trunkline):
    [way] = json.loads(trunkline("lineage", "email", "--json")[1])
    assert way["reaches"][0]["how"] == "expression"
    code, _, err = trunkline("lineage", "emial")
    assert (code, 'did you mean "email"?' in err) == (2, True)
