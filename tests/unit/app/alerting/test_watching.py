"""Looks at a project: what goes wrong fires, people are told once, and it is over when it is."""

from __future__ import annotations

import os

import msgspec
import pytest
from tests.unit.app.conftest import FLOW

from trunkline.app.acts import AcknowledgeAlert, SilenceAlerts, perform
from trunkline.app.alerting.views import AlertsQuery, alerts
from trunkline.app.alerting.watching import RuleBook
from trunkline.delivery.ledger import Discard
from trunkline.kernel.clock import SECOND
from trunkline.kernel.signals import AlertFired, AlertResolved
from trunkline.observe.alerts.rule import Rule, Series, Threshold
from trunkline.observe.alerts.store import AlertQuery

DEAD = f"[shop] ticket: flow {FLOW}: dead_letters is 2 (dead_letters > 0)"


async def open_rules(backbone):
    return sorted(one.rule for one in await backbone.alerts.alerts(AlertQuery()))


# A project in which nothing happened has nothing to tell.
async def test_silence_is_golden(duty, backbone):
    assert await duty.look() == []
    assert await open_rules(backbone) == []


# Dead letters are told of once, with cause and next step, and when they were answered, that it is over.
async def test_dead_letters(duty, letters):
    assert await duty.look() == [("chat", DEAD)]
    assert await duty.look(15) == []
    [view] = await alerts(letters, AlertsQuery())
    assert (view.rule, view.state, view.cause, view.next, view.link) == (
        "dead-letters",
        "firing",
        "2 of 2 dead letters: http-422: the shop refused it",
        f"trunkline dead groups --flow {FLOW}",
        f"http://room/control/flows/{FLOW}",
    )
    for offset in (0, 2):
        await letters.ledger.resolve(FLOW, offset, Discard("lost"), letters.machine.clock.now())
    assert await duty.look(15) == []
    [(route, title)] = await duty.look(60)
    assert (route, title.startswith("[shop] resolved: over: ")) == ("chat", True)
    assert await alerts(letters, AlertsQuery()) == []
    fired, resolved = [one for one in duty.signals if isinstance(one, (AlertFired, AlertResolved))]
    assert (fired.about, resolved.seconds) == (resolved.about, 90.0)


# A flow's own rule has its time, its severity and its route.
async def test_a_late_flow(duty, backbone, publish):
    await publish(3)
    assert await duty.look(61) == []
    assert await open_rules(backbone) == [f"{FLOW}-1"]
    assert await duty.look(119) == []
    [(route, title)] = await duty.look(1)
    assert (route, title) == ("oncall", f"[shop] page: flow {FLOW}: freshness is 3m (freshness > 1m)")


# A restart between looks changes nothing: what counts is stored.
async def test_a_restart(duty, backbone, publish):
    await publish(1)
    await duty.look(61)
    again = type(duty)(backbone, {})
    assert await again.look(60) == []
    assert len(await again.look(60)) == 1
    assert await duty.look(1) == []


# What somebody acknowledges between a look's reading and its writing stays acknowledged.
async def test_an_act_during_a_look(duty, letters, bury, monkeypatch):
    await duty.look()
    await bury([1], cursor=3)
    [alert] = await letters.alerts.alerts(AlertQuery())
    commit, acted = letters.alerts.commit, []

    async def late(changes):
        if not acted:
            acted.append(True)
            await perform(letters, AcknowledgeAlert(alert.id, "ann"))
        return await commit(changes)

    monkeypatch.setattr(letters.alerts, "commit", late)
    await duty.look(15)
    [after] = await letters.alerts.alerts(AlertQuery())
    assert (after.phase, after.acknowledged_by, after.value) == ("acknowledged", "ann", 3.0)


# What is silenced fires unheard, and is told of when the silence is over.
async def test_a_silence(duty, letters):
    until = letters.machine.clock.now() + 60 * SECOND
    await perform(letters, SilenceAlerts({"flow": "orders-*"}, until, "ann", "stock count"))
    assert await duty.look() == []
    [view] = await alerts(letters, AlertsQuery())
    assert (view.state, view.muted != "") == ("firing", True)
    assert await duty.look(60) == [("chat", DEAD)]


# What could not be read is not taken for what is over.
async def test_what_cannot_be_read(duty, letters, monkeypatch):
    await duty.look()

    async def broken():
        raise OSError("no disk")

    monkeypatch.setattr(letters.ledger, "status", broken)
    await duty.look(600)
    assert await open_rules(letters) == ["dead-letters"]


