"""Contracts on pages."""

from __future__ import annotations

import json

import pytest
from tests.control_room import ask, open_room

from trunkline.app.registering import Who, register


@pytest.fixture
async def two(backbone):
    """Register the order as it is, and again with a field that has to be there."""
    folder, clock = backbone.project.folder, backbone.machine.clock
    await register(folder, ["order"], Who("ann", "as it is"), clock)
    clock.advance(60)
    file = folder / "contracts" / "order.odcs.yaml"
    text = file.read_text("utf-8").replace("version: 1.0.0", "version: 2.0.0")
    more = "      - {name: channel, logicalType: string, required: true, classification: internal}\n"
    file.write_text(text.replace("      - {name: sku,", f"{more}      - {{name: sku,"), "utf-8")
    await register(folder, ["order"], Who("bob", "by channel"), clock)


# A contract that is not registered says so, with the command that does it.
async def test_unregistered(get):
    text = (await get("/control/contracts/order")).text
    assert "<code>trunkline contract register order</code>" in text
    assert 'href="/docs/contracts/order%401.html"' in text
    shown = json.loads((await get("/control/contracts?format=json")).text)["data"]
    assert {one["state"] for one in shown} == {"unregistered"}
    assert (await get("/control/contracts/nothing")).status == 404


# Versions have state, author, time and reason; the two latest are compared unasked, with what shows a break.
@pytest.mark.usefixtures("two")
async def test_versions(get):
    shown = json.loads((await get("/control/contracts/order?format=json&mode=backward")).text)["data"]
    found = [(one["version"], one["state"], one["author"], one["reason"]) for one in shown["versions"]]
    assert found == [("2.0.0", "active", "bob", "by channel"), ("1.0.0", "active", "ann", "as it is")]
    assert (shown["old"], shown["new"]) == ("order@1.0.0", "order@2.0.0")
    comparison = shown["comparison"]
    assert comparison["effect"] == "breaking"
    [change] = [one for one in comparison["changes"] if one["backward"] == "breaking"]
    assert change["pointer"] == "/properties/channel"
    assert "channel" not in change["backward_example"]["document"]
    text = (await get("/control/contracts/order")).text
    assert "for instance" in text
    assert "by bob: by channel" in text


# The versions that are compared are in the address; one that is not there is said, and nothing else breaks.
@pytest.mark.usefixtures("two")
async def test_chosen(get):
    page = "/control/contracts/order?format=json&"
    back = json.loads((await get(f"{page}old=order@2.0.0&new=order@1.0.0&mode=backward")).text)["data"]
    assert back["comparison"]["old"] == "order@2.0.0"
    absent = json.loads((await get(f"{page}old=order@9.0.0")).text)["data"]
    assert absent["comparison"] is None
    assert "9.0.0" in absent["problem"]


# Flows are on a version with how many events they delivered since it was registered, and when the last.
async def test_users(get, backbone):
    assert "Nobody is counted" in (await get("/control/contracts/order")).text
    await register(backbone.project.folder, ["order"], Who("ann", "as it is"), backbone.machine.clock)
    [version] = json.loads((await get("/control/contracts/order?format=json")).text)["data"]["users"]
    assert version["contract"] == "order@1.0.0"
    assert {one["name"] for one in version["users"] if one["configured"]} >= {"orders-to-shop", "shop/order"}


# Each list of the page is given as CSV; what it shows as a whole is JSON.
@pytest.mark.usefixtures("two")
async def test_lists(get):
    text = (await get("/control/contracts/order")).text
    for name, head in (
        ("versions", "version,ref,state,"),
        ("differences", "pointer,"),
        ("users", "contract,kind,name,events,"),
    ):
        assert f'format={name}.csv" download>CSV of {name}</a>' in text
        answer = await get(f"/control/contracts/order?format={name}.csv")
        assert answer.headers["content-disposition"] == f'attachment; filename="contract.{name}.csv"'
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.text.startswith(head)
    assert "format=versions.csv or " in (await get("/control/contracts/order?format=csv")).text


# The documentation is linked to only for whom it is served.
async def test_documentation(backbone):
    for docs, host, linked in (
        ("everybody", "x", True),
        ("local", "127.0.0.1:8080", True),
        ("local", "x", False),
        ("nobody", "127.0.0.1:8080", False),
    ):
        room = open_room(backbone, docs=docs)
        answer = await ask(room, "/control/contracts/order", headers={"host": host})
        assert ("/docs/contracts/" in answer.text) is linked
