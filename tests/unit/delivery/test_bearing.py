"""What flows to one target share: its breaker, its limits and its slow return, and turns in their order."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.delivery.small import settle

from trunkline.delivery.bearing import RECEIVER, Bearing, Terms
from trunkline.delivery.budget import BudgetPolicy
from trunkline.delivery.control import Control
from trunkline.delivery.quota import Quota
from trunkline.delivery.standing import Isolation, Outage, Standing
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import Final, Retryable, Stop
from trunkline.kernel.signals import BreakerClosed, BreakerOpened, Signals, TargetIsolated, TargetReset
from trunkline.testkit.clock import START, CountingIds, ManualClock

GONE = Retryable("connect", "nobody there")


class Flows:
    """Flows that ask one target's bearing for turns, on a hand-driven clock."""

    def __init__(self, terms=None, quota=None, clock=None):
        self.clock = clock or ManualClock()
        self.said, signals = [], Signals()
        signals.listen(self.said.append)
        self.bearing = Bearing("shop.stock", self.clock, CountingIds(), signals, terms, quota)
        self.control = Control(self.clock)
        self.tasks = []

    def ask(self, control=None):
        self.tasks.append(asyncio.create_task(self.bearing.turn(control or self.control)))
        return self.tasks[-1]

    async def call(self):
        task = self.ask()
        await self.pass_time(0)
        assert task.done()
        return task.result()

    async def pass_time(self, seconds):
        """Let so much time pass, and everything happen that is due meanwhile."""
        end = self.clock.now() + round(seconds * SECOND)
        idle = asyncio.ensure_future(asyncio.Event().wait())
        await settle(idle)
        while self.clock.next_wake is not None and self.clock.next_wake <= end:
            self.clock.advance_to(self.clock.next_wake)
            await settle(idle)
        self.clock.advance_to(end)
        idle.cancel()

    @property
    def begun(self):
        return len([task for task in self.tasks if task.done() and not task.cancelled() and task.result()])

    async def normal(self, seconds=60, rate=10):
        for _ in range(seconds * rate):
            self.bearing.answered(await self.call())
            self.clock.advance(1 / rate)

    async def outage(self, seconds):
        """Have the target away for so long, then back: return how many probes there were."""
        self.bearing.away(await self.call(), GONE)
        end, probes = self.clock.now() + seconds * SECOND, 0
        while not self.bearing.is_closed:
            task = self.ask()
            await self.pass_time(61)
            probes += 1
            if self.clock.now() < end:
                self.bearing.away(task.result(), GONE)
            else:
                self.bearing.answered(task.result())
        return probes


@pytest.fixture
async def flows():
    made = Flows()
    yield made
    for task in made.tasks:
        task.cancel()


# While the target is there a turn is had at once.
async def test_a_turn_is_had_at_once(flows):
    for _ in range(100):
        await flows.call()
    assert flows.begun == 100
    assert flows.said == []


# One flow's failure opens the breaker for all; then one of them probes, and its answer closes it.
async def test_flows_share_the_breaker(flows):
    call, other = await flows.call(), Control(flows.clock)
    until = flows.bearing.away(call, GONE)
    waiting = [flows.ask(control) for control in (other, flows.control, other)]
    await flows.pass_time(0.25)
    assert not any(task.done() for task in waiting)
    await flows.pass_time(0.25)
    assert [task.done() for task in waiting] == [True, False, False]
    assert waiting[0].result().probe
    flows.bearing.answered(waiting[0].result())
    await flows.pass_time(5)
    assert all(task.done() for task in waiting)
    [opened, back] = flows.said
    assert opened == BreakerOpened("shop.stock", "connect", "nobody there", until)
    assert isinstance(back, BreakerClosed)


# A probe that is given back is made by the next, and so is one whose flow was cancelled at whatever moment.
@pytest.mark.parametrize("turns", range(12))
async def test_a_probe_that_is_not_made_passes_on(flows, turns):
    flows.bearing.away(await flows.call(), GONE)
    first, second = flows.ask(), flows.ask()
    await flows.pass_time(0)
    flows.clock.advance(1)
    for _ in range(turns):
        await asyncio.sleep(0)
    if first.done():
        flows.bearing.forgo(first.result())
    first.cancel()
    await flows.pass_time(1)
    assert second.result().probe


# A flow that stops leaves the line at once, wherever it stands in it.
async def test_a_flow_that_stops_leaves_the_line(flows):
    flows.bearing.away(await flows.call(), GONE)
    other = Control(flows.clock)
    ahead, stopped = flows.ask(), flows.ask(other)
    await flows.pass_time(0)
    other.stop()
    flows.bearing.ring()
    await flows.pass_time(0)
    assert stopped.result() is None
    assert not ahead.done()
    assert await flows.bearing.turn(other) is None


# No more calls are under way than the target takes, over all its flows, and turns come in their order.
async def test_the_targets_concurrency_is_shared():
    flows = Flows(Terms(concurrency=2))
    calls = [await flows.call(), await flows.call()]
    waiting = [flows.ask(Control(flows.clock)) for _ in range(3)]
    await flows.pass_time(0)
    assert flows.begun == 2
    flows.bearing.answered(calls[0])
    late = flows.ask()
    await flows.pass_time(0)
    assert [task.done() for task in waiting] == [True, False, False]
    for task in (*waiting, late):
        flows.bearing.answered(task.result())
        await flows.pass_time(0)


