"""What senders, systems and people wrote is text on every page, however much it looks like markup."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import pytest
import yaml
from tests.browser.site import Site
from tests.control_room import ALERTS, count, day, order, publish
from tests.documented import HARM

from trunkline.app.acts import PauseFlow, SilenceAlerts, perform
from trunkline.app.project import Project
from trunkline.delivery.ledger import Answer, Case, Record, Try
from trunkline.delivery.replay.port import Replay, Selection
from trunkline.delivery.standing import Outage
from trunkline.intake.quarantine import Query
from trunkline.kernel.clock import SECOND
from trunkline.kernel.event import Event
from trunkline.observe.alerts.machine import Alert, Explained, Transition
from trunkline.observe.alerts.notices import Message, Told
from trunkline.observe.alerts.store import Changes
from trunkline.surfaces.dashboard.pages import FORMS, PAGES

PART = "<script>alert("
"""What stands in a page's text where it shows ``HARM``, even where numbers are taken out of it."""

NAMES = {"flow": "orders-to-shop", "offset": "0", "alert": "harm", "replay": "harm", "contract": "order"}
STATES = {
    "trace": {"id": HARM},
    "letters": {"flow": "orders-to-shop", "text": HARM},
    "quarantine": {"q": HARM},
    "entries": {"text": HARM},
    "gate": {"q": HARM},
    "audit": {"q": HARM, "by": HARM},
    "replay-plan": {"flow": "orders-to-shop", "correlation": HARM, "where": HARM},
    "lineage": {"q": HARM},
    "catalogue": {"q": HARM},
    "checklist": {"q": HARM},
    "topology": {"q": HARM},
    "sources": {"q": HARM},
    "contracts": {"q": HARM},
    "duplicates": {"stream": "order@1"},
}
"""The state in which a page has most to show."""

CREATED = """
[...document.querySelectorAll("*")].filter((one) =>
  ["IFRAME", "IMG", "OBJECT", "EMBED", "STYLE"].includes(one.tagName) ||
  (one.tagName === "SCRIPT" && !one.getAttribute("src")?.startsWith("/control/static/room.js")) ||
  [...one.attributes].some(({ name, value }) =>
    name.startsWith("on") || name === "style" || /^\\s*javascript:/i.test(value))
).map((one) => one.outerHTML.slice(0, 200))
"""
"""What no page of ours has: an element or attribute that somebody's text has become."""


def project(folder) -> Project:
    """Return a project whose files have ``HARM`` wherever a person may write a text."""
    day(folder, ALERTS)
    owned = {"title": HARM, "kind": HARM, "owner": {"team": HARM, "contact": HARM}}
    for path in folder.glob("systems/*.yaml"):
        path.write_text(json.dumps(yaml.safe_load(path.read_text()) | owned), "utf-8")
    for path in folder.glob("flows/*.yaml"):
        path.write_text(json.dumps(yaml.safe_load(path.read_text()) | {"title": HARM}), "utf-8")
    for path in folder.glob("contracts/*.yaml"):
        contract = yaml.safe_load(path.read_text())
        contract["schema"][0] |= {"description": HARM, "businessName": HARM}
        if contract["schema"][0]["name"] == "order":
            contract["schema"][0].setdefault("customProperties", []).append(
                {"property": "match", "value": [["sku"]]}
            )
        path.write_text(json.dumps(contract, default=str), "utf-8")
    return Project.load(folder)


async def strike(backbone) -> None:
    """Have ``HARM`` stand in all that is stored: events, failures, alerts, acts, refused arrivals."""
    now = backbone.machine.clock.now()
    record = json.dumps(json.loads(order(0, now)) | {"number": HARM, "sku": HARM, HARM: HARM}).encode()
    keys = (HARM, HARM, f"{HARM} again")
    events = [
        Event(f"{HARM}{n}", HARM, HARM, keys[n], now, now, "order@1.0.0", HARM, record, HARM)
        for n in range(3)
    ]
    await backbone.log.append("order@1", events)
    await publish(backbone, "order", [record, HARM.encode()])
    tried = (Try(now, HARM, HARM),)
    told = (Answer(now, "retry", HARM, HARM),)
    cases = [
        Case(0, HARM, "dead", True, 1, at=now, correlation=HARM, reason=HARM, tries=tried, answers=told),
        Case(1, HARM, "waiting", True, 1, due=now + 60 * SECOND, at=now, correlation=HARM, tries=tried),
    ]
    await backbone.ledger.record(Record("orders-to-shop", now, 2, None, cases, stream="order@1"))
    await backbone.standings.note("shop.confirmation", Outage(now, 5.0, HARM, HARM))
    await perform(backbone, PauseFlow("orders-to-stock", HARM, HARM))
    await perform(backbone, SilenceAlerts({"flow": HARM}, now + 60 * SECOND, HARM, HARM))
    await backbone.replays.add(
        Replay("harm", "orders-to-shop", "order@1", Selection(first=0, last=2), HARM, HARM, now)
    )
    about = {"flow": HARM, "target": HARM, "system": HARM}
    why = Explained(HARM, HARM, HARM, HARM)
    firing = Alert("harm", "flow-late", about, "page", "acknowledged", now, 1.0, why, now, now, HARM)
    message = Message("m", "oncall", now, (Told("fired", firing),), now, "waiting", 1, kind=HARM, detail=HARM)
    moved = [Transition("harm", "flow-late", 1, "acknowledged", now, now, HARM, HARM)]
    assert await backbone.alerts.commit(Changes([firing], (), moved, [message]))
    await count(backbone)


@pytest.fixture(scope="module")
def struck(tmp_path_factory):
    with Site(project(tmp_path_factory.mktemp("harm") / "day"), strike) as site:
        yield site


def entry(site) -> str:
    """Return the refused arrival that is a record."""
    [one] = [one for one in site.run(site.backbone.quarantine.list(Query())) if one.kind == "contract"]
    return one.id


# Every page shows it, in what it tells or in the filter that asked for it, and nothing has become of it.
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page(browse, struck, page):
    path, state = page.path.format_map(NAMES | {"id": entry(struck)}), urlencode(STATES.get(page.name, {}))
    shown = browse(f"{struck.url}/control{path}{'?' * bool(state)}{state}")
    typed = shown.locator("main input").evaluate_all("all => all.map((one) => one.value)")
    assert PART in " ".join([shown.locator("main").inner_text(), *typed])
    assert shown.evaluate(CREATED) == []


FIELDS = {
    "flow": "orders-to-shop",
    "target": "shop.confirmation",
    "offset": "0",
    "alert": "harm",
    "replay": "harm",
    "route": "oncall",
}


# What a form repeats of what it was asked for is text as well, and so is what it says where it cannot go on.
def test_forms(browse, struck):
    said = {"back": f"/control/trace?id={quote(HARM)}", "why": HARM, "id": entry(struck), "silence": HARM}
    shown = browse(f"{struck.url}/control/alerts")
    for form in FORMS:
        for fields in (FIELDS | said, dict.fromkeys(FIELDS | said, HARM)):
            shown.goto(f"{struck.url}/control/act/{form.name}?{urlencode(fields)}")
            assert shown.evaluate(CREATED) == [], form.name
    browse.complaints[:] = [one for one in browse.complaints if "status of 4" not in one]
