"""What people ask of alerts, from what is stored."""

from __future__ import annotations

import pytest
from tests.unit.app.conftest import FLOW

from trunkline.app.alerting.views import (
    AlertsQuery,
    alert_named,
    alerts,
    answer_stats,
    rules,
    unsent,
)
from trunkline.kernel.errors import UsageError
from trunkline.observe.alerts.machine import Alert
from trunkline.observe.alerts.store import Changes


def alert(name, phase="firing", severity="ticket", since=10, **labels):
    over = since + 5 if phase == "resolved" else 0
    return Alert(name, f"rule-{name}", labels, severity, phase, since, resolved_at=over)


@pytest.fixture
async def several(backbone):
    await backbone.alerts.commit(
        Changes(
            [
                alert("a", flow="orders"),
                alert("b", severity="page", since=5, flow="stock"),
                alert("c", phase="resolved", severity="page", since=50, flow="orders"),
            ]
        )
    )


# Open ones come first, pages before the rest; each question leaves out what does not fit.
@pytest.mark.usefixtures("several")
@pytest.mark.parametrize(
    ("query", "names"),
    [
        (AlertsQuery(), ["b", "a"]),
        (AlertsQuery(all=True), ["b", "a", "c"]),
        (AlertsQuery(all=True, since=56), ["b", "a"]),
        (AlertsQuery(severity="page"), ["b"]),
        (AlertsQuery(all=True, state="resolved"), ["c"]),
        (AlertsQuery(all=True, where={"flow": "o*"}), ["a", "c"]),
        (AlertsQuery(where={"rule": "rule-b"}), ["b"]),
        (AlertsQuery(limit=1), ["b"]),
    ],
)
async def test_questions(backbone, query, names):
    assert [one.id for one in await alerts(backbone, query)] == names


# One is found by its identifier, open or over.
@pytest.mark.usefixtures("several")
async def test_one(backbone):
    assert (await alert_named(backbone, "c")).state == "resolved"
    for name in ("d", ""):
        with pytest.raises(UsageError, match="there is no alert"):
            await alert_named(backbone, name)


# What did not arrive is listed until it does.
async def test_unsent(duty, letters):
    duty.refuse("chat")
    await duty.look()
    [one] = await unsent(letters)
    assert (one.route, one.state, one.attempts, one.kind) == ("chat", "waiting", 1, "http-503")
    duty.post("chat").refuses = None
    await duty.look(15)
    assert await unsent(letters) == []


# How fast people were is counted over a span.
async def test_stats(duty, letters):
    start = letters.machine.clock.now()
    await duty.look()
    found = await answer_stats(letters, start, start + 1)
    assert (found.fired, found.resolved, found.mttr_seconds) == (1, 0, None)


# Every rule that holds is listed as its condition is written, those of flows first.
def test_rules(backbone):
    found = rules(backbone.project)
    assert (found[0].name, found[0].when, found[0].to) == (f"{FLOW}-1", "freshness > 1m", ("oncall",))
    assert found[0].for_seconds == 120
    assert {one.name: one.to for one in found}["dead-letters"] == ("chat",)
