"""The way of a target of single calls: keys side by side, each in order, and no key stops the others."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.delivery.small import STREAM, SmallLog, World, event, events, flow_of, settle

from trunkline.delivery.bearing import Terms
from trunkline.delivery.budget import BudgetPolicy
from trunkline.delivery.ledger import Case, Discard, Record, Retry
from trunkline.delivery.memory import MemoryLedger
from trunkline.delivery.retry import RetryPolicy
from trunkline.eventlog.port import Page
from trunkline.kernel.errors import Final, Retryable, Stop
from trunkline.kernel.limits import Limits
from trunkline.kernel.signals import AttemptFailed, BatchDelivered, DeadLettered, FlowStalled, TargetIsolated
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.history import Expected, faults
from trunkline.testkit.targets import FINE, MemoryService, Place, Trouble

SMALL = Limits(page_events=10)
DOWN = Retryable("connect", "refused")
BUSY = Retryable("http-503", "busy")


class Service:
    """A service that answers each call as ``script`` says, over a stream of these keys."""

    def __init__(self, subjects, script=lambda items: FINE, flow=None, **options):
        self.place, self.script, self.calls = Place(), script, []
        self.log = SmallLog(events(subjects))
        self.clock, self.ledger = ManualClock(), MemoryLedger()
        self.flow = flow or flow_of()
        self.options = options
        self.target = None

    def answer(self, items):
        self.calls.append((self.clock.now(), [item.offset for item in items]))
        return self.script(items)

    def world(self, limits=SMALL):
        self.target = MemoryService(self.place, self.answer, rest=self.clock.sleep, **self.options)
        return World(self.log, self.target, self.flow, ledger=self.ledger, clock=self.clock, limits=limits)

    @property
    def received(self):
        return [one.offset for one in self.place.received]

    def faults(self, unsent=(), passed=()):
        expected = Expected(Page(STREAM, 0, self.log.stored), unsent, passed=passed)
        return faults(expected, self.place.received)


def takes(seconds, *offsets):
    return lambda items: Trouble(seconds=seconds if items[0].offset in offsets or not offsets else 0.0)


# As many calls are under way as the target takes, and never two of one key.
async def test_keys_go_side_by_side():
    service = Service([f"k{n % 7}" for n in range(70)], takes(1.0), concurrency=4)
    await service.world().run(100)
    assert service.target.most_under_way == 4
    assert service.faults() == []
    assert service.calls[-1][0] - service.calls[0][0] < 25_000_000


# Events without a key wait for nobody and hold nobody.
async def test_events_without_a_key_do_not_wait_for_each_other():
    service = Service([""] * 8, lambda items: Trouble(blame={3: Final("bad", "no")}), concurrency=8)
    world = service.world()
    await world.run()
    assert sorted(service.received) == [0, 1, 2, 4, 5, 6, 7]
    assert await world.states() == {"dead": [3]}


# A target that takes several items in a call gets heads of different keys together.
async def test_a_call_carries_as_many_keys_as_the_target_takes():
    service = Service("aabbcc", batch=3, concurrency=1)
    await service.world().run()
    assert [call for _, call in service.calls] == [[0, 2, 4], [1, 3, 5]]


# A failing event holds back its own key, durably; when it succeeds the held ones follow before newer ones.
async def test_a_failing_key_waits_alone_and_keeps_its_order():
    fails = {0: 2}

    def script(items):
        offset = items[0].offset
        fails[offset] = fails.get(offset, 0) - 1
        return Trouble(blame={offset: BUSY}) if fails[offset] >= 0 else FINE

    service = Service("abab" * 20, script)
    world = service.world()
    await world.run(60)
    assert service.faults() == []
    assert service.received[:40] == list(range(1, 80, 2))
    assert [failed.attempt for failed in world.said(AttemptFailed)] == [1, 2]
    assert (await service.ledger.fate("flow", 0)).attempt == 3
    assert (await service.ledger.fate("flow", 78)).state == "delivered"


# A dead letter holds its key until a person answers it; then the held ones follow in order.
@pytest.mark.parametrize("answer", [Retry(), Discard("test order")])
async def test_a_dead_letter_holds_its_key_until_answered(answer):
    refused = [Final("http-422", "no")]
    service = Service("abaab", lambda items: Trouble(blame={0: refused[0]}) if refused else FINE)
    world = service.world()
    await world.run()
    assert await world.states() == {"dead": [0], "held": [2, 3]}
    assert len(world.said(DeadLettered)) == 1
    refused.clear()
    await service.ledger.resolve("flow", 0, answer, service.clock.now())
    await service.world().run()
    assert service.received == [1, 4, *([0] if isinstance(answer, Retry) else []), 2, 3]


# A slow call does not stop other keys, even where the stream is much longer than the window.
async def test_a_slow_call_does_not_stop_other_keys():
    service = Service(["slow", *(f"k{n % 20}" for n in range(400))], takes(30.0, 0), concurrency=4)
    world = service.world()
    task = asyncio.create_task(world.runner.run())
    for _ in range(200):
        await settle(task)
        if len(service.received) == 400 or world.clock.next_wake is None:
            break
        world.clock.advance_to(world.clock.next_wake)
    assert len(service.received) == 400
    assert 0 not in service.received
    assert world.clock.now() - service.calls[0][0] < 29_000_000
    world.clock.advance(30)
    await settle(task)
    world.runner.stop()
    await settle(task)
    await task
    assert service.received[-1] == 0
    assert service.received.count(0) == 1
    assert (await service.ledger.position("flow")).cursor == 401
    assert (await service.ledger.fate("flow", 0)).state == "delivered"


# Later events of a key that is slow follow it in order, though the window went on without them.
async def test_a_slow_keys_later_events_follow_in_order():
    keys = ["slow" if n % 10 == 0 else f"k{n % 7}" for n in range(300)]
    service = Service(keys, takes(3.0, *range(0, 300, 10)), concurrency=8)
    await service.world().run(400)
    assert service.faults() == []
    assert len(service.received) == 300


# A target that is away costs no event an attempt, and is asked once a pause instead of once an event.
async def test_an_absent_target_is_asked_once_a_pause():
    down = []

    def script(items):
        return Trouble(raised=DOWN) if down else FINE

    service = Service([f"k{n}" for n in range(200)], script, concurrency=8)
    down.append(True)
    world = service.world()
    task = asyncio.create_task(world.runner.run())
    while service.clock.now() < service.calls[0][0] + 600_000_000 if service.calls else True:
        await settle(task)
        world.clock.advance_to(world.clock.next_wake)
    assert len(service.calls) <= 8 + 99 + 600 / 45  # after 99 probes half a second has become a minute
    assert await world.states() == {}
    down.clear()
    end = world.clock.now() + 120_000_000
    while world.clock.now() < end:
        await settle(task)
        world.clock.advance_to(world.clock.next_wake)
    world.runner.stop()
    await settle(task)
    await task
    assert service.faults() == []
    assert {one.attempt for one in service.place.received} == {1}
    assert len(world.said(FlowStalled)) <= 99 + 600 / 45


# A target that refuses every call is away as well, after a few of them.
async def test_a_target_that_refuses_everything_is_left_alone():
    service = Service([f"k{n}" for n in range(500)], lambda items: Trouble(blame={items[0].offset: BUSY}))
    world = service.world()
    await world.run(300)
    waiting = (await world.states()).get("waiting", [])
    assert len(waiting) < 100
    assert (await service.ledger.position("flow")).cursor < 150


# An event that alone makes the target fail takes the blame in the end, and the others go on.
async def test_an_event_that_breaks_the_target_does_not_stop_the_flow():
    flow = flow_of(policy=RetryPolicy(attempts=2))
    service = Service(
        [f"k{n}" for n in range(30)],
        lambda items: Trouble(raised=DOWN) if items[0].offset == 3 else FINE,
        flow,
        concurrency=2,
    )
    for count in range(30, 80, 10):
        await service.world().run(100)
        service.log.add(*(event(count + n, f"k{n}") for n in range(10)))
    await service.world().run(100)
    assert await service.world().states() == {"dead": [3], "held": [33, 43, 53, 63, 73]}
    assert service.faults({3, 33, 43, 53, 63, 73}) == []


# A clean stop lets calls under way finish, records them, and repeats nothing afterwards.
async def test_a_clean_stop_repeats_nothing():
    service = Service([f"k{n % 9}" for n in range(60)], takes(0.4, *range(0, 60, 3)), concurrency=5)
    for _ in range(40):
        await service.world().run(0.3)
    assert service.faults() == []
    assert sorted(service.received) == list(range(60))


# A healthy stream costs ranges, not rows: the ledger has no case and few runs.
async def test_a_healthy_stream_has_no_cases():
    service = Service([f"k{n % 50}" for n in range(1000)], concurrency=16)
    world = service.world(Limits(page_events=100))
    await world.run()
    assert await world.states() == {}
    runs = world.said(BatchDelivered)
    assert sum(run.delivered for run in runs) == 1000
    assert len(runs) <= 20


# Thousands of events held behind one failing key are all delivered in order once it works again.
async def test_a_long_queue_of_held_events_follows_in_order():
    down = [True]

    def script(items):
        return Trouble(blame={items[0].offset: BUSY}) if down and items[0].subject == "hot" else FINE

    service = Service(["hot" if n % 2 else f"k{n % 40}" for n in range(6000)], script)
    world = service.world(Limits(page_events=100))
    await world.run(5)
    assert len((await world.states())["held"]) > 2900
    down.clear()
    await service.world().run(60)
    assert service.faults() == []


# A retry that takes long is not begun a second time when its flow looks at the ledger meanwhile.
async def test_a_retry_under_way_is_not_begun_again():
    def script(items):
        first = len([call for _, call in service.calls if call == [0]]) == 1
        if items[0].offset == 0:
            return Trouble(blame={0: BUSY}) if first else Trouble(seconds=20.0)
        return FINE

    service = Service("aab", script)
    await service.world().run(60)
    assert [call for _, call in service.calls] == [[0], [2], [0], [1]]


# After a crash, cases ahead of the cursor are what they were: a dead letter stays dead and is not sent again.
async def test_cases_ahead_of_the_cursor_survive_a_crash():
    service = Service(
        "ab",
        lambda items: Trouble(blame={1: Final("bad", "no")}) if items[0].offset else Trouble(seconds=900.0),
    )
    world = service.world()
    task = asyncio.create_task(world.runner.run())
    for _ in range(8):
        await settle(task)
        world.clock.advance(0.1)
    assert await world.states() == {"dead": [1]}
    assert (await service.ledger.position("flow")).cursor == 0
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await service.world().run(2000)
    assert [call for _, call in service.calls] == [[0], [1], [0]]
    assert await world.states() == {"dead": [1]}
    assert (await service.ledger.position("flow")).cursor == 2


# Behind a dead letter, events of its key go to the ledger page by page: they never pile up in memory.
async def test_held_events_are_recorded_as_they_are_read():
    service = Service(["hot"] * 3000, lambda items: Trouble(blame={0: Final("bad", "no")}))
    world = service.world(Limits(page_events=100))
    recorded, record = [], service.ledger.record

    async def watched(entry):
        recorded.append(len(entry.cases))
        await record(entry)

    service.ledger.record = watched
    await world.run(5)
    assert len((await world.states())["held"]) == 2999
    assert max(recorded) <= 400 + 1
    assert [call for _, call in service.calls] == [[0]]


# With "skip", a dead letter that is retried holds new events of its key while older ones are still under way:
# a crash at that moment does not let the new ones go first.
async def test_what_a_retried_dead_letter_holds_does_not_overtake_what_is_under_way():
    answers = {
        0: Trouble(blame={0: Final("bad", "no")}),
        1: Trouble(seconds=30.0),
        2: Trouble(blame={2: Retryable("http-503", "busy", 1000.0)}),
    }
    service = Service("aab", lambda items: answers.get(items[0].offset, FINE), flow_of(when_dead="skip"))
    task = asyncio.create_task(service.world().runner.run())
    for _ in range(5):
        await settle(task)
        service.clock.advance(0.1)
    await service.ledger.resolve("flow", 0, Retry(), service.clock.now())
    service.log.add(event(3, "a"))
    for _ in range(5):
        await settle(task)
        service.clock.advance(0.1)
    assert (await service.ledger.fate("flow", 3)).state == "held"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    answers.clear()
    await service.world().run(2000)
    assert sorted(service.received) == [0, 1, 2, 3]
    assert service.faults() == []


class SlowLedger(MemoryLedger):
    """A ledger that takes ``seconds`` to write."""

    def __init__(self, clock):
        super().__init__()
        self._clock = clock
        self.seconds = 0.0

    async def record(self, record):
        await self._clock.sleep(self.seconds)
        await super().record(record)


# With "skip", a retried dead letter is loaded with what it holds; but what is behind an event that has just
# failed, and is not recorded yet, stays there.
async def test_what_is_behind_a_failure_is_not_loaded_with_an_older_dead_letter():
    script = {1: Trouble(seconds=1.0), 2: Trouble(seconds=1.0, blame={2: BUSY})}
    service = Service("aaaa", lambda items: script.pop(items[0].offset, FINE), flow_of(when_dead="skip"))
    service.ledger = ledger = SlowLedger(service.clock)
    cases = [Case(n, "a", "held", holds=True) for n in (1, 2, 3)]
    await ledger.record(Record("flow", service.clock.now(), 4, cases=[Case(0, "a", "dead"), *cases]))
    ledger.seconds = 1.5
    world = service.world()
    task = asyncio.create_task(world.runner.run())
    await settle(task)
    await ledger.resolve("flow", 0, Retry(), service.clock.now())
    for _ in range(100):
        await settle(task)
        service.clock.advance(0.1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert sorted(service.received) == [0, 1, 2, 3]
    assert service.faults(passed={0}) == []


# Retries above the target's budget wait without losing their place, and first attempts go on beside them.
async def test_retries_above_the_budget_wait():
    refused = set(range(0, 400, 10))
    service = Service(
        [f"k{n}" for n in range(400)],
        lambda items: Trouble(blame={items[0].offset: BUSY}) if items[0].offset in refused else FINE,
        flow_of(policy=RetryPolicy(first_seconds=0.0)),
        concurrency=4,
    )
    world = service.world(Limits(page_events=100))
    world.bear(Terms(budget=BudgetPolicy(share=0.05, floor_per_second=0.0, window_seconds=10.0)))
    await world.run(5)
    tried = [offset for _, [offset] in service.calls]
    assert len(tried) - len(set(tried)) <= 0.05 * 400
    assert set(range(400)) - refused <= set(service.received)
    assert len((await world.states())["waiting"]) == 40
    refused.clear()
    await service.world().run(60)
    assert service.faults() == []


# A receiver that says stop gets nothing more: that event is dead, all others wait for the target's reset.
async def test_a_receiver_that_says_stop_gets_nothing_more():
    stop = Stop("http-410", "it wants no more")
    service = Service("abcabc", lambda items: Trouble(blame={items[0].offset: stop}), concurrency=1)
    world = service.world()
    await world.run(3_600)
    assert [call for _, call in service.calls] == [[0]]
    assert (await world.states())["dead"] == [0]
    [isolated] = world.said(TargetIsolated)
    assert (isolated.by, isolated.why) == ("receiver", "http-410: it wants no more")


# Where the flow has a rule for the kind of error that says stop, it is that event's matter alone.
async def test_a_rule_for_a_stop_keeps_it_to_its_event():
    stop = Stop("http-410", "it wants no more")
    flow = flow_of(policy=RetryPolicy(rules={"http-410": None}))
    service = Service("abab", lambda items: Trouble(blame={0: stop}) if items[0].offset == 0 else FINE, flow)
    world = service.world()
    await world.run()
    assert await world.states() == {"dead": [0], "held": [2]}
    assert service.received == [1, 3]
