"""Dead letters in the control room: found, answered one by one and together, mended."""

from __future__ import annotations

import json
import re

import msgspec
import pytest
from tests.control_room import CSRF, PERSON, ask, open_room, publish, sale, tried
from tests.documented import HARM

from trunkline.app.acts import IsolateTarget, PauseFlow, perform
from trunkline.app.letters import MOST_AT_A_TIME
from trunkline.delivery.ledger import Case, Range, Record
from trunkline.observe.audit import AuditQuery
from trunkline.surfaces.dashboard.forms import PATIENCE_SECONDS
from trunkline.testkit.clock import ManualClock

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
    assert (wrong.status, 'value="x"' in wrong.text, 'aria-invalid="true"' in wrong.text) == (422, True, True)
    assert (await states(backbone))[3] == "dead"
    form = {**FORM, "offset": "3", "path": "sku", "value": "ART-1002", "retry": "yes"}
    assert "1%20letter%20mended" in (await get("/control/act/edit-letters", "POST", form=form)).cookies[0]
    [case] = await backbone.ledger.cases("orders-to-shop", [3])
    assert (case.state, json.loads(case.edited)["sku"]) == ("waiting", "ART-1002")


# A form says where letters go, and what keeps them from getting there now.
async def test_where_to(get, backbone):
    asking = "/control/act/retry-letters?flow=orders-to-shop"
    away = "3 letters of orders-to-shop, for shop.confirmation, which does not answer (http-503)"
    assert away in (await get(asking)).text
    await perform(backbone, IsolateTarget("shop.confirmation", "ada", "a move"))
    assert "which ada isolated: nothing goes there before it is reset" in (await get(asking)).text
    await perform(backbone, PauseFlow("orders-to-shop", "ada", "a move"))
    assert "the flow is paused" in (await get(asking)).text
    discard = (await get("/control/act/discard-letters?flow=orders-to-shop")).text
    assert "3 letters of orders-to-shop, for shop.confirmation" in discard


# An edit is tried first: what would differ and what would be refused is told, and nothing happens.
async def test_trying_an_edit(get, backbone):
    form = {**FORM, "path": "sku", "value": "ART-1002", "try": "yes", "why": ""}
    tried = await get("/control/act/edit-letters", "POST", form=form)
    assert (tried.status, 'value="ART-1002"' in tried.text) == (200, True)
    assert "3 of 3 letters would be mended." in tried.text
    assert "sku &#34;ART-1001&#34; → &#34;ART-1002&#34;" in tried.text
    assert PERSON not in tried.text
    refused = await get("/control/act/edit-letters", "POST", form={**form, "value": "x"})
    assert "0 of 3 letters would be mended." in refused.text
    assert "3 would be refused: " in refused.text
    assert (await get("/control/act/edit-letters", "POST", form={**form, "path": ""})).status == 422
    assert await backbone.audit.list(AuditQuery()) == []
    assert await states(backbone) == {3: "dead", 4: "dead", 5: "dead"}


@pytest.fixture
async def many(backbone):
    """Have so many letters die that one act does not answer them all, and return how many there are."""
    now, count = backbone.machine.clock.now(), 2 * MOST_AT_A_TIME + 1
    offsets = range(100, 100 + count)
    cases = [Case(one, "", "dead", holds=False, attempts=1, at=now, tries=tried(now)) for one in offsets]
    await publish(backbone, "sale", [sale(one, now) for one in range(100, 200 + count)])
    settled = Range(0, 99, now, now, 1, 100)
    await backbone.ledger.record(Record("sales-to-stock", now, 100 + count, settled, cases, stream="sale@1"))
    return count


# More than one act answers are answered by several, each in the audit.
async def test_many(get, backbone, many):
    asking = (await get("/control/act/discard-letters?flow=sales-to-stock")).text
    assert f"Give up {many:,} dead letters?" in asking
    assert "1,000 are answered at a time" in asking
    form = {**FORM, "flow": "sales-to-stock", "count": str(many)}
    answer = await get("/control/act/discard-letters", "POST", form=form)
    assert "2%2C001%20letters%20given%20up." in answer.cookies[0]
    counts = [one.count for one in await backbone.audit.list(AuditQuery())]
    assert counts == [1, MOST_AT_A_TIME, MOST_AT_A_TIME]


# A form is for as many as it said: where more have died by then it changes nothing, and says how many now.
@pytest.mark.parametrize("act", ["retry-letters", "discard-letters", "edit-letters"])
async def test_more_than_was_said(get, backbone, act):
    [count] = re.findall(
        r'name="count" value="(\d+)"', (await get(f"/control/act/{act}?flow=orders-to-shop")).text
    )
    form = {**FORM, "path": "status", "value": "placed"}
    refused = await get(f"/control/act/{act}", "POST", form={**form, "count": str(int(count) - 1)})
    assert (refused.status, f"{count} are found now" in refused.text) == (409, True)
    assert f'name="count" value="{count}"' in refused.text
    assert set((await states(backbone)).values()) == {"dead"}
    assert (await get(f"/control/act/{act}", "POST", form={**form, "count": count})).status != 409


class Slow(ManualClock):
    """A clock that goes on by a while whenever it is asked how long something takes."""

    def monotonic(self):
        self.advance(PATIENCE_SECONDS)
        return super().monotonic()


# What takes long says how far it is, and is sent again for the rest, with what was typed.
async def test_going_on(backbone, many):
    slow = msgspec.structs.replace(backbone.machine, clock=Slow())
    room = open_room(msgspec.structs.replace(backbone, machine=slow))
    form = {**FORM, "flow": "sales-to-stock", "count": str(many)}
    first = await ask(room, "/control/act/retry-letters", "POST", form=form)
    assert "1,000 letters wait to be delivered again." in first.text
    assert "Retry 1,001 dead letters still left?" in first.text
    assert 'aria-label="1,000 of 2,001 are behind it"' in first.text
    assert ">it is mended</textarea>" in first.text
    assert "data-goes-on" in first.text
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', first.text))
    assert sent["after"] == "sales-to-stock~1099"
    again = await ask(room, "/control/act/retry-letters", "POST", form={**form, **sent})
    assert 'aria-label="2,000 of 2,001 are behind it"' in again.text
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', again.text))
    last = await ask(room, "/control/act/retry-letters", "POST", form={**form, **sent})
    assert last.status == 303
    assert "1%20letter%20wait" in last.cookies[0]
    assert "2%2C001%20were%20gone%20through%20in%20all." in last.cookies[0]


# Where there is none, the page teaches the command.
async def test_none(get, backbone):
    await get("/control/act/discard-letters", "POST", form=FORM)
    assert "trunkline dead list" in (await get("/control/dead")).text
