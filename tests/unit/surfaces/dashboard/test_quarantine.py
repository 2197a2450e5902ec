"""Refused arrivals in the control room: found, mended, let in and discarded."""

from __future__ import annotations

import json

import pytest
from tests.control_room import CSRF, PERSON, order
from tests.documented import HARM

from trunkline.app.acts import Publish, perform
from trunkline.intake.quarantine import Query
from trunkline.observe.audit import AuditQuery

FORM = {"csrf": CSRF, "source": "publish/order@1", "why": "it is mended"}


@pytest.fixture
async def broken(backbone):
    """Return the id of an order that was refused for its article alone."""
    record = json.loads(order(77, backbone.machine.clock.now())) | {"sku": "nothing"}
    await perform(backbone, Publish("order", [json.dumps(record).encode()], ["broken"]))
    return (await backbone.quarantine.list(Query()))[0].id


async def status(backbone, entry):
    return (await backbone.quarantine.get(entry)).entry.status


# Reasons come with how many arrivals they refused, and lead to them.
async def test_groups(get):
    groups = json.loads((await get("/control/quarantine?format=json")).text)["data"]
    assert sum(one["entries"] for one in groups) == 3
    assert {one["source"] for one in groups} == {"publish/order@1"}
    shown = json.loads((await get("/control/quarantine/entries?format=json&kind=json")).text)["data"]
    assert [one["raw_bytes"] for one in shown] == [len("no json")]


# One arrival has every reason, and its record with nothing personal and nothing that would run.
async def test_entry(get, backbone):
    for entry in await backbone.quarantine.list(Query()):
        text = (await get(f"/control/quarantine/{entry.id}")).text
        assert PERSON not in text
        assert HARM not in text
        assert "Why it was refused" in text
    assert (await get("/control/quarantine/nothing")).status == 404


# A right value lets an arrival in; a wrong one says why not.
async def test_mend(get, backbone, broken):
    form = {**FORM, "id": broken, "path": "sku", "value": "nothing"}
    wrong = await get("/control/act/mend-entries", "POST", form=form)
    assert (wrong.status, "1 arrival still refused: " in wrong.text) == (422, True)
    assert 'value="nothing" required aria-invalid="true"' in wrong.text
    done = await get("/control/act/mend-entries", "POST", form={**form, "value": "ART-1002"})
    assert "1%20arrival%20let%20in." in done.cookies[0]
    assert await status(backbone, broken) == "released"
    [entry, _] = await backbone.audit.list(AuditQuery())
    assert (entry.what, entry.count, entry.why) == ("release-entries", 1, "it is mended")
    assert "Released by duty" in (await get(f"/control/quarantine/{broken}")).text


# All of a choice are discarded by one act, after it was said how many they are.
async def test_discard(get):
    asking = (await get("/control/act/discard-entries?source=publish%2Forder%401")).text
    assert "Discard 3 refused arrivals?" in asking
    done = await get("/control/act/discard-entries", "POST", form=FORM)
    assert "3%20arrivals%20discarded." in done.cookies[0]
    assert "trunkline quarantine list" in (await get("/control/quarantine")).text


# What still breaks its contract is not let in.
async def test_release(get, backbone):
    done = await get("/control/act/release-entries", "POST", form=FORM)
    assert (done.status, "3 arrivals still refused: " in done.text) == (422, True)
    assert await backbone.quarantine.list(Query(status="released")) == []
    assert "Let in 1 refused arrival?" in (await get("/control/act/release-entries?kind=json")).text


# It is tried first: how many would be let in, and why the others would not; nothing changes.
async def test_trying(get, backbone, broken):
    tried = await get("/control/act/release-entries", "POST", form={**FORM, "try": "yes"})
    assert tried.status == 200
    assert "0 of 4 arrivals would be let in." in tried.text
    assert "would not: " in tried.text
    form = {**FORM, "id": broken, "path": "sku", "value": "ART-1002", "try": "yes"}
    assert (
        "1 of 1 arrival would be let in." in (await get("/control/act/mend-entries", "POST", form=form)).text
    )
    assert await status(backbone, broken) == "open"
    assert await backbone.audit.list(AuditQuery()) == []


# A form says for which stream, and from where, arrivals are.
async def test_where_from(get):
    asking = (await get("/control/act/release-entries?source=publish%2Forder%401")).text
    assert "3 arrivals from publish/order@1, for order@1." in asking
