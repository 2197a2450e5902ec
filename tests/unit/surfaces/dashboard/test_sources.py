"""The list of sources."""

from __future__ import annotations

import json


# Those with most refused arrivals come first; words leave fewer.
async def test_order(get):
    shown = json.loads((await get("/control/sources?format=json")).text)["data"]
    assert (shown[0]["source"], shown[0]["quarantined"]) == ("publish/order@1", 3)
    assert len(shown) == 3
    assert len(json.loads((await get("/control/sources?format=json&q=till")).text)["data"]) == 1
