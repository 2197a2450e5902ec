"""People pause a flow and resume it; whoever restarts the process finds it so, and so do those who look."""

from __future__ import annotations

import asyncio

import pytest

from trunkline.app import run
from trunkline.app.acts import PauseFlow, Publish, ResumeFlow, perform
from trunkline.app.backbone import opened
from trunkline.app.connectors import TARGETS
from trunkline.app.pausing import FlowState, list_flows
from trunkline.app.project import Project
from trunkline.app.run import running
from trunkline.app.status import status
from trunkline.kernel.errors import UsageError
from trunkline.kernel.signals import FlowPaused, FlowResumed
from trunkline.observe.audit import AuditQuery
from trunkline.testkit.targets import MemoryTable, Place

FLOW = "orders-to-warehouse"


# A pause is durable on return, told in list and status with who and why, audited, and ends with a resumption.
async def test_pausing_and_resuming(folder, machine, backbone):
    said = []
    machine.signals.listen(said.append)
    paused = await perform(backbone, PauseFlow(FLOW, "ann", "the ERP moves"))
    assert (paused.state, paused.by, paused.why, paused.already) == ("paused", "ann", "the ERP moves", False)
    async with opened(Project.load(folder), machine, roles=()) as again:
        assert await list_flows(again) == [paused]
        [standing] = (await status(again)).flows
        assert str(standing.paused) == f"paused by ann since {paused.since}: the ERP moves"
    assert await perform(backbone, ResumeFlow(FLOW, "bob", "moved")) == FlowState(FLOW, "running")
    assert (await status(backbone)).flows[0].paused is None
    assert said == [FlowPaused(FLOW, "ann", "the ERP moves"), FlowResumed(FLOW, "bob", "moved")]
    entries = await backbone.audit.list(AuditQuery())
    assert [(one.what, one.by, one.before, one.after) for one in entries] == [
        ("resume-flow", "bob", "paused", "running"),
        ("pause-flow", "ann", "running", "paused"),
    ]


# A second pause leaves the first one's author and reason, and says that it was so already; so does a second
# resumption, and neither is told again.
async def test_twice(machine, backbone):
    await perform(backbone, PauseFlow(FLOW, "ann", "the ERP moves"))
    said = []
    machine.signals.listen(said.append)
    again = await perform(backbone, PauseFlow(FLOW, "bob", "lunch"))
    assert (again.by, again.why, again.already) == ("ann", "the ERP moves", True)
    await perform(backbone, ResumeFlow(FLOW, "bob", ""))
    assert (await perform(backbone, ResumeFlow(FLOW, "bob", ""))).already
    assert said == [FlowResumed(FLOW, "bob", "")]


# A flow that is not there is named with the near miss.
@pytest.mark.parametrize("act", [PauseFlow, ResumeFlow])
async def test_an_unknown_flow(backbone, act):
    with pytest.raises(UsageError, match="did you mean"):
        await perform(backbone, act("orders-to-warehose", "ann", "typo"))


# A running flow rests from the act on, over a restart as well, and then goes on where it stopped, in order.
async def test_a_running_flow_rests(backbone, machine, monkeypatch, order):
    place = Place()
    monkeypatch.setattr(run, "TARGETS", {**TARGETS, "table": lambda *_: MemoryTable(place)})

    async def publish(*numbers):
        records = [order(event_id=f"e{n}", order_id="1000", revision=n) for n in numbers]
        await perform(backbone, Publish("order", records))

    async def pass_time(turns=20):
        for _ in range(turns):
            await asyncio.sleep(0.001)
            machine.clock.advance(1)

    async def received(count):
        for _ in range(800):
            if len(place.received) >= count:
                return
            await pass_time(1)
        pytest.fail("it did not come")

    async with running(backbone, None):
        await publish(1, 2)
        await received(2)
        await perform(backbone, PauseFlow(FLOW, "ann", "the ERP moves"))
        await publish(3)
        await pass_time()
        assert len(place.received) == 2
    async with running(backbone, None):
        await publish(4)
        await pass_time()
        assert len(place.received) == 2
        await perform(backbone, ResumeFlow(FLOW, "ann", "moved"))
        await received(4)
    assert [one.offset for one in place.received] == [0, 1, 2, 3]
