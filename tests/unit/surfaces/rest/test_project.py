"""A running project is asked and changed over HTTP by who has the token, in pages, and masked."""

from __future__ import annotations

import csv
import io
import json

import aiohttp
import pytest

from trunkline.app.acts import Publish, RotateToken, perform
from trunkline.app.backbone import opened, this_machine
from trunkline.app.census import pieces
from trunkline.app.init import init
from trunkline.app.project import Project
from trunkline.delivery.ledger import Case, Record, Try
from trunkline.intake.quarantine import Query
from trunkline.observe.audit import AuditQuery
from trunkline.surfaces.mounts import doorway
from trunkline.surfaces.place import Place
from trunkline.surfaces.rest.operations import OPERATIONS

FLOW = "orders-to-warehouse"
CANARY = "canary@example.com"


@pytest.fixture
async def backbone(tmp_path):
    folder = init(tmp_path / "shop").folder
    path = folder / "contracts/order.odcs.yaml"
    text, head = path.read_text("utf-8"), "customProperties:\n"
    before, _, after = text.partition(head)
    indent = after[: len(after) - len(after.lstrip())]
    matched = f"{indent}- {{property: match, value: [[email]]}}\n"
    path.write_text(f"{before}{head}{matched}{after}", "utf-8")
    async with opened(Project.load(folder), this_machine({})) as running:
        yield running


@pytest.fixture
async def stored(backbone):
    """Store five orders of which three are dead letters, and an arrival that was refused."""
    example = json.loads((backbone.project.folder / "examples/order.json").read_text("utf-8"))
    records = [
        json.dumps(example | {"event_id": f"e{n}", "order_id": f"100{n}", "email": CANARY}).encode()
        for n in range(5)
    ]
    broken = json.dumps(example | {"event_id": "bad", "status": "canary", "email": CANARY}).encode()
    await perform(backbone, Publish("order", [*records, broken]))
    now = backbone.machine.clock.now()
    died = (Try(now, "http-422", "the shop refused it"),)
    cases = [Case(n, f"100{n}", "dead", holds=True, attempts=3, at=now, tries=died) for n in range(3)]
    await backbone.ledger.record(Record(FLOW, now, cursor=5, cases=cases))
    assert [events async for events in pieces(backbone)] == [5]
    return [one.id for one in await backbone.quarantine.list(Query())]


