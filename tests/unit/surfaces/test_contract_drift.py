"""``trunkline contract``: what a person and a program get to see."""

from __future__ import annotations

import json

from trunkline.surfaces.cli.exits import Exit


# Without drift a stream says so and the command ends well; with it, it names the place and ends with 1.
def test_drift(trunkline, orders):
    trunkline("publish", "order", "--file", orders(3))
    code, out, _ = trunkline("contract", "drift", "order")
    assert code == Exit.OK
    assert "3 accepted and 0 refused records" in out
    assert "No drift." in out
    record = json.loads(orders(1).read_text("utf-8")) | {"event_id": "new", "gift": True}
    path = orders(1)
    path.write_text(json.dumps(record), "utf-8")
    assert trunkline("publish", "order", "--file", path)[0] == Exit.OK
    code, out, _ = trunkline("contract", "drift", "order")
    assert code == Exit.FOUND
    assert "/gift" in out
    assert "the contract knows no such field" in out
    code, out, _ = trunkline("contract", "drift", "--json")
    reports = {one["stream"]: one for one in map(json.loads, out.splitlines())}
    assert reports["order@1"]["drifts"][0]["kind"] == "unknown-field"
    assert reports["warehouse-order@1"]["drifts"] == []
