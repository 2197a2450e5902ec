"""The list of streams."""

from __future__ import annotations

import json


# The largest comes first; each leads to its sources and flows.
async def test_order(get):
    shown = json.loads((await get("/control/streams?format=json")).text)["data"]
    assert [(one["stream"], one["events"]) for one in shown][:2] == [("order@1", 30), ("sale@1", 20)]
    text = (await get("/control/streams")).text
    assert 'href="/control/flows?stream=order%401"' in text
    assert 'href="/control/sources?q=order%401"' in text
