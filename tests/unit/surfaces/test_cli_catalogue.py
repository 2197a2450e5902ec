"""``trunkline catalogue`` prints what there is, as tables or as one document."""

from __future__ import annotations

import json


# Each part has its table, and the last line says what was joined.
def test_tables(trunkline):
    code, out, _ = trunkline("catalogue")
    assert code == 0
    for word in ("Web shop", "warehouse-order@1", "orders-to-warehouse", "90 d"):
        assert word in out
    assert out.splitlines()[-1] == "1 pair of systems joined by 2 sources and targets."


# The document has the same.
def test_json(trunkline):
    found = json.loads(trunkline("catalogue", "--json")[1])
    assert [one["field"] for one in found["personal"]] == ["email"]
    assert found["links"] == {"pairs": 1, "ends": 2}
