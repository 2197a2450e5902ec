"""An outage on a hand-driven clock: what a target sees before it, in it and after it, from all its flows."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from tests.unit.delivery.small import STREAM, SmallLog, event, flow_of, settle

from trunkline.app.bearings import kept, resume
from trunkline.delivery.bearing import Bearing
from trunkline.delivery.breaker import BreakerPolicy
from trunkline.delivery.flow import Ports
from trunkline.delivery.memory import MemoryLedger
from trunkline.delivery.retry import RetryPolicy
from trunkline.delivery.runner import FlowRunner
from trunkline.delivery.standing import Isolation, MemoryStandings
from trunkline.eventlog.port import Page
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import Retryable
from trunkline.kernel.signals import BreakerClosed, BreakerOpened, FlowStarted, Signals
from trunkline.testkit.clock import START, CountingIds, ManualClock
from trunkline.testkit.history import Expected, faults
from trunkline.testkit.targets import FINE, MemoryService, MemoryTable, Place, Trouble

RATE = 4

GROWING = 99
"""How many probes there are until an interval is a minute: each is a twentieth longer than the one before."""

PROBES_A_MINUTE = 45
"""How many of them the first minute has."""
QUICK = RetryPolicy(attempts=8, first_seconds=1.0, longest_seconds=600.0, factor=4.0)


class Town:
    """A target, the flows that lead to it, and a steady stream of events; processes come and go."""

    def __init__(self, kind=MemoryService, how="away", flows=1):
        self.kind, self.how, self.names = kind, how, [f"flow{n}" for n in range(flows)]
        self.clock, self.log, self.ledger = ManualClock(), SmallLog(), MemoryLedger()
        self.standings = MemoryStandings()
        self.places = {name: Place() for name in self.names}
        self.calls, self.said, self.down = [], [], False

    def script(self, items):
        self.calls.append(self.clock.now())
        if not self.down:
            return FINE
        error = Retryable("http-503", "busy")
        return (
            Trouble(blame={one.offset: error for one in items})
            if self.how == "refuses"
            else Trouble(raised=error)
        )

    def start(self):
        """Begin a process: its bearing knows nothing but what is stored."""
        signals = Signals()
        signals.listen(self.said.append)
        ids = CountingIds()
        self.bearing = Bearing("place", self.clock, ids, signals)
        self.runners = []
        for name in self.names:
            target = self.kind(self.places[name], self.script, rest=self.clock.sleep)
            ports = Ports(self.log, self.ledger, target, self.clock, ids, signals)
            self.runners.append(FlowRunner(flow_of(name=name, policy=QUICK), ports, self.bearing))
        self.task = asyncio.create_task(self.live(signals))

    async def live(self, signals):
        shared = {"place": self.bearing}
        await resume(shared, self.standings)
        async with kept(shared, self.standings, signals), asyncio.TaskGroup() as group:
            for runner in self.runners:
                group.create_task(runner.run())

    async def end(self, *, kill=False):
        for runner in self.runners:
            runner.stop()
        if kill:
            self.task.cancel()
        while not self.task.done():
            await settle(self.task)
            if self.clock.next_wake is not None:
                self.clock.advance_to(self.clock.next_wake)
        await asyncio.gather(self.task, return_exceptions=True)

    async def pass_time(self, seconds, *, arrivals=True):
        """Let time pass, with an event every quarter of a second."""
        for _ in range(round(seconds * RATE)):
            if arrivals:
                number = len(self.log.stored)
                self.log.add(event(number, f"k{number % 50}"))
            end = self.clock.now() + SECOND // RATE
            await settle(self.task)
            while self.clock.next_wake is not None and self.clock.next_wake < end:
                self.clock.advance_to(self.clock.next_wake)
                await settle(self.task)
            self.clock.advance_to(end)

    def seen(self, since, until=None):
        """How many calls the target saw in each second from one instant to another."""
        until = until or self.clock.now()
        each = [0] * ((until - since) // SECOND + 1)
        for at in self.calls:
            if since <= at < until:
                each[(at - since) // SECOND] += 1
        return each

    def faults(self):
        expected = Expected(Page(STREAM, 0, self.log.stored), once=self.kind is MemoryTable)
        return [fault for place in self.places.values() for fault in faults(expected, place.received)]

    def told(self, kind):
        return [one for one in self.said if isinstance(one, kind)]


# Ten minutes without a target: one probe an interval while it lasts, and no second above twice normal after.
@pytest.mark.parametrize(
    ("kind", "how"), [(MemoryService, "away"), (MemoryService, "refuses"), (MemoryTable, "away")]
)
async def test_an_outage_of_ten_minutes(kind, how):
    town = Town(kind, how)
    town.start()
    await town.pass_time(60)
    normal = max(town.seen(START)[:60])
    town.down, began = True, town.clock.now()
    await town.pass_time(600)
    town.down, ended = False, town.clock.now()
    during = [at for at in town.calls if began <= at < ended]
    opened = town.told(BreakerOpened)[0].until
    probes = [at for at in during if at >= opened]
    longest = BreakerPolicy().longest_seconds
    assert len(during) - len(probes) <= 2 * BreakerPolicy().minimum
    assert len(probes) <= 600 / (longest / 2) + GROWING
    least = BreakerPolicy().open_seconds / 2 * SECOND
    assert all(later - one >= least for one, later in itertools.pairwise(probes))
    await town.pass_time(1_300)
    await town.end()
    assert max(town.seen(ended)) <= 2 * normal
    assert town.faults() == []
    assert (await town.ledger.position("flow0")).cursor == len(town.log.stored)
    assert len(town.told(BreakerClosed)) == 1
    assert len(town.calls) <= 1.1 * len(town.log.stored)


# Flows to one target find out together: an interval has one probe, whoever makes it.
async def test_two_flows_share_an_outage():
    town = Town(flows=2)
    town.start()
    await town.pass_time(60)
    town.down, began = True, town.clock.now()
    await town.pass_time(300)
    town.down, ended = False, town.clock.now()
    assert len([at for at in town.calls if began <= at < ended]) <= GROWING
    assert len(town.told(BreakerOpened)) == 1
    await town.pass_time(600)
    await town.end()
    assert max(town.seen(ended)) <= 2 * 2 * RATE
    assert town.faults() == []


# A process that starts in an outage sends one probe, not all that it could, and knows what was normal.
@pytest.mark.parametrize("kill", [True, False])
async def test_a_restart_in_an_outage(kill):
    town = Town(flows=2)
    town.start()
    await town.pass_time(60)
    town.down, began = True, town.clock.now()
    for _ in range(4):
        await town.pass_time(60)
        await town.end(kill=kill)
        before = len(town.calls)
        town.start()
        await town.pass_time(0.2)
        assert len(town.calls) - before <= 1
    town.down, ended = False, town.clock.now()
    await town.pass_time(600)
    await town.end()
    assert len([at for at in town.calls if began <= at < ended]) <= 4 * (2 + PROBES_A_MINUTE)
    assert max(town.seen(ended)) <= 2 * 2 * RATE
    assert town.faults() == []


# A target that is isolated stays so over a restart; once it is reset everything goes out, in order.
async def test_an_isolation_survives_a_restart():
    town = Town(flows=2)
    town.start()
    await town.pass_time(20)
    town.bearing.isolate(Isolation("ann", "stock count", town.clock.now()))
    before = len(town.calls)
    await town.pass_time(60)
    await town.end()
    town.start()
    await town.pass_time(60)
    assert len(town.calls) == before
    assert len(town.told(FlowStarted)) == 2
    town.bearing.reset("ann", "counted")
    await town.pass_time(300)
    await town.end()
    assert town.faults() == []
