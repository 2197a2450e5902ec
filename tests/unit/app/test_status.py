"""Where a project stands, read from what is stored: the same while it runs and when it does not."""

from __future__ import annotations

from tests.unit.app.registered import ANN, DAY

from trunkline.app.acts import Publish, perform
from trunkline.app.registering import register, step
from trunkline.app.status import status
from trunkline.contracts.registry.rules import Step


# Before anything happened every source, stream and flow is there, with nothing in it.
async def test_an_empty_project(backbone):
    found = await status(backbone)
    assert [(one.source, one.last_event, one.quarantined) for one in found.sources] == [
        ("shop/order", None, 0)
    ]
    assert [(one.stream, one.events) for one in found.streams] == [("order@1", 0), ("warehouse-order@1", 0)]
    assert [(one.flow, one.lag, one.lag_seconds) for one in found.flows] == [("orders-to-warehouse", 0, 0.0)]


# A flow's lag is what lies ahead of its cursor, and as old as the oldest of that.
async def test_lag(backbone, publish, bury):
    await publish(5)
    backbone.machine.clock.advance(7)
    await bury([1], cursor=2)
    [flow] = (await status(backbone)).flows
    assert (flow.cursor, flow.lag, flow.lag_seconds, flow.dead) == (2, 3, 7.0, 1)


# Refused arrivals count with their source, also of one that no file describes.
async def test_quarantined(backbone, publish):
    await publish(2, status="lost")
    found = await status(backbone)
    assert [(one.source, one.via, one.quarantined) for one in found.sources] == [
        ("shop/order", "webhook", 0),
        ("publish/order@1", "-", 2),
    ]


# The last event of a stream is when its newest one was accepted.
async def test_last_event(backbone, order):
    await perform(backbone, Publish("order", [order()]))
    stream = next(one for one in (await status(backbone)).streams if one.stream == "order@1")
    assert (stream.events, stream.next, stream.last_event) == (1, 1, "2026-01-01T00:00:00Z")


# A source on a version that ends says so: until when it may be used, and then that it is over.
async def test_a_version_that_ends(backbone, folder):
    clock = backbone.machine.clock
    await register(folder, (), ANN, clock)
    assert [one.note for one in (await status(backbone)).sources] == [""]
    await step(folder, Step("deprecate", "order@1.0.0", clock.now() + DAY), ANN, clock)
    [source] = (await status(backbone)).sources
    assert source.note == "order@1.0.0 is deprecated until 2026-01-02T00:00:00Z"
    clock.advance(86_400)
    [source] = (await status(backbone)).sources
    assert source.note == "order@1.0.0 is over since its sunset, 2026-01-02T00:00:00Z"
