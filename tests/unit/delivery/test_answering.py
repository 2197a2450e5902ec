"""A flow that answers: what its target said reaches whoever waits, once it is durable, and stays the same."""

from __future__ import annotations

import asyncio
from functools import partial

from tests.unit.delivery.small import Crash, SmallLog, Stepped, Steps, World, event, events, flow_of, settle

from trunkline.connectors.reply import Reply, compile_reply
from trunkline.delivery.answering import ISOLATED_SECONDS, PAUSED_SECONDS, PROBE_SECONDS, Answering
from trunkline.delivery.bearing import Bearing
from trunkline.delivery.control import Control
from trunkline.delivery.ledger import CaseQuery, Discard, Retry
from trunkline.delivery.memory import MemoryLedger
from trunkline.delivery.retry import RetryPolicy
from trunkline.delivery.runner import FlowRunner
from trunkline.delivery.standing import Isolation
from trunkline.kernel.errors import Final, Retryable, StoreError
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.targets import FINE, MemoryService, Place, Trouble

FLOW = flow_of(answers=True, policy=RetryPolicy(attempts=2))
REFUSED = Trouble(blame={0: Final("http-422", "no such thing")})


class Asked(World):
    """A world whose flow answers, and what it answers."""

    def __init__(
        self, log=None, script=lambda _items: FINE, flow=FLOW, *, ledger=None, place=None, wrap=None
    ):
        clock = ManualClock()
        self.place = place or Place()
        service = MemoryService(self.place, script, rest=clock.sleep)
        super().__init__(log or SmallLog(), service, flow, ledger=ledger, clock=clock)
        self.bearing = Bearing("service", clock, self.ports.ids, self.ports.signals)
        to_reply = compile_reply("body.effect")
        self.desk = Answering(flow, to_reply, self.ledger, self.bearing, clock)
        wrap = wrap or (lambda port: port)
        target, recording = wrap(self.desk.asking(service)), wrap(self.desk.recording())
        ports = type(self.ports)(
            wrap(self.log), recording, target, clock, self.ports.ids, self.ports.signals, self.ports.limits
        )
        self.runner = FlowRunner(flow, ports, self.bearing)

    async def told(self, *offsets, again=False, seconds=10.0):
        """Run the flow for a while and return what each of ``offsets`` was told, or None."""
        asked = [asyncio.ensure_future(self.desk.reply(offset, again=again)) for offset in offsets]
        await self.run(seconds)
        found = [one.result() if one.done() else None for one in asked]
        for one in asked:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        return found


# Whoever waits is told what the target answered, with the event's correlation; later too, and by its name.
async def test_an_answer():
    world = Asked(SmallLog(events(["a", "b"])))
    first, second = await world.told(0, 1)
    assert {first.body, second.body} == {b"1", b"2"}
    assert first.correlation == event(0).correlation
    assert await world.desk.reply(0, again=True) == first
    assert await world.desk.told(event(1, "b")) == second
    assert await world.desk.told(event(7)) is None


# A new process gives the answer that one before it has stored, and asks nobody.
async def test_an_answer_outlives_its_process():
    before = Asked(SmallLog(events(["a"])))
    [first] = await before.told(0)
    after = Asked(before.log, ledger=before.ledger)
    assert await after.told(0, again=True) == [first]
    assert after.place.received == []


# Several who wait for one event are told the same, of one call; who gives up does no harm.
async def test_several_wait():
    world = Asked(SmallLog(events(["a"])))
    gone = asyncio.ensure_future(world.desk.reply(0, again=False))
    await asyncio.sleep(0)
    gone.cancel()
    first, second = await world.told(0, 0)
    assert first == second
    assert len(world.place.received) == 1


# An event that comes while another is under way is answered by itself: it is recorded ahead of the older one.
async def test_the_quick_do_not_wait_for_the_slow():
    slow = Trouble(seconds=600.0)
    world = Asked(SmallLog(events(["a", "b"])), lambda items: slow if items[0].offset == 0 else FINE)
    task = asyncio.create_task(world.runner.run())
    asked = asyncio.ensure_future(world.desk.reply(1, again=False))
    await settle(task)
    assert asked.result().body == b"1"
    assert world.clock.now() == ManualClock().now()
    assert (await world.ledger.fate("flow", 1)).state == "delivered"
    assert (await world.ledger.fate("flow", 0)).state == "pending"
    world.runner.stop()
    world.clock.advance(600)
    await task
    assert [one.offset for one in world.place.received] == [1, 0]


# What is tried again is waited for; what came late is the answer.
async def test_a_retry_is_waited_for():
    busy = Trouble(blame={0: Retryable("http-503", "busy")})
    troubles = [busy]
    world = Asked(SmallLog(events(["a"])), lambda _items: troubles.pop() if troubles else FINE)
    [told] = await world.told(0)
    assert told.body == b"1"
    assert (await world.ledger.fate("flow", 0)).attempt == 2


