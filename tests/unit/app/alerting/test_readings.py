"""What is measured of a running project, from what is stored."""

from __future__ import annotations

import os

import msgspec
import pytest
from tests.unit.app.conftest import FLOW

from trunkline.app.acts import IsolateTarget, PauseFlow, Publish, perform
from trunkline.connectors.source import Arrival
from trunkline.delivery.ledger import Case, Record, Try
from trunkline.delivery.standing import Outage, Standing
from trunkline.intake.notice import Ending
from trunkline.kernel.clock import SECOND
from trunkline.kernel.signals import FlowStalled
from trunkline.observe.alerts.notices import Message
from trunkline.observe.alerts.rule import Series
from trunkline.observe.alerts.store import Changes

TARGET = "warehouse.orders"


@pytest.fixture
def measured(duty):
    """Return what is measured of the one subject of a kind."""

    async def one(about, *wanted):
        found = (await duty.reader.look(wanted))[about]
        return {series.measure: value for series, value in found[0].values.items()}

    return one


# A flow is as late as the oldest event that is neither delivered nor dead, tried already or not.
async def test_freshness(backbone, measured, publish, bury, order):
    assert (await measured("flow"))["freshness"] == 0
    clock = backbone.machine.clock
    await publish(2)
    clock.advance(100)
    records = [order(event_id=f"n{n}", order_id=f"200{n}") for n in range(3)]
    await perform(backbone, Publish("order", records))
    now = clock.now()
    waits = Case(1, "1001", "waiting", holds=True, attempts=1, due=now, at=now, tries=(Try(now, "x", "y"),))
    await backbone.ledger.record(Record(FLOW, now, cursor=3, cases=[waits]))
    clock.advance(10)
    found = await measured("flow")
    assert (found["freshness"], found["lag"], found["waiting"]) == (110, 2, 1)
    await bury([1], cursor=3)
    found = await measured("flow")
    assert (found["freshness"], found["dead_letters"]) == (10, 1)


# What is measured over a time is measured where a rule wants it.
async def test_over_a_time(measured, letters):
    series = Series("failed", 3_600)
    assert "failed" not in await measured("flow")
    assert (await measured("flow", series))["failed"] == 1.0


# A stall counts from its first signal until it does not come again; not where its target is the reason.
async def test_a_stall(backbone, measured):
    clock, bearing = backbone.machine.clock, backbone.bearings[TARGET]
    for _ in range(3):
        backbone.machine.signals.emit(FlowStalled(FLOW, "store", "full", clock.now() + 5 * SECOND))
        clock.advance(5)
    assert (await measured("flow"))["stalled"] == 15
    bearing.resume(Standing(outage=Outage(clock.now(), 0.0, "timeout", "slow")))
    assert (await measured("flow"))["stalled"] == 0
    bearing.reset("ann", "")
    clock.advance(100)
    assert (await measured("flow"))["stalled"] == 0


# A flow that waits for its time or its turn is not stalled.
async def test_waits_by_design(backbone, measured):
    clock = backbone.machine.clock
    backbone.machine.signals.emit(FlowStalled(FLOW, "start", "tomorrow", clock.now() + 900 * SECOND))
    clock.advance(600)
    assert (await measured("flow"))["stalled"] == 0


# A pause and an isolation count from when somebody asked for them, an outage from its beginning.
async def test_what_people_stopped(backbone, measured):
    await perform(backbone, PauseFlow(FLOW, "ann", "move"))
    await perform(backbone, IsolateTarget(TARGET, "ann", "count"))
    backbone.machine.clock.advance(60)
    assert (await measured("flow"))["paused"] == 60
    assert await measured("target") == {"away": 0, "isolated": 60}


async def test_a_target_that_is_away(backbone, measured):
    now = backbone.machine.clock.now()
    backbone.bearings[TARGET].resume(Standing(outage=Outage(now - 9 * SECOND, 0.0, "timeout", "slow")))
    assert await measured("target") == {"away": 9, "isolated": 0}


# Of a source: its open quarantine, how long nothing came, and what of its usual interval that is.
async def test_sources(duty, backbone, publish):
    await publish(2, status="lost")
    found = (await duty.reader.look(()))["source"]
    values = {one.labels["source"]: one.values[Series("quarantined")] for one in found}
    assert values == {"publish/order@1": 2, "shop/order": 0}
    assert {one.values.get(Series("staleness")) for one in found} == {None}


# A source is measured against what is expected of it; of what it gave, over a time that a rule wants.
async def test_a_silent_source(duty, backbone, order):
    clock, wanted = backbone.machine.clock, [Series("accepted", 3_600), Series("refused", 3_600)]
    source = msgspec.structs.replace(backbone.project.sources["shop/order"], every_seconds=900.0)
    backbone.project.sources["shop/order"] = source
    await backbone.intakes["shop/order"].accept([Arrival(order(event_id="a"))])
    clock.advance(1_800)
    [found] = (await duty.reader.look(wanted))["source"]
    assert (found.values[Series("staleness")], found.values[Series("silence")]) == (1_800, 2)
    assert [found.values[one] for one in wanted] == [1, 0]


# A version in use that ends is measured until its sunset and beyond.
async def test_contracts(duty, backbone):
    now = backbone.machine.clock.now()
    duty.endings = {"order@1": Ending("order@1.0.0", now, now + 60 * SECOND)}
    assert (await duty.reader.look(()))["contract"][0].values == {Series("sunset"): 60}
    backbone.machine.clock.advance(90)
    [found] = (await duty.reader.look(()))["contract"]
    assert found.values == {Series("sunset"): -30}
    assert found.facts["users"] == f"source shop/order, flow {FLOW}"


# The disk has room, and drift is looked at stream by stream.
async def test_disk_and_drift(duty, measured, publish):
    assert (await measured("disk"))["disk_free"] > 0
    await publish(2, surprise=1)
    await duty.reader.look(())
    found = {
        one.labels["stream"]: one.values[Series("drift")] for one in (await duty.reader.look(()))["stream"]
    }
    assert found["order@1"] >= 1


# A route is measured by its messages that fail: tried three times, or given up within a day.
async def test_routes(duty, backbone):
    now = backbone.machine.clock.now()
    several = [
        Message("m1", "oncall", now, (), now, attempts=2),
        Message("m2", "oncall", now, (), now, attempts=3, kind="timeout", detail="slow"),
        Message("m3", "chat", now, (), now, "failed", 1, done=now),
        Message("m4", "chat", now, (), now, "failed", 1, done=now - 86_401 * SECOND),
    ]
    await backbone.alerts.commit(Changes(messages=several))
    found = (await duty.reader.look(()))["route"]
    assert {one.labels["route"]: one.values[Series("unsent")] for one in found} == {"oncall": 1, "chat": 1}
    assert found[0].facts == {"fault": "timeout: slow"}


# A secret is measured since its value is the same, with where it is used.
async def test_secrets(duty, backbone):
    path = backbone.project.folder / "state/secrets.yaml"
    os.utime(path, ns=(0, (backbone.machine.clock.now() - 60 * SECOND) * 1_000))
    [found] = (await duty.reader.look(()))["secret"]
    assert found.values == {Series("secret_age"): 60}
    assert found.labels == {"secret": "shop/webhook", "system": "shop"}
    assert found.facts["users"] == "systems/shop.yaml"
