"""What people see of what is stored: found by any of its names, and personal fields out of sight."""

from __future__ import annotations

import pytest

from trunkline.app.views import ReplyView, Wanted, events, trace
from trunkline.connectors.reply import Reply
from trunkline.delivery.ledger import Range, Record, StoredReply
from trunkline.kernel.errors import TrunklineError

FLOW = "orders-to-warehouse"


async def seen(backbone, **wanted):
    return [one async for one in events(backbone, "order", Wanted(**wanted))]


# A stream is shown from an offset on, up to a limit, masked unless it is asked otherwise.
async def test_events_from_an_offset(backbone, publish):
    await publish(5)
    found = await seen(backbone, start=1, limit=3)
    assert [one.offset for one in found] == [1, 2, 3]
    assert {one.data["email"] for one in found} == {"***"}
    [open_one] = await seen(backbone, limit=1, reveal=True)
    assert open_one.data["email"] == "ada@example.com"


# An event is found by its key, its id or its correlation.
async def test_events_by_a_name(backbone, publish):
    receipts = await publish(3)
    assert [one.offset for one in await seen(backbone, subject="1001")] == [1]
    assert [one.offset for one in await seen(backbone, id="e2")] == [2]
    assert [one.offset for one in await seen(backbone, correlation=receipts[0].correlation)] == [0]
    assert await seen(backbone, id="nothing") == []


# A stream that is not there is an error that knows the near miss.
async def test_an_unknown_stream(backbone):
    with pytest.raises(TrunklineError, match='did you mean "order"'):
        [one async for one in events(backbone, "ordr", Wanted())]


# A trace tells each event's fate in every flow with its attempts, by correlation or by id.
async def test_a_trace(backbone, publish, bury):
    receipts = await publish(2)
    await bury([0], cursor=1)
    by_correlation = await trace(backbone, receipts[0].correlation)
    by_id = await trace(backbone, "e0")
    assert by_correlation.events == by_id.events
    [fate] = by_id.events[0].fates
    assert (fate.flow, fate.state, fate.attempt, fate.tries[0].kind) == (FLOW, "dead", 3, "http-422")
    assert [one.fates[0].state for one in (await trace(backbone, "e1")).events] == ["pending"]


# A trace tells what the caller of a request was told, every value masked unless it is asked otherwise.
async def test_a_trace_of_a_request(backbone, publish):
    await publish(2)
    answers = [Reply(b'{"shelf":7}'), Reply(kind="size", detail="too large")]
    replies = [StoredReply(offset, f"tl_{offset}", one) for offset, one in enumerate(answers)]
    now = backbone.machine.clock.now()
    await backbone.ledger.record(Record(FLOW, now, 2, Range(0, 1, now, now, 1, 2), replies=replies))
    for reveal, body in ((False, {"shelf": "***"}), (True, {"shelf": 7})):
        [found] = (await trace(backbone, "e0", reveal=reveal)).events
        assert found.fates[0].reply == ReplyView(body)
    [found] = (await trace(backbone, "e1")).events
    assert found.fates[0].reply == ReplyView(None, "size", "too large")


# A refused arrival is found by its correlation too.
async def test_a_trace_of_a_refused_arrival(backbone, publish):
    [receipt] = await publish(1, status="lost")
    report = await trace(backbone, receipt.correlation)
    assert (report.events, [entry.kind for entry in report.quarantined]) == ([], ["contract"])
