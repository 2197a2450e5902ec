"""``trunkline status`` shows where everything stands, also before anything has happened."""

from __future__ import annotations

import json


# Sources, streams and flows are in the text and in the JSON.
def test_status(trunkline, orders, bury):
    trunkline("publish", "order", "--file", orders(3))
    bury([1], cursor=2)
    code, out, _ = trunkline("status")
    assert code == 0
    assert all(word in out for word in ("shop/order", "order@1", "orders-to-warehouse", "warehouse.orders"))
    [flow] = json.loads(trunkline("status", "--json")[1])["flows"]
    assert (flow["cursor"], flow["lag"], flow["dead"]) == (2, 1, 1)


# A project that never ran has no store to read yet, and is told what makes one.
def test_before_the_first_run(trunkline):
    code, _, err = trunkline("status")
    assert code == 4
    assert "trunkline run" in err
