"""The trace of an event in the control room: the whole story, in order of time."""

from __future__ import annotations

import json

from tests.control_room import PERSON
from tests.documented import HARM


async def steps(get, query):
    shown = json.loads((await get(f"/control/trace?format=json&{query}")).text)["data"]
    return [one["what"] for one in shown]


# An entity's story has its arrival, each failure and the dead letter, with links to it.
async def test_story(get):
    told = await steps(get, "id=B-0003")
    assert sorted(told) == ["arrived", "dead-lettered", "delivered", "failed", "failed", "failed", "stored"]
    assert told[-1] == "dead-lettered"
    text = (await get("/control/trace?id=B-0003")).text
    assert 'href="/control/flows/orders-to-shop"' in text
    assert 'href="/control/dead/orders-to-shop/3"' in text
    assert "found by entity key" in text


# Personal data is masked, and what was stored is shown as text.
async def test_masking(get):
    text = (await get("/control/trace?id=B-0003")).text
    assert PERSON not in text
    assert "ada@example.com" not in text
    assert "***" in text
    assert HARM not in text


# Event and correlation lead to the same story.
async def test_ways(get, backbone):
    event = (await backbone.log.read("order@1", 3, 1)).events[0]
    assert await steps(get, f"id={event.id}") == await steps(get, f"id={event.correlation}")
    assert await steps(get, f"id={event.id}") == await steps(get, "id=B-0003")
    assert await steps(get, "id=B-0003&stream=sale%401") == []


# Without an ID, and where nothing is found, the page says where to look.
async def test_nothing(get):
    assert "trunkline trace ID" in (await get("/control/trace")).text
    assert "Nothing is stored under this ID" in (await get("/control/trace?id=nobody")).text
