"""A project is ready where its store and disk take what comes, its sources work, and its flows keep up."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import pytest

from trunkline.app.acts import IsolateTarget, PauseFlow, Publish, perform
from trunkline.app.backbone import opened
from trunkline.app.project import Project
from trunkline.app.readiness import TOLERANCE_SECONDS, WRITER_SECONDS, Writer, readiness
from trunkline.delivery.ledger import Case, Record
from trunkline.delivery.standing import Outage
from trunkline.kernel.errors import StoreError
from trunkline.observe.lateness import LEAST_SECONDS

FLOW, TARGET, SOURCE = "orders-to-warehouse", "warehouse.orders", "shop/order"
FLOW_FILE = "flows/orders-to-warehouse.yaml"


async def part(backbone, kind, name):
    [found] = [one for one in (await readiness(backbone)).parts if (one.kind, one.name) == (kind, name)]
    return found


# With nothing to do everything is ready, each part with the roles that need it.
async def test_all_is_well(backbone):
    found = await readiness(backbone)
    assert found.ready
    told = [(one.kind, one.name, one.roles, one.state) for one in found.parts]
    assert told == [
        ("store", "store", ("intake", "delivery"), "ok"),
        ("disk", "disk", ("intake", "delivery"), "ok"),
        ("source", SOURCE, ("intake",), "ok"),
        ("flow", FLOW, ("delivery",), "ok"),
        ("target", TARGET, ("delivery",), "ok"),
    ]
    assert [one.kind for one in found.of("intake").parts] == ["store", "disk", "source"]


# A flow is late once its oldest event is beyond its bound; intake stays ready, and the flow is
# current again once it has delivered.
async def test_a_late_flow(backbone, machine, publish):
    await publish(1)
    assert backbone.project.flows[FLOW].settings.needs.freshness == "5s"
    machine.clock.advance(LEAST_SECONDS)
    assert (await readiness(backbone)).ready
    machine.clock.advance(1)
    found = await readiness(backbone)
    assert not found.ready
    assert found.of("intake").ready
    first = found.parts[0]
    assert (first.kind, first.name, first.state) == ("flow", FLOW, "late")
    assert first.since == "2026-01-01T00:01:00Z"
    assert "event 0 of order@1" in first.why
    await backbone.ledger.record(Record(FLOW, machine.clock.now(), cursor=1))
    assert (await readiness(backbone)).ready


# While its target is away, or an event waits for its retry, a late flow is ready for an hour; dead letters
# and those that they hold make no flow late.
async def test_what_may_be_late(backbone, machine, publish):
    await publish(2)
    now = machine.clock.now()
    await backbone.standings.note(TARGET, Outage(now, 1.0, "connect", "nobody there"))
    machine.clock.advance(TOLERANCE_SECONDS)
    away = await part(backbone, "target", TARGET)
    assert (away.state, away.ready, away.why) == ("away", True, "connect: nobody there")
    assert (await readiness(backbone)).ready
    late = await part(backbone, "flow", FLOW)
    assert (late.state, late.ready) == ("late", True)
    machine.clock.advance(1)
    late = await part(backbone, "flow", FLOW)
    assert (late.state, late.ready) == ("late", False)
    await backbone.standings.note(TARGET, None)
    waiting = Case(0, "1000", "waiting", holds=True, due=now)
    await backbone.ledger.record(Record(FLOW, now, 2, cases=[waiting]))
    found = await part(backbone, "flow", FLOW)
    assert (found.state, "waits for its retry" in found.why) == ("late", True)
    dead = [Case(0, "1000", "dead", holds=True), Case(1, "1000", "held", holds=True)]
    await backbone.ledger.record(Record(FLOW, now, 2, cases=dead))
    assert (await part(backbone, "flow", FLOW)).state == "ok"


# What a person has paused or isolated is ready, and says who wanted it so; a draft makes no promise.
async def test_what_people_want(folder, machine, edit, order):
    async with opened(Project.load(folder), machine) as backbone:
        await perform(backbone, Publish("order", [order()]))
        await perform(backbone, PauseFlow(FLOW, "ann", "the ERP moves"))
        await perform(backbone, IsolateTarget(TARGET, "bob", "stock count"))
        machine.clock.advance(2 * TOLERANCE_SECONDS)
        found = await readiness(backbone)
        assert found.ready
        told = {one.state: one.why for one in found.parts if one.state != "ok"}
        assert told == {"paused": "ann: the ERP moves", "isolated": "bob: stock count"}
    edit(FLOW_FILE, "needs:", "draft: true\nneeds:")
    async with opened(Project.load(folder), machine) as backbone:
        assert (await part(backbone, "flow", FLOW)).state == "draft"


# A flow that has not begun is late where it starts at the beginning, and waits where it starts later.
async def test_a_flow_that_has_not_begun(folder, machine, edit, order):
    edit(FLOW_FILE, "needs:", "start: now\nneeds:")
    async with opened(Project.load(folder), machine) as backbone:
        await perform(backbone, Publish("order", [order()]))
        machine.clock.advance(2 * TOLERANCE_SECONDS)
        assert (await part(backbone, "flow", FLOW)).state == "waiting"


# What broke is told with why and since when, for the role that it concerns.
@pytest.mark.parametrize(
    ("noted", "kind", "name", "role", "why"),
    [
        ("store", "store", "store", "intake", "away"),
        (f"source {SOURCE}", "source", SOURCE, "intake", "away"),
        (f"flow {FLOW}", "flow", FLOW, "delivery", "away"),
        (f"target of flow {FLOW}", "flow", FLOW, "delivery", "its target: away"),
        (f"replay {FLOW}#r1", "replay", f"{FLOW}#r1", "delivery", "away"),
    ],
)
async def test_what_failed(backbone, noted, kind, name, role, why):
    backbone.health.down(noted, "away")
    found = await readiness(backbone)
    first = found.parts[0]
    assert (first.kind, first.name, first.state, first.why) == (kind, name, "failed", why)
    assert first.since == "2026-01-01T00:00:00Z"
    assert not found.of(role).ready


# A disk below the bound that new events leave free is full, since it was first seen, until there is room.
async def test_a_full_disk(backbone, machine, monkeypatch):
    keep = backbone.project.settings.limits.disk_free_bytes
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=keep // 2))
        await readiness(backbone)
        machine.clock.advance(60)
        found = await part(backbone, "disk", "disk")
        assert (found.state, found.ready, found.since) == ("full", False, "2026-01-01T00:00:00Z")
        assert f"{keep:,} are kept" in found.why
    assert (await part(backbone, "disk", "disk")).state == "ok"


# A store that cannot be read makes nothing ready, and is told as what it is.
async def test_a_store_that_cannot_be_read(backbone, monkeypatch):
    async def fails(*_given):
        raise StoreError("the disk is gone")

    monkeypatch.setattr(backbone.store, "read", fails)
    found = await readiness(backbone)
    assert (found.ready, found.parts[0].kind, found.parts[0].why) == (False, "store", "the disk is gone")


# The process lives while the store's writer answers, also where what is written fails; not once it hangs.
async def test_the_writer(backbone, machine, monkeypatch):
    writer = Writer(backbone)
    pulse = await writer.pulse()
    assert (pulse.alive, pulse.writer_seconds, pulse.loop_lag_seconds) == (True, 0.0, 0.0)
    hangs = backbone.store.submit(lambda _connection: None)
    await hangs
    never = type(hangs)()
    monkeypatch.setattr(backbone.store, "submit", lambda _write: never)
    assert (await writer.pulse(0.0)).alive
    machine.clock.advance(WRITER_SECONDS)
    pulse = await writer.pulse(0.0)
    assert (pulse.alive, pulse.writer_seconds) == (False, WRITER_SECONDS)
    never.set_exception(StoreError("full"))
    assert (await writer.pulse(0.0)).alive
