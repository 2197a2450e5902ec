"""A process is ready unless a part of it is down or its store refuses what arrives, and then says which."""

from __future__ import annotations

import pytest

from trunkline.app.health import STORE_SECONDS, Health
from trunkline.connectors.source import Arrival
from trunkline.kernel.errors import StoreFull
from trunkline.testkit.clock import ManualClock


# A part is down until it is up, or for as long as was said; each one is named with why.
def test_parts():
    clock = ManualClock()
    health = Health(clock)
    assert health.unready() == ""
    health.down("flow a", "no column price")
    health.down("source b", "OSError", seconds=10)
    assert health.unready() == "flow a: no column price; source b: OSError"
    clock.advance(10)
    assert health.unready() == "flow a: no column price"
    health.up("flow a")
    health.up("never known")
    assert health.unready() == ""


# A full store makes the process unready until it takes an arrival, or until it is time to try one.
async def test_a_full_store(backbone, order, monkeypatch):
    async def full(*_given):
        raise StoreFull("the disk is full")

    intake = backbone.intakes["shop/order"]
    with monkeypatch.context() as broken:
        broken.setattr(backbone.log, "append", full)
        with pytest.raises(StoreFull):
            await intake.accept([Arrival(order())])
        assert backbone.health.unready() == "store: the disk is full"
    await intake.accept([Arrival(order())])
    assert backbone.health.unready() == ""
    monkeypatch.setattr(backbone.log, "append", full)
    with pytest.raises(StoreFull):
        await intake.accept([Arrival(order(event_id="other"))])
    backbone.machine.clock.advance(STORE_SECONDS)
    assert backbone.health.unready() == ""
