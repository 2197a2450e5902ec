"""Where everything stands, read with few questions."""

from __future__ import annotations

import pytest
from tests.control_room import day, fill, order, publish, sale

from trunkline.app.backbone import opened
from trunkline.app.snapshot import snapshot, with_rates
from trunkline.connectors.source import Arrival
from trunkline.delivery.standing import Isolation
from trunkline.kernel.clock import to_rfc3339


@pytest.fixture
async def backbone(tmp_path, machine):
    async with opened(day(tmp_path / "day"), machine) as opened_backbone:
        yield opened_backbone


# A project nothing ever came to has all its parts, and nothing in them.
async def test_empty(backbone):
    seen = await snapshot(backbone)
    assert [one.flow for one in seen.flows] == ["orders-to-shop", "orders-to-stock", "sales-to-stock"]
    assert {one.health for one in seen.flows} == {"idle"}
    assert [one.stream for one in seen.streams] == ["confirmation@1", "order@1", "sale@1", "stock@1"]
    assert {(one.state, one.flows) for one in seen.targets} == {("there", 1), ("there", 2)}
    assert all(one.last_event is None for one in (*seen.streams, *seen.sources))


# Every flow says how far it is, what waits in it, and how it is.
async def test_flows(backbone, machine):
    await fill(backbone)
    machine.clock.advance(10)
    flows = {one.flow: one for one in (await snapshot(backbone)).flows}
    shop, stock, sales = flows["orders-to-shop"], flows["orders-to-stock"], flows["sales-to-stock"]
    assert (shop.lag, shop.waiting, shop.held, shop.dead, shop.health) == (5, 1, 1, 3, "away")
    assert (shop.lag_seconds, shop.freshness_seconds) == (10.0, 30.0)
    assert (stock.lag, stock.lag_seconds, stock.health) == (0, 0.0, "ok")
    assert stock.last_delivered == to_rfc3339(machine.clock.now() - 10_000_000)
    assert (sales.lag, sales.health) == (20, "behind")


# Streams have their extent, sources their last event and quarantine, targets their standing.
async def test_others(backbone, machine):
    await fill(backbone)
    await backbone.standings.isolate("warehouse.stock", Isolation("ada", "a move", machine.clock.now()))
    seen = await snapshot(backbone)
    streams = {one.stream: one for one in seen.streams}
    assert (streams["order@1"].events, streams["order@1"].flows, streams["order@1"].sources) == (30, 2, 1)
    assert streams["order@1"].last_event == to_rfc3339(machine.clock.now())
    sources = {one.source: one for one in seen.sources}
    assert sources["publish/order@1"].quarantined == 3
    assert sources["till/sale"].every_seconds == 3_600
    targets = {one.target: one for one in seen.targets}
    assert (targets["shop.confirmation"].state, targets["shop.confirmation"].since) == (
        "away",
        to_rfc3339(machine.clock.now() - 90_000_000),
    )
    assert (targets["warehouse.stock"].state, targets["warehouse.stock"].by) == ("isolated", "ada")


# A source that says how often it gives data is silent once that passed one and a half times without any.
async def test_silence(backbone, machine):
    intake = backbone.intakes["till/sale"]
    await intake.accept([Arrival(sale(1, machine.clock.now()), "", "one")])
    for hours, silent in ((1.4, False), (0.2, True)):
        machine.clock.advance(hours * 3_600)
        seen = {one.source: one for one in (await snapshot(backbone)).sources}
        assert seen["till/sale"].silent is silent


# Rates are how far streams and flows came since an earlier snapshot.
async def test_rates(backbone, machine):
    await fill(backbone)
    before = await snapshot(backbone)
    await publish(backbone, "order", [order(n, machine.clock.now()) for n in range(50, 60)])
    machine.clock.advance(4)
    after = await snapshot(backbone)
    rated = with_rates(after, before)
    assert {one.stream: one.per_second for one in rated.streams}["order@1"] == 2.5
    assert {one.per_second for one in rated.flows} == {0.0}
    assert with_rates(after, after) is after


# A source is known by its last event however many others came after it, and no stream is read for it.
async def test_last_of_a_quiet_source(backbone, machine):
    await publish(backbone, "order", [order(1, machine.clock.now())])
    at = to_rfc3339(machine.clock.now())
    machine.clock.advance(60)
    intake = backbone.intakes["till/sale"]
    await intake.accept([Arrival(sale(n, machine.clock.now()), "", str(n)) for n in range(300)])
    seen = await snapshot(backbone)
    assert {one.stream: one.last_event for one in seen.streams}["order@1"] == at
    assert {one.source: one.last_event for one in seen.sources}["till/sale"] == to_rfc3339(
        machine.clock.now()
    )
