"""The rules that hold: a flow's own, the project's, and those nobody has to write."""

from __future__ import annotations

import pytest

from trunkline.app.alerting.conditions import condition_of, text_of
from trunkline.app.alerting.rules import DEFAULT_NAMES, DEFAULTS, grouping_of, rules_of, windows_of
from trunkline.app.project import Project
from trunkline.kernel.clock import SECOND, from_rfc3339
from trunkline.observe.alerts.grouping import Grouping
from trunkline.observe.alerts.muting import Window

FLOW = "flows/orders-to-warehouse.yaml"


@pytest.fixture
def rules(folder):
    """Return the rules by name with the given alerts in trunkline.yaml."""

    def named(alerts=""):
        main = folder / "trunkline.yaml"
        main.write_text(f"{main.read_text()}\n{alerts}")
        return {one.name: one for one in rules_of(Project.load(folder))}

    return named


# Sensible rules hold without a word; one about freshness only where a flow has none of its own.
def test_defaults(rules):
    found = rules()
    assert set(found) == {"orders-to-warehouse-1", "disk-low", "secret-age", *DEFAULTS}
    assert text_of(found["secret-age"].condition) == "secret_age > 90d"
    assert text_of(found["disk-low"].condition) == "disk_free < 128MiB"
    assert all(rule.to == () for rule in found.values())


def test_a_default_for_what_a_flow_needs(rules, edit):
    edit(FLOW, "alerts: [{when: freshness > 60s, for: 2m, severity: page}]", "")
    late = rules()["flow-late"]
    assert (text_of(late.condition), late.where) == ("freshness > 1m", {"flow": "orders-to-warehouse"})


# Every default can be left out, all can, and one of the project takes the place of its namesake.
def test_without_defaults(rules):
    assert set(rules("alerts: {defaults: false}")) == {"orders-to-warehouse-1"}


@pytest.mark.parametrize("name", [name for name in DEFAULT_NAMES if name != "flow-late"])
def test_without_one(rules, name):
    assert name not in rules(f"alerts: {{without: [{name}]}}")


def test_instead_of_a_default(rules):
    own = "alerts: {rules: [{name: dead-letters, when: dead_letters > 100, where: {flow: 'o*'}}]}"
    rule = rules(own)["dead-letters"]
    assert (rule.condition, rule.where) == (condition_of("dead_letters > 100"), {"flow": "o*"})


# A rule is told by the routes it names, else by those that take its severity, and escalated by severity.
def test_routes(rules):
    found = rules(
        """alerts:
  routes:
    oncall: {apprise: secret://alerts/a, severities: [page]}
    chat: {apprise: secret://alerts/b}
    lead: {apprise: secret://alerts/c, severities: []}
  rules: [{name: own, when: lag > 5, to: [lead], keep: 3m, for: 10s}]
  renotify: 2h
  escalate: [{after: 15m, to: [lead]}, {after: 1h, to: [chat], severities: [page, ticket]}]
"""
    )
    assert found["own"].to == ("lead",)
    assert (found["own"].hold, found["own"].keep) == (10 * SECOND, 180 * SECOND)
    assert found["own"].renotify == 7_200 * SECOND
    assert found["orders-to-warehouse-1"].to == ("oncall", "chat")
    assert found["dead-letters"].to == ("chat",)
    assert [one.to for one in found["target-away"].escalate] == [("lead",), ("chat",)]
    assert [one.to for one in found["dead-letters"].escalate] == [("chat",)]


# Windows are once or by cron.
def test_windows(rules, folder):
    rules(
        """alerts:
  windows:
    - {name: move, begins: 2026-01-31T22:00:00Z, lasts: 4h, where: {system: warehouse}}
    - {name: count, cron: 0 22 * * 6, zone: Europe/Berlin, lasts: 90m}
"""
    )
    assert windows_of(Project.load(folder).settings.alerts) == [
        Window("move", {"system": "warehouse"}, 14_400 * SECOND, since=from_rfc3339("2026-01-31T22:00:00Z")),
        Window("count", {}, 5_400 * SECOND, cron="0 22 * * 6", zone="Europe/Berlin"),
    ]


# Groups are of a target, wait half a minute and are left in peace for five, where nobody says otherwise.
@pytest.mark.parametrize(
    ("said", "grouping"),
    [
        ("{}", Grouping(("target",), 30 * SECOND, 300 * SECOND)),
        ("{group_by: [], group_wait: 0s, group_interval: 1h}", Grouping((), 0, 3_600 * SECOND)),
    ],
)
def test_groups(rules, folder, said, grouping):
    rules(f"alerts: {said}")
    assert grouping_of(Project.load(folder).settings.alerts) == grouping
