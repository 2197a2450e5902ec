"""How a message reads, for people and for programs."""

from __future__ import annotations

import json

from trunkline.app.alerting.wording import as_data, letter_of, time_of
from trunkline.observe.alerts.machine import Alert, Explained
from trunkline.observe.alerts.notices import Message, Told
from trunkline.testkit.clock import START

TEXT = Explained("flow orders: lag is 9", "slow", "trunkline status", "http://room/control/flows/orders")
ALERT = Alert("a1", "lag", {"flow": "orders"}, "page", "firing", START, 9.0, TEXT, fired_at=START)


def letter(*told):
    return letter_of(Message("m1", "oncall", START, told, START), "shop")


# People read what is so, why, what to do and how to take it; of several the title tells the first.
def test_for_people():
    found = letter(Told("fired", ALERT), Told("escalated", ALERT))
    assert found.title == "[shop] page: flow orders: lag is 9 (and 1 more)"
    assert found.text.split("\n\n")[0].splitlines() == [
        "flow orders: lag is 9",
        "Likely cause: slow",
        "Next: trunkline status",
        "See: http://room/control/flows/orders",
        "Take it: trunkline alerts ack a1",
    ]
    assert found.text.split("\n\n")[1].startswith("nobody acknowledged: ")
    assert (found.id, found.severity, found.over) == ("m1", "page", False)


# The end says so, and asks for nothing.
def test_the_end():
    over = Alert(
        "a1", "lag", {"flow": "orders"}, "page", "resolved", START, 1.0, TEXT, START, resolved_at=START
    )
    found = letter(Told("resolved", over))
    assert found.title == "[shop] resolved: over: flow orders: lag is 9"
    assert found.text == "over: flow orders: lag is 9, at 2026-01-01T00:00:00Z"
    assert found.over
    assert json.loads(found.payload)["type"] == "alerts.resolved"


# Programs read a type, a time and the alerts, with times in RFC 3339.
def test_for_programs():
    document = json.loads(letter(Told("fired", ALERT)).payload)
    assert (document["type"], document["timestamp"]) == ("alerts.firing", "2026-01-01T00:00:00Z")
    assert (document["data"]["project"], document["data"]["route"]) == ("shop", "oncall")
    assert document["data"]["alerts"] == [{"event": "fired", **as_data(ALERT)}]
    assert document["data"]["alerts"][0]["fired"] == "2026-01-01T00:00:00Z"
    assert document["data"]["alerts"][0]["resolved"] is None
    assert json.loads(letter(Told("test", ALERT)).payload)["type"] == "alerts.test"


# An instant that did not come is nothing.
def test_times():
    assert (time_of(0), time_of(START)) == (None, "2026-01-01T00:00:00Z")