# Two targets of one system share its rate and its places, and an open breaker takes none of them.
async def test_the_systems_limits_are_shared():
    clock, quota = ManualClock(), Quota(calls_per_second=2, concurrency=1)
    one, other = Flows(quota=quota, clock=clock), Flows(quota=quota, clock=clock)
    call = await one.call()
    waiting = [other.ask(), one.ask()]
    await one.pass_time(3)
    assert not any(task.done() for task in waiting)
    one.bearing.away(call, GONE)
    await one.pass_time(0.1)
    assert [task.done() for task in waiting] == [True, False]
    other.bearing.answered(waiting[0].result())
    await one.pass_time(1)
    assert waiting[1].result().probe


# Ten minutes of outage cost one probe an interval; after it no second sees more than twice the normal load.
async def test_after_an_outage_the_load_returns_slowly(flows):
    await flows.normal(60, rate=10)
    probes = await flows.outage(600)
    assert probes <= 20
    began, times = flows.clock.now(), []
    while flows.clock.now() < began + 600 * SECOND:
        call = await _next(flows)
        times.append(flows.clock.now())
        flows.bearing.answered(call)
    each = [0] * 601
    for at in times:
        each[(at - began) // SECOND] += 1
    assert max(each) <= 20
    assert each[0] <= 3
    assert sum(each) >= 600 * 17


async def _next(flows):
    task = flows.ask()
    while not task.done():
        await flows.pass_time(0.05)
    return task.result()


# An isolated target gets nothing, whoever waits, until a person resets it; then its load returns slowly.
async def test_an_isolated_target_gets_nothing_until_it_is_reset(flows):
    await flows.normal(30)
    flows.bearing.isolate(Isolation("ann", "stock count", flows.clock.now()))
    waiting = [flows.ask() for _ in range(100)]
    await flows.pass_time(3_600)
    assert not any(task.done() for task in waiting)
    assert flows.bearing.standing == Standing(Isolation("ann", "stock count", START + 30 * SECOND))
    flows.bearing.reset("ann", "counted")
    await flows.pass_time(1)
    assert 0 < len([task for task in waiting if task.done()]) <= 20
    assert flows.bearing.standing == Standing()
    assert flows.said == [
        TargetIsolated("shop.stock", "ann", "stock count"),
        TargetReset("shop.stock", "ann", "counted"),
    ]


# A receiver that says stop isolates its target; what is only final does not, nor what a flow has a rule for.
async def test_a_receiver_can_say_stop(flows):
    flows.bearing.heed([None, Final("http-422", "no")], ())
    assert flows.bearing.is_closed
    flows.bearing.heed([Stop("http-410", "gone")], {"http-410"})
    assert flows.bearing.is_closed
    flows.bearing.heed([None, Stop("http-410", "gone")], ())
    flows.bearing.heed([Stop("http-410", "gone")], ())
    [isolated] = flows.said
    assert (isolated.by, isolated.why) == (RECEIVER, "http-410: gone")
    assert not flows.bearing.is_closed


# What is normal is counted from the first call on: how long nobody called before says nothing.
async def test_idleness_before_the_first_call_is_not_counted(flows):
    flows.clock.advance(20)
    await flows.normal(5, rate=10)
    flows.bearing.away(await flows.call(), GONE)
    assert flows.bearing.standing.outage.normal == pytest.approx(10, rel=0.05)


# After a restart in an outage the first call is a probe, and what was normal before is still known.
async def test_an_outage_is_resumed(flows):
    outage = Outage(START - 600 * SECOND, 4.0, "connect", "nobody there")
    flows.bearing.resume(Standing(outage=outage))
    first, second = flows.ask(), flows.ask()
    await flows.pass_time(30)
    assert first.result().probe
    assert not second.done()
    assert flows.bearing.standing.outage == outage
    flows.bearing.answered(first.result())
    waiting = [flows.ask() for _ in range(1_000)]
    await flows.pass_time(600)
    assert len([task for task in waiting if task.done()]) == 1_000
    assert isinstance(flows.said[-1], BreakerClosed)


# Retries are counted over all flows, and first attempts are not held back by them.
async def test_the_retry_budget_is_shared():
    flows = Flows(Terms(budget=BudgetPolicy(0.1, 0.0, 60.0)))
    assert flows.bearing.retries() == 1
    flows.bearing.attempt(100, 0)
    assert flows.bearing.retries() == 10
    flows.bearing.attempt(8, 8)
    assert flows.bearing.retries() == 2
    assert await flows.call()


# A first attempt allows retries for the window that follows it, whenever it is asked for them next.
async def test_old_first_attempts_allow_no_retries():
    flows = Flows(Terms(budget=BudgetPolicy(0.5, 0.1, 10.0)))
    for _ in range(10):
        call = await flows.call()
        flows.bearing.attempt(1, 0)
        flows.bearing.answered(call)
    flows.clock.advance(60)
    assert flows.bearing.retries() == 1
    slow = await flows.call()
    flows.bearing.attempt(20, 0)
    assert flows.bearing.retries() == 11
    flows.clock.advance(60)
    flows.bearing.attempt(20, 0)
    flows.clock.advance(60)
    flows.bearing.answered(slow)
    assert flows.bearing.retries() == 1
