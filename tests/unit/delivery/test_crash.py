"""The process ends at every step across every border, once each; what it left is whole after a restart."""

from __future__ import annotations

import pytest
from tests.unit.delivery.small import STREAM, Crash, SmallLog, Stepped, Steps, World, event, flow_of

from trunkline.delivery.ledger import CaseQuery
from trunkline.delivery.memory import MemoryLedger
from trunkline.delivery.retry import RetryPolicy
from trunkline.eventlog.port import Page
from trunkline.kernel.errors import Final, Retryable
from trunkline.kernel.limits import Limits
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.history import Expected, faults
from trunkline.testkit.targets import FINE, MemoryService, MemoryTable, Place, Trouble

SUBJECTS = ["a", "b", "a", "c", "", "b", "a", "d", "d", "c", "", "a", "b", "e", "e", "a"]
DROPPED = 9
BROKEN = 7


class Script:
    """Refuses event 2 once, event 5 for good, and is away at its third call."""

    def __init__(self):
        self.calls = 0
        self.refused = False

    def __call__(self, items):
        self.calls += 1
        if self.calls == 3:
            return Trouble(raised=Retryable("connect", "nobody there"))
        blame = {}
        for item in items:
            if item.offset == 2 and not self.refused:
                blame[2] = Retryable("http-503", "busy")
            if item.offset == 5:
                blame[5] = Final("http-422", "no such thing")
        self.refused = self.refused or 2 in blame
        return Trouble(blame=blame) if blame else FINE


def mapping(record, event):
    if record["n"] == BROKEN:
        raise KeyError("a value that must not be told")
    return None if record["n"] == DROPPED else record


class Durable:
    """What outlives the process: log, ledger, and the place the target writes to."""

    def __init__(self, kind):
        self.kind = kind
        self.log = SmallLog(event(number, subject) for number, subject in enumerate(SUBJECTS))
        self.ledger = MemoryLedger()
        self.place = Place()
        self.clock = ManualClock()
        self.script = Script()

    def world(self, steps):
        target = self.kind(self.place, self.script)
        return World(
            Stepped(self.log, steps),
            Stepped(target, steps),
            flow_of(mapping=mapping, policy=RetryPolicy(attempts=3)),
            ledger=Stepped(self.ledger, steps),
            clock=self.clock,
            limits=Limits(page_events=5),
        )

    async def check(self, context):
        assert await self.offsets("waiting") == set(), context
        dead, held = await self.offsets("dead"), await self.offsets("held")
        assert dead == {5, BROKEN}, context
        assert held == {8, 12}, context
        unsent = dead | held | {DROPPED}
        expected = Expected(Page(STREAM, 0, self.log.stored), unsent, once=self.kind is MemoryTable)
        assert faults(expected, self.place.received) == [], context
        for offset in range(len(SUBJECTS)):
            fate = await self.ledger.fate("flow", offset)
            known = {5: "dead", BROKEN: "dead", 8: "held", 12: "held", DROPPED: "dropped"}
            assert fate.state == known.get(offset, "delivered"), (context, offset)

    async def offsets(self, state):
        return {case.offset for _, case in await self.ledger.find(CaseQuery(state=state))}


# Nothing is lost, an atomic target has each effect once, keys keep their order, whatever step was the last.
@pytest.mark.parametrize("kind", [MemoryTable, MemoryService])
async def test_a_crash_at_any_step_leaves_nothing_lost_or_doubled(kind):
    crash_at, names = 0, set()
    while True:
        crash_at += 1
        durable = Durable(kind)
        steps = Steps(crash_at)
        try:
            await durable.world(steps).run(30)
        except Crash:
            names.add(steps.name)
            await durable.world(Steps()).run(60)
        await durable.check(f"crash at step {crash_at}: {steps.name}")
        if not steps.name:
            break
    assert {"before deliver", "after deliver", "before record", "after record", "after read"} <= names
    assert crash_at > 40


# A second crash while the first is being repaired does no harm either.
@pytest.mark.parametrize("kind", [MemoryTable, MemoryService])
async def test_a_crash_during_recovery_is_repaired_as_well(kind):
    for first in range(1, 60, 3):
        for second in range(1, 16):
            durable = Durable(kind)
            for crash_at in (first, second):
                with pytest.raises(Crash):
                    await durable.world(Steps(crash_at)).run(30)
            await durable.world(Steps()).run(60)
            await durable.check(f"crashes at {first} and {second}")