@pytest.fixture
async def api(backbone):
    """Give a client of the API on an open door that has the token."""
    token = (await perform(backbone, RotateToken("ann"))).token
    with doorway(backbone, Place("127.0.0.1", 0)) as opens:
        door = await opens({})
        headers = {"authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(f"{door.url}/api/v1/", headers=headers) as session:
            yield session
        await door.close()


async def got(api, path, **query):
    async with api.get(path.lstrip("/"), params=query) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def status(api, method, path, body=None, **more):
    async with api.request(method, path, data=None if body is None else json.dumps(body), **more) as answer:
        told = await answer.json()
        assert answer.status == 200 or (answer.content_type, told["status"]) == (
            "application/problem+json",
            answer.status,
        )
        return answer.status


PATHS = {"flow": FLOW, "stream": "order@1", "offset": "1", "target": "warehouse.orders"}


SPAN = "?since=2026-01-05T00:00:00Z&until=2030-01-01T00:00:00Z"
QUERIES = {
    "/lineage": "?field=email",
    "/quarantine/ended": "?ids=x",
    "/alerts/times": SPAN,
    "/kpis": f"{SPAN}&by=flow",
    "/kpis/series": f"{SPAN}&step_seconds=86400",
}


def paths(entries):
    """Return the path of every reading operation that needs no identifier of something that is not there."""
    for one in OPERATIONS:
        if one.method == "GET" and not {"replay", "alert"} & {*one.parts}:
            path = one.path
            for name in one.parts:
                path = path.replace(
                    f"{{{name}}}", (PATHS | {"id": entries[0] if "quarantine" in path else "e1"})[name]
                )
            yield path + QUERIES.get(path, "")


# Nothing is answered without the token, from this machine itself either, and a wrong one is as good as none.
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
async def test_nobody_else(api, operation):
    path = operation.path.replace("{offset}", "1").replace("{", "").replace("}", "").lstrip("/")
    for headers in (
        {"authorization": ""},
        {"authorization": "Bearer tl_no"},
        {"authorization": "Basic YTpi"},
    ):
        assert await status(api, operation.method, path, {}, headers=headers) == 401


# No personal value is in any answer that did not ask for it, as a page or as an export, nor in the audit.
async def test_masked(backbone, api, stored):
    for path in paths(stored):
        for accept in ("application/json", "text/csv", "application/jsonl"):
            async with api.get(path.lstrip("/"), headers={"accept": accept}) as answer:
                text = await answer.text()
                assert (answer.status, CANARY in text) == (200, False), (path, text)
    assert CANARY not in repr(await backbone.audit.list(AuditQuery()))


# Personal data is shown to who says why, and that is in the audit before; without a reason nothing is shown.
async def test_reveal(backbone, api, stored):
    shown = ["streams/order@1/events", "traces/e1", f"dead-letters/{FLOW}/1", f"quarantine/{stored[0]}"]
    for path in shown:
        assert await status(api, "GET", f"{path}?reveal=true") == 422
        assert CANARY in json.dumps(await got(api, path, reveal="true", why="Ada asked"))
    found = [one for one in await backbone.audit.list(AuditQuery()) if one.what == "reveal-data"]
    assert [(one.by, one.why, one.outcome) for one in found] == [("admin", "Ada asked", "done")] * 4
    assert CANARY not in repr(found)


# A list goes on page after page to its end, and comes as a whole as CSV or JSON Lines.
@pytest.mark.parametrize(
    ("path", "count"), [("streams/order@1/events", 5), ("dead-letters", 3), ("quarantine", 1)]
)
async def test_lists(api, stored, path, count):
    items, cursor, turns = [], {}, 0
    while True:
        page = await got(api, path, limit="2", **cursor)
        items += page["items"]
        turns += 1
        if "next" not in page:
            break
        cursor = {"cursor": page["next"]}
    assert (len(items), turns) == (count, count // 2 + 1)
    async with api.get(path, params={"format": "jsonl"}) as answer:
        assert [json.loads(line) for line in (await answer.text()).splitlines()] == items
    async with api.get(path, params={"format": "csv"}) as answer:
        assert len([*csv.DictReader(io.StringIO(await answer.text()))]) == count


# Acts are done by the principal, whatever is sent, and are in the audit with the reason.
async def test_acts(backbone, api, stored):
    body = {"where": {"flow": FLOW, "offsets": [0, 9]}, "why": "mended"}
    async with api.post("dead-letters/retry", data=json.dumps(body)) as answer:
        assert (await answer.json())["items"] == [{"flow": FLOW, "offset": 0, "answered": True}]
    assert await status(api, "POST", "dead-letters/retry", body | {"by": "mallory"}) == 422
    edit = {"where": {"flow": FLOW, "offsets": [1]}, "values": {"status": "paid"}}
    async with api.post("dead-letters/edit/plan", data=json.dumps(edit)) as answer:
        assert CANARY not in await answer.text()
    assert await status(api, "POST", f"flows/{FLOW}/pause", {"why": "stock count"}) == 200
    assert (await got(api, "flows"))["items"][0]["state"] == "paused"
    assert await status(api, "POST", "quarantine/discard", {"where": {"ids": stored}, "why": "test"}) == 200
    plan = {"flow": FLOW, "selection": {"since": "2026-01-05T00:00:00Z"}, "why": "x"}
    assert await status(api, "POST", "replays/plan", plan) == 200
    acts = [(one.what, one.by, one.why) for one in await backbone.audit.list(AuditQuery())]
    assert acts[:3] == [
        ("discard-entries", "admin", "test"),
        ("pause-flow", "admin", "stock count"),
        ("retry-letters", "admin", "mended"),
    ]


# What is not there is 404, what is wrong in its own words 422, and each is a problem document.
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("dead-letters/orders-to-warehouse/4", 404),
        ("quarantine/none", 404),
        ("nothing", 404),
        ("flows/none", 422),
        ("dead-letters?limit=0", 422),
        ("dead-letters?limit=many", 422),
        ("dead-letters?colour=red", 422),
        ("dead-letters?since=yesterday", 422),
        ("dead-letters?cursor=x", 422),
        ("dead-letters?format=xml", 422),
        ("dead-letters?text=%ff", 422),
        (f"dead-letters/{FLOW}/{2**64}", 422),
        (f"dead-letters/{FLOW}/x", 422),
    ],
)
async def test_wrong(api, path, expected):
    assert await status(api, "GET", path) == expected


