"""People see how targets stand, isolate one and reset it; whoever restarts the process finds it so."""

from __future__ import annotations

import pytest

from trunkline.app.acts import IsolateTarget, ListTargets, ResetTarget, perform
from trunkline.app.backbone import opened
from trunkline.app.project import Project
from trunkline.app.status import status
from trunkline.delivery.control import Control
from trunkline.kernel.errors import Retryable, TrunklineError
from trunkline.kernel.signals import TargetIsolated, TargetReset

TARGET = "warehouse.orders"


# A target that is simply there is closed, with its retries and nothing to say.
async def test_a_target_that_is_there(backbone):
    [one] = await perform(backbone, ListTargets())
    assert (one.target, one.state, one.since, one.until, one.why) == (TARGET, "closed", None, None, "")
    assert (one.under_way, one.retries_left, one.per_second) == (0, 600, None)


# An isolation is durable on return, told in list and status with who and why, and ends with a reset.
async def test_isolating_and_resetting(folder, machine, backbone):
    said = []
    machine.signals.listen(said.append)
    isolated = await perform(backbone, IsolateTarget(TARGET, "ann", "stock count"))
    assert (isolated.state, isolated.by, isolated.why) == ("isolated", "ann", "stock count")
    async with opened(Project.load(folder), machine, roles=()) as again:
        assert await perform(again, ListTargets()) == [isolated]
        [standing] = (await status(again)).targets
        assert (standing.target, standing.state, standing.by) == (TARGET, "isolated", "ann")
    back = await perform(backbone, ResetTarget(TARGET, "bob", "counted"))
    assert (back.state, back.since, back.by) == ("closed", None, "")
    assert (await status(backbone)).targets == []
    assert said == [TargetIsolated(TARGET, "ann", "stock count"), TargetReset(TARGET, "bob", "counted")]


# A target that is away says since when, why, and when it is probed; a reset has it called at once.
async def test_a_target_that_is_away(backbone, machine):
    bearing, control = backbone.bearings[TARGET], Control(machine.clock)
    bearing.away(await bearing.turn(control), Retryable("locked", "another program holds its lock"))
    [one] = await perform(backbone, ListTargets())
    assert (one.state, one.why, one.by) == ("open", "locked: another program holds its lock", "")
    assert (one.since, one.until) == ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.375000Z")
    machine.clock.advance(1)
    [one] = await perform(backbone, ListTargets())
    assert one.state == "half-open"
    back = await perform(backbone, ResetTarget(TARGET, "ann", ""))
    assert (back.state, back.per_second) == ("closed", 10.0)


# A target that is not there is named with the near miss.
@pytest.mark.parametrize("act", [IsolateTarget, ResetTarget])
async def test_an_unknown_target(backbone, act):
    with pytest.raises(TrunklineError, match='did you mean "warehouse\\.orders"'):
        await perform(backbone, act("warehose.orders", "ann", "typo"))
