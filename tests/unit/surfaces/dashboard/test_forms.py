"""Forms that change something: they say what will happen, ask why, and make the act."""

from __future__ import annotations

import pytest
from tests.control_room import CSRF, Guard, ask, open_room

from trunkline.app.backbone import opened
from trunkline.observe.audit import AuditQuery
from trunkline.surfaces.dashboard.pages import FORMS

PAUSE = {"csrf": CSRF, "flow": "orders-to-stock", "why": "a move", "back": "/control/flows/orders-to-stock"}


# A form says what will happen before anything does, on a page of its own.
async def test_asking(get, backbone):
    answer = await get("/control/act/pause-flow?flow=orders-to-stock")
    assert "Pause flow orders-to-stock?" in answer.text
    assert 'name="why"' in answer.text
    assert f'value="{CSRF}"' in answer.text
    assert await backbone.pauses.load() == {}


# What is sent is done, is in the audit with who and why, and is told on the page it goes on at.
async def test_acting(get, backbone):
    answer = await get("/control/act/pause-flow", "POST", form=PAUSE)
    assert (answer.status, answer.headers["location"]) == (303, "/control/flows/orders-to-stock")
    [entry] = await backbone.audit.list(AuditQuery())
    assert (entry.by, entry.what, entry.why, entry.outcome) == ("duty", "pause-flow", "a move", "done")
    told = answer.cookies[0].partition(";")[0]
    page = await get("/control/flows/orders-to-stock", cookie=told)
    assert "Flow orders-to-stock is paused." in page.text
    assert "act/resume-flow" in page.text
    await get("/control/act/resume-flow", "POST", form=PAUSE)
    assert await backbone.pauses.load() == {}


# Nobody changes anything without a reason, without the token of the session, or without the permission.
async def test_refusals(get, backbone):
    for without, status in (("csrf", 403), ("why", 422)):
        form = {name: value for name, value in PAUSE.items() if name != without}
        assert (await get("/control/act/pause-flow", "POST", form=form)).status == status
    reader = open_room(backbone, Guard(may={"read"}))
    assert (await ask(reader, "/control/act/pause-flow", "POST", form=PAUSE)).status == 403
    assert (await ask(reader, "/control/act/pause-flow?flow=orders-to-stock")).status == 403
    assert "act/pause-flow" not in (await ask(reader, "/control/flows/orders-to-stock")).text
    assert await backbone.pauses.load() == {}
    assert await backbone.audit.list(AuditQuery()) == []


# What is not there is told with the near miss, and as text.
@pytest.mark.parametrize("form", ["pause-flow?flow=", "isolate-target?target="])
async def test_absent(get, form):
    answer = await get(f"/control/act/{form}%3Cscript%3E")
    assert answer.status == 422
    assert "<script>" not in answer.text


# A target is isolated and reset from the page of a flow to it.
async def test_targets(get, backbone):
    form = {"csrf": CSRF, "target": "shop.confirmation", "why": "a move"}
    asking = await get("/control/act/isolate-target?target=shop.confirmation")
    assert "Flows to it: orders-to-shop." in asking.text
    await get("/control/act/isolate-target", "POST", form=form)
    assert (await backbone.standings.load())["shop.confirmation"].isolation.why == "a move"
    await get("/control/act/reset-target", "POST", form=form)
    assert "shop.confirmation" not in await backbone.standings.load()


# Where another process has the role, and none runs, it says so and nothing happens.
async def test_another_process(tmp_path, backbone, machine):
    async with opened(backbone.project, machine, []) as reading:
        room = open_room(reading)
        answer = await ask(room, "/control/act/pause-flow", "POST", form=PAUSE)
    assert answer.status == 409
    assert await backbone.pauses.load() == {}


# No two forms have one address.
def test_names():
    assert len({form.name for form in FORMS}) == len(FORMS)


# A form that is refused comes back with what was typed, and what is wrong beside the field that it is about.
async def test_refused(get, backbone):
    typed = {"csrf": CSRF, "flow": "orders-*", "lasts": "soon", "why": "the shop moves"}
    answer = await get("/control/act/silence-alerts", "POST", form=typed)
    assert answer.status == 422
    assert 'value="orders-*"' in answer.text
    assert ">the shop moves</textarea>" in answer.text
    field = answer.text.partition('id="input-lasts"')[2].partition("</p>")[0]
    assert 'value="soon"' in field
    assert 'aria-invalid="true" aria-describedby="problem"' in field
    assert "is no time" in field
    assert await backbone.alerts.silences(backbone.machine.clock.now()) == []


# One without a reason comes back as well; one that is too old has what was typed, and may be sent as it is.
async def test_sent_again(get, backbone):
    answer = await get("/control/act/pause-flow", "POST", form={**PAUSE, "why": " "})
    assert (answer.status, "say why" in answer.text.partition("<textarea")[2]) == (422, True)
    old = await get("/control/act/pause-flow", "POST", form={**PAUSE, "csrf": "of a session that is over"})
    assert (old.status, "too old" in old.text) == (403, True)
    assert ">a move</textarea>" in old.text
    assert f'name="csrf" value="{CSRF}"' in old.text
    assert await backbone.pauses.load() == {}


# Who changes the colours of a form's page is led to the page that it is about.
async def test_colours(get):
    for page in (
        await get("/control/act/pause-flow?flow=orders-to-stock"),
        await get("/control/act/pause-flow", "POST", form={**PAUSE, "why": ""}),
    ):
        back = page.text.partition('action="/control/theme"')[2].partition("</form>")[0]
        assert 'name="back" value="/control/flows/orders-to-stock"' in back


# A script is told where it goes on, as it cannot see where it is led; what is refused is a fragment for it.
async def test_fragment(get):
    refused = await get("/control/act/pause-flow?fragment=1", "POST", form={**PAUSE, "why": ""})
    assert (refused.status, "<html" in refused.text, "<main" in refused.text) == (422, False, True)
    went = await get("/control/act/pause-flow?fragment=1", "POST", form=PAUSE)
    assert (went.status, went.headers["location"]) == (200, "/control/flows/orders-to-stock")
    assert "is%20paused" in went.cookies[0]