# An alert whose rule is not in the project any more is over.
async def test_a_rule_that_went(duty, letters):
    await duty.look()
    settings = msgspec.structs.replace(letters.project.settings.alerts, without=["dead-letters"])
    project = msgspec.structs.replace(
        letters.project, settings=msgspec.structs.replace(letters.project.settings, alerts=settings)
    )
    again = type(duty)(msgspec.structs.replace(letters, project=project), {})
    [(route, title)] = await again.look(15)
    assert (route, "resolved" in title) == ("chat", True)


# A rule is found for its flow without a look at those of all others, and patterns count.
@pytest.mark.parametrize(
    ("labels", "names"), [({"flow": "a"}, ["one", "all"]), ({"flow": "b"}, ["some", "all"])]
)
def test_the_rule_book(labels, names):
    late = Threshold(Series("freshness"), ">", 1.0)
    book = RuleBook(
        [
            Rule("one", late, where={"flow": "a"}),
            Rule("some", late, where={"flow": "b*"}),
            Rule("all", late),
            Rule("other", Threshold(Series("away"), ">", 1.0)),
        ]
    )
    assert [one.name for one in book.fitting("flow", labels)] == names
    assert book.series == {Series("freshness"), Series("away")}


# A secret that nobody exchanges is told of after ninety days, and when its value is another one it is over.
async def test_an_old_secret(duty, backbone):
    path = backbone.project.folder / "state/secrets.yaml"
    os.utime(path, ns=(0, backbone.machine.clock.now() * 1_000))
    assert await duty.look() == []
    assert await duty.look(90 * 86_400) == []
    [(route, title)] = await duty.look(1)
    assert (route, title) == (
        "chat",
        "[shop] ticket: secret shop/webhook: secret_age is 90d (secret_age > 90d)",
    )
    path.write_text("shop: {webhook: another}")
    assert await duty.look(15) == []
    [(route, title)] = await duty.look(60)
    assert (route, "resolved" in title) == ("chat", True)


GROUPED = """alerts:
  routes:
    oncall: {apprise: secret://alerts/oncall, severities: [page]}
    chat: {apprise: secret://alerts/chat, severities: [ticket, info]}
  rules:
    - {name: many-dead, when: dead_letters > 2, keep: 0s}
    - {name: very-many-dead, when: dead_letters > 3, severity: page}
"""


# As nobody set it otherwise: what fires at different looks of one target is one message, half a minute after
# the first; a page goes at once.
@pytest.mark.parametrize("alerts", [GROUPED])
async def test_a_group(duty, letters, bury):
    assert await duty.look() == []
    await bury([1], cursor=3)
    assert await duty.look(15) == []
    await bury([3], cursor=4)
    [(route, title)] = await duty.look(1)
    assert (route, title.partition(":")[0]) == ("oncall", "[shop] page")
    assert await duty.look(13) == []
    waits = {one.rule: one.waits for one in await alerts(letters, AlertsQuery())}
    assert waits == {"dead-letters": True, "many-dead": True, "very-many-dead": False}
    assert await duty.look(1) == [
        ("chat", f"[shop] ticket: flow {FLOW}: dead_letters is 4 (dead_letters > 2) (and 1 more)")
    ]
    assert await duty.look(600) == []


# What waits for its group, a beginning or an end, is told once after a restart.
@pytest.mark.parametrize("alerts", [GROUPED])
async def test_a_restart_while_a_group_waits(duty, letters, bury):
    await bury([1], cursor=3)
    assert await duty.look() == []
    again = type(duty)(letters, {})
    assert await again.look(15) == []
    [(route, title)] = await again.look(15)
    assert (route, title.endswith("(and 1 more)")) == ("chat", True)
    await letters.ledger.resolve(FLOW, 1, Discard("lost"), letters.machine.clock.now())
    assert await again.look(15) == []
    [over] = [one for one in await alerts(letters, AlertsQuery(all=True)) if one.state == "resolved"]
    assert (over.rule, over.told, over.waits) == ("many-dead", ("chat",), True)
    last = type(duty)(letters, {})
    assert await last.look(15) == []
    [(route, title)] = await last.look(15)
    assert (route, title.startswith("[shop] resolved: over: ")) == ("chat", True)
    for look in (again, duty, last):
        assert await look.look(15) == []


# What somebody silences while it waits for its group is not told.
@pytest.mark.parametrize("alerts", [GROUPED])
async def test_a_silence_while_a_group_waits(duty, letters):
    await duty.look()
    until = letters.machine.clock.now() + 3_600 * SECOND
    await perform(letters, SilenceAlerts({"flow": "orders-*"}, until, "ann", "stock count"))
    assert await duty.look(30) == []
    assert [one.waits for one in await alerts(letters, AlertsQuery())] == [False]
    assert await duty.look(3_599) == [("chat", DEAD)]
