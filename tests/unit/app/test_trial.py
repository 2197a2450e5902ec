"""A user's own test pushes records through the real intake and mapping, and touches nothing."""

from __future__ import annotations

import pytest

from trunkline.kernel.errors import TrunklineError
from trunkline.testing import Trial

ORDER = {
    "event_id": "e1",
    "order_id": "1001",
    "revision": 1,
    "status": "placed",
    "total": 5,
    "changed_at": "2026-01-05T09:30:00Z",
    "lines": [{"sku": "MUG", "quantity": 2, "price": 5}],
}


@pytest.fixture
def trial(folder):
    return Trial(folder)


# A record that passes comes out as the flow would send it.
async def test_through_to_the_target(trial):
    assert [one.status for one in await trial.push("order", ORDER)] == ["accepted"]
    [out] = await trial.outgoing("orders-to-warehouse")
    assert (out.offset, out.record["pieces"], out.problem) == (0, 2, "")


# A record against its contract is refused with its reasons; the same one again is a duplicate.
async def test_refused_and_repeated(trial):
    receipts = await trial.push("order", [ORDER, ORDER, {**ORDER, "status": "lost"}])
    assert [one.status for one in receipts] == ["accepted", "duplicate", "refused"]
    assert receipts[2].reasons[0].startswith("/status")


# What the flow could not send says why; what its rule drops is sent as nothing.
async def test_dropped_and_refused_on_the_way_out(folder, edit):
    flow = "flows/orders-to-warehouse.yaml"
    edit(flow, "map:", "when: revision > 0\nmap:")
    edit(flow, "email: email", "email: status")
    trial = Trial(folder)
    await trial.push("order", [ORDER])
    [out] = await trial.outgoing("orders-to-warehouse")
    assert (out.record is None) == bool(out.problem)
    edit(flow, "when: revision > 0", "when: revision > 1")
    trial = Trial(folder)
    await trial.push("order", [ORDER])
    [out] = await trial.outgoing("orders-to-warehouse")
    assert (out.record, out.problem) == (None, "")


# A stream or flow that is not there is named with what there is.
async def test_unknown_names(trial):
    with pytest.raises(TrunklineError, match="order"):
        await trial.push("ordr", ORDER)
    with pytest.raises(TrunklineError, match="orders-to-warehouse"):
        await trial.outgoing("nothing")


# Nothing is written into the project's folder.
async def test_nothing_is_touched(trial, folder):
    before = sorted(folder.rglob("*"))
    await trial.push("order", ORDER)
    assert sorted(folder.rglob("*")) == before
