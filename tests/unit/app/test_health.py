"""What of a process does not work is noted with why and since when, until it works or time is up."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from trunkline.app.health import AGAIN_SECONDS, STORE_SECONDS, Down, Health
from trunkline.connectors.source import Arrival
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import StoreFull
from trunkline.kernel.signals import FlowStalled
from trunkline.testkit.clock import START, ManualClock


# A part is down until it is up, or for as long as was said, since it was noted first.
def test_parts():
    clock = ManualClock()
    health = Health(clock)
    assert health.known() == {}
    health.down("flow a", "no column price")
    health.down("source b", "OSError", seconds=10)
    clock.advance(5)
    health.down("flow a", "no column total")
    expected = {"flow a": Down("no column total", START), "source b": Down("OSError", START)}
    assert health.known() == expected
    assert health.unready() == "flow a: no column total; source b: OSError"
    clock.advance(5)
    assert list(health.known()) == ["flow a"]
    health.down("source b", "OSError")
    assert health.known()["source b"].since == START + 10 * SECOND
    health.up("flow a")
    health.up("source b")
    health.up("never known")
    assert health.known() == {}


# A flow that cannot go on by itself is down until it has tried again and said nothing; one whose target is
# away, or that waits for its time, is not.
def test_flows_that_stall():
    clock = ManualClock()
    health = Health(clock)
    for kind in ("connect", "http-503", "start", "order"):
        health.hear(FlowStalled("orders", kind, "refused", 0))
    assert health.known() == {}
    health.hear(FlowStalled("orders", "ahead", "the store was replaced", clock.now() + 60 * SECOND))
    clock.advance(60 + AGAIN_SECONDS - 1)
    assert health.known() == {"flow orders": Down("ahead: the store was replaced", START)}
    clock.advance(1)
    assert health.known() == {}
    health.hear(FlowStalled("orders", "store", "the disk is full", 0))
    assert health.known()["store"].why == "the disk is full"


# The event loop is as late as it was at the worst of the last minute.
async def test_a_loop_that_lags():
    clock = ManualClock()
    health = Health(clock)
    pulse = asyncio.ensure_future(health.pulse())
    for late in [0.0, 0.25, *[0.0] * 58]:
        await asyncio.sleep(0)
        clock.advance(1 + late)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert health.lag_seconds == pytest.approx(0.25)
    for _ in range(3):
        clock.advance(1)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert health.lag_seconds == 0.0
    pulse.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await pulse


# A full store is noted until it takes an arrival, or until it is time to try one.
async def test_a_full_store(backbone, order, monkeypatch):
    async def full(*_given):
        raise StoreFull("the disk is full")

    intake = backbone.intakes["shop/order"]
    with monkeypatch.context() as broken:
        broken.setattr(backbone.log, "append", full)
        with pytest.raises(StoreFull):
            await intake.accept([Arrival(order())])
        assert backbone.health.known()["store"].why == "the disk is full"
    await intake.accept([Arrival(order())])
    assert backbone.health.known() == {}
    monkeypatch.setattr(backbone.log, "append", full)
    with pytest.raises(StoreFull):
        await intake.accept([Arrival(order(event_id="other"))])
    backbone.machine.clock.advance(STORE_SECONDS)
    assert backbone.health.known() == {}
