"""Seeded histories of a flow and its replay: arrivals, refusals, slow calls, pauses, crashes, answers.

Each seed is one history on a hand-driven clock. What has to be true at its end is said in ``Story.judge``; a
failing seed is in the test's name.
"""

from __future__ import annotations

import asyncio
import random

import pytest
from tests.unit.delivery.replay.crossroads import Crossroads, replay_of
from tests.unit.delivery.small import STREAM, Crash, SmallLog, Stepped, Steps, event, flow_of, settle

from trunkline.delivery.attempt import Mapper
from trunkline.delivery.ledger import CaseQuery, Retry
from trunkline.delivery.replay.port import Selection
from trunkline.delivery.retry import RetryPolicy
from trunkline.eventlog.port import Page
from trunkline.kernel.errors import Final, Retryable
from trunkline.kernel.limits import Limits
from trunkline.testkit.history import Expected, faults
from trunkline.testkit.targets import FINE, MemoryService, MemoryTable, Trouble

SEEDS = 60
LONG = 400.0


class Fate:
    """What a seed decides: how the world is made, and how each call goes."""

    def __init__(self, seed, kind):
        self.chance = chance = random.Random(f"replay {seed} {kind.__name__}")
        self.kind = kind
        self.keys = ["", *"abcd"[: chance.randint(1, 4)]]
        self.before, self.during = chance.randint(5, 30), chance.randint(0, 60)
        self.trouble = chance.choice([0.0, 0.1, 0.3])
        self.slow = chance.choice([0.0, 0.2, 0.6])
        self.rate = chance.choice([0.7, 3.0, 40.0])
        self.limits = Limits(page_events=chance.choice([1, 3, 100]))
        self.batch = chance.choice([1, 2, 7, 100]) if kind is MemoryTable else chance.choice([1, 1, 3])
        self.concurrency = chance.choice([1, 2, 8])
        self.often = chance.choice([0.02, 0.1, 0.5])
        self.healed = False

    def selection(self):
        chance = self.chance
        first = chance.choice([0, 0, chance.randint(0, self.before)])
        return chance.choice(
            [
                Selection(),
                Selection(first, chance.randint(first, self.before + 5)),
                Selection(first, keys=(chance.choice(self.keys[1:]),)),
                Selection(chance.randint(0, self.before)),
            ]
        )

    def script(self, items):
        chance = self.chance
        if self.healed:
            return FINE
        seconds = chance.choice([0.01, 0.5, 4.0]) if chance.random() < self.slow else 0.0
        blame = {}
        for item in items:
            if chance.random() < self.trouble:
                final = chance.random() < 0.2
                blame[item.offset] = Final("http-400", "no") if final else Retryable("http-503", "busy")
        after = self.kind is MemoryService and chance.random() < 0.5
        raised = Retryable("timeout", "no answer") if chance.random() < self.trouble / 2 else None
        return Trouble(blame=blame, raised=raised, after=after, seconds=seconds)


