"""What changed lately: acts, starts, breakers, alerts and contracts on one axis, the newest first."""

from __future__ import annotations

import pytest
from tests.control_room import day

from trunkline.app.acts import PauseFlow, perform
from trunkline.app.backbone import opened
from trunkline.app.changes import MOST, Changes
from trunkline.app.registering import register
from trunkline.app.starting import note_start
from trunkline.contracts.registry.acts import Who
from trunkline.kernel.signals import BreakerClosed, BreakerOpened, ReplayChanged
from trunkline.observe.alerts.machine import Alert, Explained
from trunkline.observe.alerts.store import Changes as AlertChanges

FLOW = "orders-to-shop"


@pytest.fixture
async def backbone(tmp_path, machine):
    async with opened(day(tmp_path / "day"), machine) as opened_backbone:
        yield opened_backbone


# All that changes a project is told in its order, and each leads to what it is about.
async def test_all(backbone, machine):
    clock, signals = machine.clock, machine.signals
    await register(backbone.project.folder, ["order"], Who("ann", "new"), clock)
    changes = Changes(backbone)
    for happens in (
        BreakerOpened("shop.confirmation", "timeout", "no answer", 0),
        BreakerClosed("shop.confirmation", 60.0),
        ReplayChanged("r-1", FLOW, "running", "ann"),
        ReplayChanged("r-1", FLOW, "done", "ann"),
    ):
        clock.advance(1)
        signals.emit(happens)
    clock.advance(1)
    await note_start(backbone)
    clock.advance(1)
    await perform(backbone, PauseFlow(FLOW, by="ann", why="a move"))
    told = [(one.by, one.what, one.leads, one.name) for one in await changes.lately()]
    assert told == [
        ("ann", "pause-flow", "flow", FLOW),
        ("trunkline", "start", "", ""),
        ("trunkline", "replay done", "replay", "r-1"),
        ("trunkline", "breaker closed", "target", "shop.confirmation"),
        ("trunkline", "breaker opened", "target", "shop.confirmation"),
        ("ann", "contract register", "contract", "order@1.0.0"),
    ]


# An alert is told when it fired and when it was over, and one that never fired is not.
async def test_alerts(backbone, machine):
    now, about = machine.clock.now(), Explained(summary="flow is late")
    fired = Alert("a-1", "late", {}, "page", "resolved", now, None, about, fired_at=now, resolved_at=now + 9)
    never = Alert("a-2", "late", {"flow": "x"}, "page", "resolved", now, resolved_at=now + 9)
    assert await backbone.alerts.commit(AlertChanges((fired, never)))
    told = [(one.what, one.why, one.name) for one in await Changes(backbone).lately()]
    assert told == [("alert resolved", "flow is late", "a-1"), ("alert fired", "flow is late", "a-1")]


# However much happens, a dozen are told.
async def test_bound(backbone, machine):
    changes = Changes(backbone)
    for _ in range(MOST + 5):
        machine.signals.emit(BreakerClosed("shop.confirmation", 1.0))
    assert len(await changes.lately()) == MOST
