"""What people see of what is stored: found by any of its names, and personal fields out of sight."""

from __future__ import annotations

import pytest

from trunkline.app.views import Wanted, dead_letter, dead_letters, events, quarantined, trace
from trunkline.intake.quarantine import Query
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


# A refused arrival is found by its correlation too.
async def test_a_trace_of_a_refused_arrival(backbone, publish):
    [receipt] = await publish(1, status="lost")
    report = await trace(backbone, receipt.correlation)
    assert (report.events, [entry.kind for entry in report.quarantined]) == ([], ["contract"])


# Dead letters are listed with why they died; one is shown with its record and attempts.
async def test_dead_letters(backbone, publish, bury):
    await publish(3)
    await bury([0, 2], cursor=3)
    found = await dead_letters(backbone)
    assert [(one.offset, one.subject, one.kind, one.attempts) for one in found] == [
        (0, "1000", "http-422", 3),
        (2, "1002", "http-422", 3),
    ]
    assert len(await dead_letters(backbone, FLOW, limit=1)) == 1
    assert await dead_letters(backbone, "other") == []
    shown = await dead_letter(backbone, FLOW, 2)
    assert (shown.event.id, shown.event.data["email"], len(shown.tries)) == ("e2", "***", 1)
    with pytest.raises(TrunklineError, match="no dead letter at offset 1"):
        await dead_letter(backbone, FLOW, 1)


# A refused arrival is shown masked, also the field that was wrong; as it came only where that is asked.
async def test_a_refused_arrival(backbone, publish):
    await publish(1, email="not-an-address")
    [entry] = await backbone.quarantine.list(Query())
    hidden = await quarantined(backbone, entry.id)
    shown = await quarantined(backbone, entry.id, reveal=True)
    assert (hidden.record["email"], shown.record["email"]) == ("***", "not-an-address")
    with pytest.raises(TrunklineError, match="quarantine list"):
        await quarantined(backbone, "nobody")
