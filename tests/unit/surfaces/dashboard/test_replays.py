"""Replays in the control room: planned, started, paused, resumed, cancelled."""

from __future__ import annotations

import json

import pytest
from tests.control_room import CSRF

FORM = {"csrf": CSRF, "why": "lost over there"}
CHOSEN = {"flow": "orders-to-stock", "from": "10", "to": "19", "rate": "5"}
WHICH = "flow=orders-to-stock&from=10&to=19&rate=5"


@pytest.fixture
async def started(get, backbone):
    """Start a replay by the form, which goes on at its page, and return its id."""
    answer = await get("/control/act/start-replay", "POST", form={**FORM, **CHOSEN})
    [one] = await backbone.replays.all()
    assert answer.headers["location"] == f"/control/replays/{one.id}"
    return one.id


# A plan says how many events go where and how long it takes, and starts nothing.
async def test_plan(get, backbone):
    text = (await get(f"/control/replays/plan?{WHICH}")).text
    assert "10 events of order@1 would go to warehouse.stock" in text
    assert "2 s at the least" in text
    assert "act/start-replay?flow=orders-to-stock&amp;from=10" in text
    assert "data-seen" not in text
    assert await backbone.replays.all() == []


# A choice that says nothing, or what is none, is told beside the form.
@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("rate=5", "say which events"),
        ("from=x", "is no offset"),
        ("from=9&to=3", "backwards"),
        ("since=soon", "is no time"),
        ("since=2026-01-02&until=2026-01-01", "backwards"),
        ("all=yes&rate=-1", "more than 0"),
        ("all=yes&rate=nan", "more than 0"),
        ("when=nothing+%3E+3", "has no field"),
    ],
)
async def test_refused_plans(get, query, problem):
    answer = await get(f"/control/replays/plan?flow=orders-to-stock&{query}")
    assert answer.status == 200
    assert problem in answer.text
    assert "act/start-replay" not in answer.text


# A replay says once more what it will send, then starts, and stands in the list with how far it is.
async def test_start(get, backbone, started):
    asking = (await get(f"/control/act/start-replay?{WHICH}")).text
    assert "10 events of order@1 go to warehouse.stock" in asking
    [one] = json.loads((await get("/control/replays?format=json")).text)["data"]
    assert (one["id"], one["state"], one["planned"], one["by"]) == (started, "running", 10, "duty")
    text = (await get("/control/replays")).text
    assert 'aria-label="0 of 10 events delivered"' in text
    for query in ("state=paused", "flow=sales-to-stock", "q=nobody"):
        assert json.loads((await get(f"/control/replays?format=json&{query}")).text)["data"] == []


# It is paused, resumed and cancelled from its page; after that nothing more can be done.
async def test_changes(get, started):
    for form, says in (
        ("pause-replay", "Paused: 0 of 10 delivered"),
        ("resume-replay", "Running: 0 of 10 delivered, 2 s to go"),
        ("cancel-replay", "Cancelled: 0 of 10 delivered"),
    ):
        asking = (await get(f"/control/act/{form}?replay={started}")).text
        assert "0 of 10 events are delivered, 10 are not." in asking
        await get(f"/control/act/{form}", "POST", form={**FORM, "replay": started})
        assert says in (await get(f"/control/replays/{started}")).text
    assert "/control/act/" not in (await get(f"/control/replays/{started}")).text


# What is not there is told; where there is none, the page teaches the command.
async def test_absent(get):
    assert (await get("/control/replays/nobody")).status == 404
    assert (await get("/control/act/pause-replay?replay=nobody")).status == 409
    assert "trunkline replay plan" in (await get("/control/replays")).text