# A dead letter is told by its class, again too; once a person retries it, whoever asks waits for that.
async def test_a_dead_letter():
    troubles = [REFUSED]
    world = Asked(SmallLog(events(["a"])), lambda _items: troubles.pop() if troubles else FINE)
    [told] = await world.told(0)
    assert (told.kind, told.correlation) == ("http-422", event(0).correlation)
    assert "no such thing" not in told.detail
    assert await world.desk.reply(0, again=True) == told
    await world.ledger.resolve("flow", 0, Retry("ann"), world.clock.now())
    after = Asked(world.log, ledger=world.ledger)
    [mended] = await after.told(0, again=True, seconds=60.0)
    assert mended.body == b"1"


# What a person gave up and what the mapping drops have no answer, and say so.
async def test_what_is_not_delivered():
    world = Asked(SmallLog(events(["a"])), lambda _items: REFUSED)
    await world.told(0)
    await world.ledger.resolve("flow", 0, Discard("a test", "ann"), world.clock.now())
    assert (await world.desk.reply(0, again=True)).kind == "discarded"
    flow = flow_of(answers=True, mapping=lambda record, _event: None)
    [dropped] = await Asked(SmallLog(events(["a"])), flow=flow).told(0)
    assert dropped.kind == "dropped"


# An answer that is not kept any more is told to be gone, not asked for again.
async def test_a_forgotten_answer():
    world = Asked(SmallLog(events(["a"])))
    await world.told(0)
    await world.ledger.trim_replies(world.clock.now() + 1)
    assert (await world.desk.reply(0, again=True)).kind == "gone"


# While the ledger does not take the record nobody is told; once it does, they are.
async def test_nobody_is_told_before_it_is_durable():
    class Full(MemoryLedger):
        failures = 3

        async def record(self, record):
            if record.replies and self.failures:
                self.failures -= 1
                raise StoreError("full")
            await super().record(record)

    world = Asked(SmallLog(events(["a"])), ledger=Full())
    task = asyncio.create_task(world.runner.run())
    asked = asyncio.ensure_future(world.desk.reply(0, again=False))
    await settle(task)
    assert not asked.done()
    while not asked.done():
        world.clock.advance_to(world.clock.next_wake)
        await settle(task)
    assert asked.result().body == b"1"
    world.runner.stop()
    await task
    assert len(world.place.received) == 1


# A target is left alone while its breaker is open, while one call probes it, and once a person isolated it.
async def test_a_target_that_is_away():
    away = Trouble(raised=Retryable("connect", "nobody there", 30.0))
    world = Asked(SmallLog(events(["a"])), lambda _items: away)
    assert world.desk.away_seconds() == 0.0
    await world.told(0, seconds=0.0)
    assert 20.0 < world.desk.away_seconds() <= 30.0
    world.clock.advance(31)
    assert world.desk.away_seconds() == 0.0
    probe = await world.bearing.turn(Control(world.clock))
    assert world.desk.away_seconds() == PROBE_SECONDS
    world.bearing.forgo(probe)
    assert world.desk.away_seconds() == 0.0
    world.bearing.isolate(Isolation("ann", "stock count", world.clock.now()))
    assert world.desk.away_seconds() == ISOLATED_SECONDS


# Whatever step was a process's last: every event has its answer later, and what was stored is asked once.
async def test_a_crash_at_any_step_keeps_what_was_told():
    names, crash_at = set(), 0
    subjects = ["a", "b", "a", "", "c", "b"]
    while True:
        crash_at += 1
        steps, log, place, ledger = Steps(crash_at), SmallLog(events(subjects)), Place(), MemoryLedger()
        world = Asked(log, ledger=ledger, place=place, wrap=partial(Stepped, steps=steps))
        asked = [asyncio.ensure_future(world.desk.reply(n, again=False)) for n in range(len(subjects))]
        try:
            await world.run(30)
        except Crash:
            names.add(steps.name)
        await asyncio.sleep(0)
        told = {n: one.result() for n, one in enumerate(asked) if one.done()}
        for one in asked:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        stored = {n for n in range(len(subjects)) if await ledger.reply("flow", n)}
        sent = len(place.received)
        after = Asked(log, ledger=ledger, place=place)
        found = await after.told(*range(len(subjects)), again=True)
        assert all(isinstance(one, Reply) and not one.kind for one in found), steps.name
        assert {n: found[n] for n in told} == told, steps.name
        assert not stored & {one.offset for one in place.received[sent:]}, steps.name
        assert await ledger.find(CaseQuery(state="waiting")) == [], steps.name
        if not steps.name:
            break
    assert {"before deliver", "after deliver", "before record", "after record"} <= names


# While the flow is paused nobody is asked: callers are told to come back, until it is resumed.
async def test_a_flow_that_is_paused():
    world = Asked(SmallLog(events(["a"])), lambda _items: None)
    world.desk.pause()
    assert world.desk.away_seconds() == PAUSED_SECONDS
    world.desk.resume()
    assert world.desk.away_seconds() == 0.0
