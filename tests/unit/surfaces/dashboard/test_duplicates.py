"""The page of duplicates tells which entities are one thing, and how to have them counted."""

from __future__ import annotations

import json
from functools import partial

import pytest
from tests.control_room import ask, count, day, fill, match, open_room

from trunkline.app.backbone import opened


@pytest.fixture
async def matching(tmp_path, machine):
    """Give a way to ask a room whose orders are one thing where they are of one article."""
    async with opened(match(day(tmp_path / "matching")), machine) as backbone:
        await fill(backbone)
        yield backbone, partial(ask, open_room(backbone))


# Where no contract says by what entities match, the page says how to say it; another stream is not there.
async def test_nothing_is_matched(get):
    assert "property: match" in (await get("/control/duplicates")).text
    assert (await get("/control/duplicates?stream=nothing%401")).status == 404


# What matches is told with how many and which keys, once it was counted.
async def test_what_matches(matching):
    backbone, get = matching
    assert "within the hour" in (await get("/control/duplicates")).text
    await count(backbone)
    told = json.loads((await get("/control/duplicates?format=json")).text)["data"]
    assert told
    assert {one["fields"] for one in told} == {"sku"}
    assert sum(one["entities"] for one in told) > len(told)
    shown = (await get("/control/duplicates?stream=order%401")).text
    assert "order@1: what matches" in shown
    assert told[0]["keys"][0] in shown
