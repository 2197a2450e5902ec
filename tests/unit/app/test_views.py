"""What people see of what is stored: found by any of its names, and personal fields out of sight."""

from __future__ import annotations

import pytest

from trunkline.app.views import Wanted, events
from trunkline.kernel.errors import TrunklineError


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
