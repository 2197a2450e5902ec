"""Personal data in the control room: shown once, to who may, and written down before."""

from __future__ import annotations

import json

import pytest
from tests.control_room import CSRF, PERSON, Guard, ask, open_room
from tests.documented import HARM

from trunkline.intake.quarantine import Query
from trunkline.observe.audit import AuditQuery

LETTER = {"csrf": CSRF, "flow": "orders-to-shop", "offset": "3", "why": "the customer called"}


@pytest.fixture
async def entry(backbone):
    """Return a refused arrival whose record is JSON."""
    return next(one for one in await backbone.quarantine.list(Query()) if len(one.reasons) > 1)


# A dead letter's record is shown as it is, with who, when and why, and the audit had it before.
async def test_letter(get, backbone):
    answer = await get("/control/act/reveal-letter", "POST", form=LETTER)
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    assert PERSON in answer.text
    assert "shown to duty at " in answer.text
    assert "because: the customer called" in answer.text
    [entry] = await backbone.audit.list(AuditQuery())
    assert (entry.what, entry.by, entry.why) == ("reveal-data", "duty", "the customer called")
    assert "AskLetter" in entry.about
    assert PERSON not in entry.about


# So is that of a refused arrival, and what wants to do harm stays text.
async def test_entry(get, backbone, entry):
    form = {"csrf": CSRF, "id": entry.id, "why": "to mend it"}
    answer = await get("/control/act/reveal-entry", "POST", form=form)
    assert PERSON in answer.text
    assert HARM not in answer.text
    [line] = await backbone.audit.list(AuditQuery())
    assert json.loads(line.about)["what"].startswith("AskEntry")


# So is that of an event, from the page that tells its story; the audit has its place, and no key.
async def test_event(get, backbone):
    story = (await get("/control/trace?id=B-0007")).text
    assert "act/reveal-event?stream=order%401&amp;offset=7" in story
    asking = (await get("/control/act/reveal-event?stream=order%401&offset=7")).text
    assert "Show the personal data of event 7 in order@1?" in asking
    assert PERSON not in story + asking
    form = {"csrf": CSRF, "stream": "order@1", "offset": "7", "why": "the customer called"}
    shown = await get("/control/act/reveal-event", "POST", form=form)
    assert PERSON in shown.text
    assert 'href="/control/trace?id=' in shown.text
    [line] = await backbone.audit.list(AuditQuery())
    assert (
        json.loads(line.about)["what"] == 'AskEvents {"stream":"order@1","start":7,"limit":1,"reveal":true}'
    )
    assert (await get("/control/act/reveal-event?stream=order%401&offset=999")).status == 404


# No address shows it: asking for the form says what will happen, and shows nothing.
async def test_no_address(get, backbone, entry):
    for address in (
        "/control/act/reveal-letter?flow=orders-to-shop&offset=3&why=because",
        f"/control/act/reveal-entry?id={entry.id}&why=because",
        "/control/dead/orders-to-shop/3?reveal=true",
        "/control/act/reveal-event?stream=order%401&offset=7&why=because",
        "/control/trace?id=B-0007&reveal=true",
        f"/control/quarantine/{entry.id}?reveal=true&format=json",
    ):
        answer = await get(address)
        assert answer.status == 200
        assert PERSON not in answer.text
    assert await backbone.audit.list(AuditQuery()) == []


# Nobody sees it without saying why, without the session's token, or without the permission.
async def test_refusals(get, backbone):
    for without, status in (("csrf", 403), ("why", 422)):
        form = {name: value for name, value in LETTER.items() if name != without}
        answer = await get("/control/act/reveal-letter", "POST", form=form)
        assert (answer.status, PERSON in answer.text) == (status, False)
    acts = open_room(backbone, Guard(may={"read", "act"}))
    answer = await ask(acts, "/control/act/reveal-letter", "POST", form=LETTER)
    assert (answer.status, PERSON in answer.text) == (403, False)
    assert "reveal-letter" not in (await ask(acts, "/control/dead/orders-to-shop/3")).text
    assert await backbone.audit.list(AuditQuery()) == []


# Who may look at personal data and change nothing is shown it.
async def test_who_may_only_look(backbone):
    reader = open_room(backbone, Guard(may={"read", "reveal"}))
    assert "reveal-letter" in (await ask(reader, "/control/dead/orders-to-shop/3")).text
    assert PERSON in (await ask(reader, "/control/act/reveal-letter", "POST", form=LETTER)).text


# What is not there is said, and shows nothing.
async def test_absent(get):
    assert (await get("/control/act/reveal-letter?flow=orders-to-shop&offset=99")).status == 409
    assert (await get("/control/act/reveal-entry?id=nothing")).status == 409
