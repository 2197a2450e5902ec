"""The process ends at every step of a replay across every border, once each; what it left is whole."""

from __future__ import annotations

import pytest
from tests.unit.delivery.replay.crossroads import Crossroads, replay_of
from tests.unit.delivery.small import Crash, SmallLog, Stepped, Steps, events, flow_of

from trunkline.delivery.replay.port import Selection
from trunkline.delivery.retry import RetryPolicy
from trunkline.kernel.errors import Retryable
from trunkline.kernel.limits import Limits
from trunkline.testkit.targets import FINE, MemoryService, MemoryTable, Trouble

SUBJECTS = "abacadbeabcf"
CHOSEN = [2, 3, 4, 5, 8, 10]


class Durable(Crossroads):
    """A flow that has delivered everything, and its replay whose second call is refused for now."""

    def __init__(self, kind):
        policy = RetryPolicy(attempts=3)
        super().__init__(SmallLog(events(SUBJECTS)), kind, flow_of(policy=policy), Limits(page_events=3))
        self.steps, self.calls = Steps(), 0

    def target(self, side):
        return self.kind(self.place, self.script if side == "replay" else lambda items: FINE)

    def script(self, items):
        self.calls += 1
        return Trouble(blame={items[0].offset: Retryable("http-503", "busy")}) if self.calls == 2 else FINE

    def through(self, port):
        return Stepped(port, self.steps)

    async def check(self, context):
        assert (await self.replays.get("r1")).state == "done", context
        replayed = self.effects(replayed=True)
        assert sorted(set(replayed)) == CHOSEN, context
        if self.kind is MemoryTable:
            assert len(replayed) == len(CHOSEN), context
        assert self.effects(replayed=False) == [], context
        for key in set(SUBJECTS):
            first = [n for n in dict.fromkeys(replayed) if SUBJECTS[n] == key]
            assert first == sorted(first), context
        for offset in CHOSEN:
            assert (await self.ledger.fate("flow#r1", offset)).state == "delivered", (context, offset)


# No event is missed, a table has each effect once, and every entity's events come in their order.
@pytest.mark.parametrize("kind", [MemoryTable, MemoryService])
async def test_a_crash_at_any_step_of_a_replay(kind):
    crash_at, names = 0, set()
    while True:
        crash_at += 1
        durable = Durable(kind)
        await durable.live_only().run(1)
        await durable.start(replay_of(Selection(2, 5), rate=3.0))
        durable.steps = steps = Steps(crash_at)
        try:
            await (await durable.life()).run(60)
        except Crash:
            names.add(steps.name)
            durable.steps = Steps()
            await (await durable.life()).run(60)
        await durable.check(f"crash at step {crash_at}: {steps.name}")
        if not steps.name:
            break
    assert {"after fix", "before deliver", "after deliver", "after record", "before change"} <= names
    assert crash_at > 40
