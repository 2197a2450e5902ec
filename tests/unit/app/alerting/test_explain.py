"""What a person reads of an alert: what is so, the likely cause, the next command, a link."""

from __future__ import annotations

import pytest

from trunkline.app.alerting.conditions import condition_of
from trunkline.app.alerting.explain import LONGEST, about_of, explained, subject_of
from trunkline.app.alerting.measures import LABELS, MEASURES
from trunkline.observe.alerts.rule import Rule

FLOW = {"flow": "orders", "stream": "order@1", "target": "erp.order", "system": "erp"}


def rule(when):
    return Rule("r", condition_of(when))


# The cause is the nearest one that is known, and the next step goes with it.
@pytest.mark.parametrize(
    ("when", "facts", "cause", "step"),
    [
        (
            "freshness > 60s",
            {"paused": "ann: move", "outage": "x"},
            "paused by ann: move",
            "flow resume orders",
        ),
        (
            "freshness > 60s",
            {"isolated": "ann: count", "letters": "1 of 1"},
            "target erp.order is isolated by ann: count",
            "target reset erp.order",
        ),
        ("lag > 5", {"outage": "http-503: busy"}, "target erp.order is away: http-503: busy", "target list"),
        (
            "freshness > 60s",
            {"letters": "2 of 3 dead letters: http-422"},
            "2 of 3",
            "dead groups --flow orders",
        ),
        ("waiting > 5", {"retrying": "5 events"}, "5 events", "dead list --flow orders --state waiting"),
        ("stalled > 5m", {"stall": "store: full"}, "store: full", "status"),
        ("lag > 5", {}, "more comes than it delivers", "status"),
    ],
)
def test_a_flow(when, facts, cause, step):
    found = explained(rule(when), FLOW, 99.0, facts)
    assert found.cause.startswith(cause)
    assert found.next.startswith(f"trunkline {step}")


# Dead letters are the cause of an alert about them, also while the target is away.
def test_dead_letters_explain_themselves():
    facts = {"outage": "http-503: busy", "letters": "2 of 3 dead letters: http-422: no"}
    found = explained(rule("dead_letters > 0"), FLOW, 3.0, facts)
    assert (found.cause, found.next) == (facts["letters"], "trunkline dead groups --flow orders")


@pytest.mark.parametrize(
    ("when", "labels", "facts", "cause", "step"),
    [
        (
            "quarantined > 0",
            {"source": "shop/order", "stream": "order@1", "system": "shop"},
            {"refused": "3 of 4 were refused for: contract"},
            "3 of 4",
            "quarantine groups --source shop/order",
        ),
        (
            "silence > 3x",
            {"source": "shop/order", "stream": "order@1", "system": "shop"},
            {"last": "2026-01-01T00:00:00Z", "expected_seconds": "900", "by": "schedule"},
            "its last event came at 2026-01-01T00:00:00Z, and one is expected every 900 s, by its schedule",
            "status",
        ),
        ("away > 5m", {"target": "erp.order"}, {"outage": "timeout: slow"}, "timeout: slow", "target list"),
        ("isolated > 1h", {"target": "erp.order"}, {"isolated": "ann: x"}, "isolated by ann", "target reset"),
        (
            "drift > 0",
            {"stream": "order@1"},
            {"drift": "/a gone"},
            "a sender changed: /a gone",
            "contract drift",
        ),
        (
            "sunset < 14d",
            {"contract": "order@1"},
            {"version": "order@1.0.0", "sunset": "then", "users": "flow a", "successor": "order@2.0.0"},
            "order@1.0.0 ends at then and is used by flow a: move them to order@2.0.0",
            "contract users order@1.0.0",
        ),
        ("disk_free < 1GB", {"disk": "store"}, {}, "the log grows", "log trim"),
        (
            "secret_age > 90d",
            {"secret": "shop/webhook", "system": "shop"},
            {"since": "2026-01-01T00:00:00Z", "users": "systems/shop.yaml"},
            "its value has been the same since 2026-01-01T00:00:00Z at least: make a new one",
            "secret list",
        ),
        (
            "secret_age > 90d",
            {"secret": "trunkline/admin-token", "system": "trunkline"},
            {"since": "2026-01-01T00:00:00Z", "users": ""},
            "its value has been the same since 2026-01-01T00:00:00Z",
            "token rotate",
        ),
        ("unsent > 0", {"route": "oncall"}, {"fault": "http-404: x"}, "http-404", "alerts test oncall"),
    ],
)
def test_all_else(when, labels, facts, cause, step):
    found = explained(rule(when), labels, 1.0, facts)
    assert found.cause.startswith(cause)
    assert found.next.startswith(f"trunkline {step}")


# What is so is told with its bound; a link leads to what it is about, escaped, if there is a control room.
def test_summary_and_link():
    found = explained(rule("freshness > 60s"), FLOW | {"flow": "a b"}, 90.0, {}, "https://room.example.com/")
    assert found.summary == "flow a b: freshness is 1.5m (freshness > 1m)"
    assert found.link == "https://room.example.com/control/flows/a%20b"
    assert explained(rule("freshness > 60s"), FLOW, 90.0, {}).link == ""


# Everything that can be measured can be explained, and a cause has an end.
@pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda one: one.name)
def test_every_measure(measure):
    bound = {"duration": "5s", "count": "5", "share": "5%", "size": "5MB", "times": "5x"}[measure.unit]
    made = rule(f"{measure.name} > {bound}")
    labels = dict.fromkeys(LABELS[measure.about], "x")
    found = explained(made, labels, 7.0, {"outage": "y" * 9_999, "fault": "y" * 9_999}, "http://room")
    assert about_of(made) == measure.about
    assert subject_of(labels, measure.about) == f"{measure.about} x"
    assert found.summary.startswith(f"{measure.about} x: {measure.name} is ")
    assert len(found.cause) <= LONGEST
    assert found.next.startswith("trunkline ")
