"""Alerts in the control room: what fires, taken, silenced, and whether people are told."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace
from tests.control_room import CSRF, HARM_ALERT, alert

from trunkline.kernel.clock import SECOND
from trunkline.observe.alerts.store import AlertQuery, Changes
from trunkline.observe.audit import AuditQuery

SILENCE = {"csrf": CSRF, "why": "a move", "flow": "orders-to-shop", "lasts": "4h"}


@pytest.fixture
async def fired(backbone):
    """Have an alert fire, another be taken, and two messages be sent and missed."""
    return await alert(backbone)


async def ids(get, query=""):
    shown = json.loads((await get(f"/control/alerts?format=json{query}")).text)["data"]
    return [one["rule"] for one in shown]


# Pages come before tickets; state, severity and words leave fewer, and what is over comes when asked for.
async def test_list(get, fired):
    assert await ids(get) == ["flow-late", "dead-letters"]
    assert await ids(get, "&severity=ticket") == ["dead-letters"]
    assert await ids(get, "&state=acknowledged") == ["dead-letters"]
    assert await ids(get, "&q=shop") == ["flow-late", "dead-letters"]
    assert await ids(get, "&over=30d") == ["flow-late", "dead-letters", "source-silent"]
    assert await ids(get, "&state=resolved") == ["source-silent"]
    text = (await get("/control/alerts")).text
    assert "1 alert not taken yet, 1 of them to page people for, 1 acknowledged." in text
    assert "trunkline target list" in text


# A project with nothing to tell of teaches how rules, windows and routes are made.
async def test_nothing(get):
    text = (await get("/control/alerts")).text
    for taught in ("Nothing fires.", "trunkline alerts rules", "windows:", "trunkline alerts test oncall"):
        assert taught in text


# One alert has its history: each transition and each message, in order of time, as text.
async def test_history(get, fired):
    shown = json.loads((await get(f"/control/alerts/{fired}?format=json")).text)["data"]
    assert [(one["what"], one["state"]) for one in shown["happened"]] == [
        ("began", ""),
        ("firing", ""),
        ("told", "sent"),
        ("told", "waiting"),
    ]
    text = (await get(f"/control/alerts/{fired}")).text
    assert HARM_ALERT not in text
    assert "connect: refused" in text
    assert (await get("/control/alerts/nobody")).status == 404


# Of what waits for its group it is said that nobody is told yet, or not yet of its end.
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"told": (), "told_at": 0}, "nobody yet: it waits for its group"),
        ({"phase": "resolved", "resolved_at": 9, "end_waits": True}, "oncall<span>; soon that it is over"),
    ],
)
async def test_what_waits_for_its_group(get, backbone, fired, changes, said):
    assert "waits for its group" not in (await get(f"/control/alerts/{fired}")).text
    [stored] = await backbone.alerts.alerts(AlertQuery(fired))
    assert await backbone.alerts.commit(Changes([replace(stored, **changes)]))
    assert said in (await get(f"/control/alerts/{fired}")).text.replace(' class="quiet"', "")


# Who takes an alert is known by everybody, with the reason in the audit.
async def test_acknowledge(get, backbone, fired):
    asking = (await get(f"/control/act/acknowledge-alert?alert={fired}")).text
    assert "nobody is reminded of it" in asking
    await get("/control/act/acknowledge-alert", "POST", form={"csrf": CSRF, "alert": fired, "why": "mine"})
    [stored] = await backbone.alerts.alerts(AlertQuery(fired))
    assert (stored.phase, stored.acknowledged_by) == ("acknowledged", "duty")
    [entry] = await backbone.audit.list(AuditQuery())
    assert (entry.what, entry.why, entry.by) == ("acknowledge-alert", "mine", "duty")
    assert "duty has it" in (await get(f"/control/alerts/{fired}")).text


# A silence says what it fits before it is made, holds for as long as was said, and is ended again.
async def test_silence(get, backbone, fired):
    asking = (await get("/control/act/silence-alerts?flow=orders-to-shop")).text
    assert "fit 2 open alerts now" in asking
    answer = await get("/control/act/silence-alerts", "POST", form=SILENCE)
    assert answer.status == 303
    now = backbone.machine.clock.now()
    [silence] = await backbone.alerts.silences(now)
    assert (silence.where, silence.until) == ({"flow": "orders-to-shop"}, now + 4 * 3_600 * SECOND)
    text = (await get("/control/alerts")).text
    assert "1 acknowledged, 1 silenced." in text
    assert f"act/end-silence?silence={silence.id}" in text
    await get("/control/act/end-silence", "POST", form={**SILENCE, "silence": silence.id})
    assert await backbone.alerts.silences(now) == []


# A silence of everything, without an end, or until a time that is none or over, is refused.
@pytest.mark.parametrize(
    ("field", "given"),
    [("flow", ""), ("lasts", ""), ("lasts", "soon"), ("lasts", "2001-01-01"), ("why", " ")],
)
async def test_refused_silences(get, backbone, field, given):
    answer = await get("/control/act/silence-alerts", "POST", form={**SILENCE, field: given})
    assert answer.status == 422
    assert await backbone.alerts.silences(backbone.machine.clock.now()) == []


# What is asked of a silence or a route that is not there changes nothing.
@pytest.mark.parametrize("form", ["end-silence?silence=x", "test-route?route=x", "acknowledge-alert?alert=x"])
async def test_absent(get, form):
    assert (await get(f"/control/act/{form}")).status == 422