# Contracts are where they were, and the document describes all of it.
async def test_contracts(api):
    assert await got(api, "contracts") == {"versions": []}
    document = await got(api, "openapi.json")
    assert {"/status", "/contracts"} <= document["paths"].keys()


# A page of a session reads by its cookie, and changes nothing without the session's token for forms.
async def test_sessions(backbone, api):
    token = (await perform(backbone, RotateToken("ann", "", 60))).token
    url = str(api._base_url.origin())
    async with aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.post("/control/login", data={"token": token}) as answer:
            csrf = (await answer.text()).partition('name="csrf" value="')[2].partition('"')[0]
        pause = f"/api/v1/flows/{FLOW}/pause"
        assert await status(browser, "GET", "/api/v1/status") == 200
        other = {"sec-fetch-site": "cross-site"}
        assert await status(browser, "GET", "/api/v1/status", headers=other) == 401
        assert await status(browser, "POST", pause, {"why": "x"}) == 403
        assert await status(browser, "POST", pause, {"why": "x"}, headers={"x-csrf-token": csrf}) == 200


# A bulk act whose filter is empty has to say that it means all; a plan of one need not.
@pytest.mark.parametrize("path", ["dead-letters/discard", "dead-letters/retry", "quarantine/discard"])
async def test_all_is_said(api, stored, path):
    assert stored
    for where in ({}, {"limit": 10}):
        async with api.post(path, json={"why": "test data", "where": where}) as answer:
            told = await answer.json()
            assert (answer.status, '"all": true' in told["detail"]) == (422, True)
    async with api.post(path, json={"why": "test data", "where": {}, "all": True}) as answer:
        assert answer.status == 200
        assert (await answer.json())["items"]
    assert (
        await status(api, "POST", "dead-letters/edit/plan", {"where": {}, "values": {"status": "paid"}})
        == 200
    )


# What a release would come to is told of each arrival, and nothing is let in.
async def test_release_planned(api, backbone, stored):
    for values, fate in (({}, "still refused"), ({"status": "placed"}, "released")):
        async with api.post("quarantine/release/plan", json={"where": {}, "values": values}) as answer:
            [one] = (await answer.json())["items"]
            assert (one["entry_id"], one["fate"]) == (stored[0], fate)
            assert CANARY not in json.dumps(one)
    [entry] = await backbone.quarantine.list(Query())
    assert entry.status == "open"


# A bulk act that says how many it is for does nothing where others are found, and tells how many.
@pytest.mark.parametrize(("path", "there"), [("dead-letters/discard", 3), ("quarantine/discard", 1)])
async def test_count_is_held(api, stored, path, there):
    assert stored
    asked = {"why": "test data", "where": {}, "count": there - 1}
    async with api.post(path, json=asked) as answer:
        told = await answer.json()
        assert (answer.status, f"{there} are found now" in told["detail"]) == (409, True)
    async with api.post(path, json=asked | {"count": there}) as answer:
        assert len((await answer.json())["items"]) == there


# Which entities are one thing is told as on the command line, and how many of every stream.
async def test_duplicates(api, stored):
    assert stored
    found = await got(api, "streams/order@1/duplicates")
    assert (found["groups"][0]["fields"], found["groups"][0]["entities"]) == (["email"], 5)
    [count] = (await got(api, "duplicates"))["items"]
    assert (count["stream"], count["duplicates"]) == ("order@1", 4)