class Story(Crossroads):
    """One seed's world."""

    def __init__(self, seed, kind):
        self.fate = fate = Fate(seed, kind)
        policy = RetryPolicy(attempts=4, first_seconds=1.0, longest_seconds=30.0, factor=3.0)
        flow = flow_of(policy=policy, mapping=lambda record, _: None if record["n"] % 13 == 5 else record)
        super().__init__(SmallLog(), kind, flow, fate.limits)
        self.steps = Steps()

    def target(self, side):
        fate = self.fate
        if self.kind is MemoryTable:
            return MemoryTable(self.place, fate.script, batch=fate.batch, rest=self.clock.sleep)
        return MemoryService(
            self.place, fate.script, batch=fate.batch, concurrency=fate.concurrency, rest=self.clock.sleep
        )

    def through(self, port):
        return Stepped(port, self.steps)

    def chance(self):
        return self.fate.chance.random()

    def arrive(self, count):
        first = len(self.log.stored)
        self.log.add(*(event(first + n, self.fate.chance.choice(self.fate.keys)) for n in range(count)))

    async def history(self):
        """Let the flow deliver for a while; then let a replay run beside it, over several lives of both."""
        chance = self.fate.chance
        self.arrive(self.fate.before)
        await self.live_only().run(chance.choice([1.0, 100.0, 1_000.0]))
        await self.start(replay_of(self.fate.selection(), rate=self.fate.rate))
        for _ in range(chance.randint(1, 6)):
            await self.one_life(chance.choice(["stop", "pause", "crash", "kill"]))

    async def one_life(self, ending):
        chance = self.fate.chance
        await self.change("running")
        crash_at = chance.randint(1, 150) if ending == "crash" else 0
        self.steps = Steps(crash_at, lambda: chance.choice([0, 0, 1, 3]))
        life = await self.life()
        try:
            if ending == "kill":
                await self.killed(life, chance.randint(1, 60))
            else:
                await life.run(chance.choice([0.3, 5.0, 60.0]), each=self.now_and_then)
        except Crash:
            pass
        if ending == "pause":
            await self.change("paused")
            self.steps = Steps()
            await (await self.life()).run(chance.choice([1.0, 20.0]), each=self.now_and_then)

    def now_and_then(self):
        if self.fate.during and self.fate.chance.random() < self.fate.often:
            self.fate.during -= 1
            self.arrive(1)

    async def killed(self, life, turns):
        tasks = [asyncio.create_task(runner.run()) for runner in life.runners]
        for _ in range(turns):
            await settle(tasks[0], 2)
            self.now_and_then()
            if self.clock.next_wake is not None and self.fate.chance.random() < 0.4:
                self.clock.advance_to(self.clock.next_wake)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def heal(self):
        """Make the world whole, and retry every dead letter, as a person would, until nothing is open."""
        self.fate.healed = True
        self.steps = Steps()
        for _ in range(self.fate.before + 40):
            await self.change("running")
            await (await self.life()).run(LONG)
            dead = await self.ledger.find(CaseQuery(limit=1_000))
            if not dead and (await self.replays.get("r1")).state == "done":
                return
            for flow, case in dead:
                assert await self.ledger.resolve(flow, case.offset, Retry(), self.clock.now())

    async def judge(self):
        replay = await self.replays.get("r1")
        assert replay.state == "done"
        await self.judge_flow()
        self.judge_last_word()
        self.judge_choice(replay)

    async def judge_flow(self):
        """Check that the flow did what a flow does: its replay took and changed nothing of it."""
        name = Mapper(self.flow).idempotency_key
        own = [one for one in self.place.received if one.idempotency_key == name(self.log.stored[one.offset])]
        dropped = {n for n in range(len(self.log.stored)) if n % 13 == 5}
        expected = Expected(Page(STREAM, 0, self.log.stored), dropped, once=self.kind is MemoryTable)
        assert faults(expected, own) == []

    def judge_last_word(self):
        """Check that of every entity the newest state stands at the end, whoever brought it."""
        last, newest, names = {}, {}, set()
        for one in self.place.received:
            if one.idempotency_key in names:
                continue  # a receiver that keeps keys ignores it
            names.add(one.idempotency_key)
            last[one.subject] = one.offset
            newest[one.subject] = max(one.offset, newest.get(one.subject, -1))
        assert {key: last[key] for key in last if key} == {key: newest[key] for key in newest if key}

    def judge_choice(self, replay):
        """Check that nothing else was replayed, and all that had to be unless it came, or a newer one."""
        one, stored = replay.selection, self.log.stored
        selected = [
            n
            for n in range(replay.bound)
            if n >= one.first
            and (one.last is None or n <= one.last)
            and (not one.keys or stored[n].subject in one.keys)
        ]
        first = {}
        for n in selected:
            first.setdefault(stored[n].subject, n)
        follow = {n for n in range(replay.bound) if stored[n].subject and first.get(stored[n].subject, n) < n}
        replayed = self.effects(replayed=True)
        assert set(replayed) <= {*selected, *follow}
        if self.kind is MemoryTable:
            assert len(replayed) == len(set(replayed))
        for n in {*selected, *follow} - set(replayed):
            assert n % 13 == 5 or self.came_later(n), n

    def came_later(self, offset):
        """Tell whether the event, or a newer one of its key, took effect since the replay began."""
        key = self.log.stored[offset].subject
        since = [one.offset for one in self.place.received[self.began :] if one.subject == key]
        return any(n >= offset for n in since)


# Whatever goes wrong: nothing is missed, nothing takes effect twice in a table, and the newest state stands.
@pytest.mark.parametrize("kind", [MemoryTable, MemoryService])
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_every_history_ends_whole(kind, seed):
    story = Story(seed, kind)
    await story.history()
    await story.heal()
    await story.judge()
