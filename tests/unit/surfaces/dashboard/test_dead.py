"""Dead letters in the control room: found, answered one by one and together, mended."""

from __future__ import annotations

import json

from tests.control_room import CSRF, PERSON
from tests.documented import HARM

from trunkline.observe.audit import AuditQuery

FORM = {"csrf": CSRF, "flow": "orders-to-shop", "why": "it is mended"}


async def states(backbone):
    cases = await backbone.ledger.cases("orders-to-shop", [3, 4, 5])
    return {case.offset: case.state for case in cases}


# Causes come with how many letters they have, and lead to them.
async def test_groups(get):
    groups = json.loads((await get("/control/dead?format=json")).text)["data"]
    assert [(one["kind"], one["letters"], one["holds_back"]) for one in groups] == [
        ("http-422", 2, 1),
        ("timeout", 1, 0),
    ]
    assert len(json.loads((await get("/control/dead?format=json&q=timeout")).text)["data"]) == 1


# Letters are chosen by flow, kind and text; the page behind a page begins where it ended.
async def test_letters(get):
    async def offsets(query):
        shown = json.loads((await get(f"/control/dead/letters?format=json&{query}")).text)["data"]
        return [one["offset"] for one in shown]

    assert await offsets("") == [3, 4, 5]
    assert await offsets("kind=timeout") == [5]
    assert await offsets("text=refused") == [3, 4]
    assert await offsets("after=orders-to-shop~3") == [4, 5]
    assert await offsets("after=nonsense") == [3, 4, 5]
    assert (await get("/control/dead/letters?flow=nobody")).status == 422


# One letter has its record, personal data masked, and its failures as text.
async def test_letter(get):
    text = (await get("/control/dead/orders-to-shop/3")).text
    assert "&#34;sku&#34;: &#34;ART-1001&#34;" in text
    assert PERSON not in text
    assert "ada@example.com" not in text
    assert "***" in text
    assert HARM not in text
    for absent in ("orders-to-shop/99", "orders-to-shop/x", "nobody/3"):
        assert (await get(f"/control/dead/{absent}")).status == 404


# All of a choice are retried by one act, after it was said how many they are.
async def test_retry(get, backbone):
    asking = (await get("/control/act/retry-letters?flow=orders-to-shop&kind=http-422")).text
    assert "Retry 2 dead letters?" in asking
    assert "1 event held behind them go on" in asking
    done = await get("/control/act/retry-letters", "POST", form={**FORM, "kind": "http-422"})
    assert "2%20letters%20wait" in done.cookies[0]
    assert await states(backbone) == {3: "waiting", 4: "waiting", 5: "dead"}
    [entry] = await backbone.audit.list(AuditQuery())
    assert (entry.what, entry.count, entry.by) == ("retry-letters", 2, "duty")


# One is given up, and no other.
async def test_discard(get, backbone):
    await get("/control/act/discard-letters", "POST", form={**FORM, "offset": "5"})
    assert await states(backbone) == {3: "dead", 4: "dead", 5: "discarded"}
    again = (await get("/control/act/discard-letters?flow=orders-to-shop&offset=5")).text
    assert "There is nothing to do." in again


# A value is put in where the contracts take it; what is refused says why and changes nothing.
async def test_edit(get, backbone):
    wrong = await get(
        "/control/act/edit-letters", "POST", form={**FORM, "offset": "3", "path": "sku", "value": "x"}
    )
    assert "0%20letters%20mended.%20Refused" in wrong.cookies[0]
    form = {**FORM, "offset": "3", "path": "sku", "value": "ART-1002", "retry": "yes"}
    assert "1%20letter%20mended" in (await get("/control/act/edit-letters", "POST", form=form)).cookies[0]
    [case] = await backbone.ledger.cases("orders-to-shop", [3])
    assert (case.state, json.loads(case.edited)["sku"]) == ("waiting", "ART-1002")


# Where there is none, the page teaches the command.
async def test_none(get, backbone):
    await get("/control/act/discard-letters", "POST", form=FORM)
    assert "trunkline dead list" in (await get("/control/dead")).text
