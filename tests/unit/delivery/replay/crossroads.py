"""A flow and its replay on one hand-driven clock, into one place: what tests of replays share."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace
from tests.unit.delivery.small import STREAM, SmallLog, flow_of, settle

from trunkline.delivery.attempt import Mapper
from trunkline.delivery.bearing import Bearing
from trunkline.delivery.flow import Ports
from trunkline.delivery.memory import MemoryLedger
from trunkline.delivery.replay.crossing import Crossing, Live
from trunkline.delivery.replay.memory import MemoryReplays
from trunkline.delivery.replay.port import Change, Replay, Selection
from trunkline.delivery.replay.runner import ReplayRunner, Site
from trunkline.delivery.runner import FlowRunner
from trunkline.kernel.limits import Limits
from trunkline.kernel.signals import FlowStarted, Signals
from trunkline.testkit.clock import START, CountingIds, ManualClock
from trunkline.testkit.targets import MemoryTable, Place


def replay_of(selection=None, **changes):
    given = {"id": "r1", "flow": "flow", "stream": STREAM, "selection": selection or Selection()}
    return Replay(**{**given, "by": "eve", "why": "why", "created": START, "rate": 1_000.0, **changes})


class Crossroads:
    """What outlives a process: log, ledger, replays, and the place both write to."""

    def __init__(self, log=None, kind=MemoryTable, flow=None, limits=None):
        self.clock = ManualClock()
        self.log = log or SmallLog()
        self.ledger, self.replays, self.place = MemoryLedger(), MemoryReplays(), Place()
        self.kind, self.flow = kind, flow or flow_of()
        self.limits = limits or Limits()
        self.holds = None
        self.terms = None
        self.signals = []
        self.began = 0

    def target(self, side):
        """Return the target as one side reaches it: a connection of its own."""
        del side
        return self.kind(self.place)

    def through(self, port):
        """Return a port as this life's flow and replay reach it."""
        return port

    def chance(self):
        return 0.5

    def live_only(self):
        return Life(self, None)

    async def start(self, replay):
        """Add a replay; what is in the place by now came before it."""
        await self.replays.add(replace(replay, created=self.clock.now()))
        self.began = len(self.place.received)

    async def life(self):
        """Return a new process: the flow, and the replay if it is running."""
        replay = await self.replays.get("r1")
        return Life(self, replay if replay and replay.state == "running" else None)

    async def change(self, to):
        return await self.replays.change("r1", Change(to, "ann", "because", self.clock.now()))

    def effects(self, *, replayed):
        """Return offsets in the order they took effect since the start: the replay's or the flow's."""
        name = Mapper(self.flow).idempotency_key
        since = self.place.received[self.began :]
        return [
            one.offset
            for one in since
            if (one.idempotency_key != name(self.log.stored[one.offset])) == replayed
        ]


class Life:
    """One process: a flow, and beside it a replay."""

    def __init__(self, roads, replay):
        self.roads = roads
        self.crossing = Crossing()
        self.recovered = asyncio.Event()
        signals = Signals()
        signals.listen(self._hear)
        through = roads.through
        ledger = through(roads.ledger)
        live = Live(roads.target("live"), self.crossing)
        ids = CountingIds(roads.chance())
        ports = Ports(through(roads.log), ledger, through(live), roads.clock, ids, signals, roads.limits)
        bearing = Bearing("place", roads.clock, ids, signals, roads.terms)
        self.runners = [FlowRunner(roads.flow, ports, bearing)]
        self.replaying = None
        if replay is not None:
            own = replace(ports, target=through(roads.target("replay")))
            replays = through(roads.replays)
            site = Site(roads.flow, own, ledger, replays, self.crossing, bearing, self.recovered)
            self.replaying = ReplayRunner(replay, roads.holds, site)
            self.runners.append(self.replaying)

    def _hear(self, signal):
        self.roads.signals.append(signal)
        if isinstance(signal, FlowStarted) and signal.flow == self.roads.flow.name:
            self.recovered.set()

    async def run(self, seconds=10.0, *, each=None, steps=20_000):
        """Run for so long of the clock, calling ``each`` between its moves; then stop, and let all finish."""
        clock = self.roads.clock
        end = clock.now() + round(seconds * 1_000_000)
        tasks = [asyncio.create_task(runner.run()) for runner in self.runners]
        try:
            for _ in range(steps):
                await settle(tasks[0])
                if each is not None:
                    each()
                    await settle(tasks[0])
                wake = clock.next_wake
                if any(task.done() and task.exception() for task in tasks) or wake is None or wake > end:
                    break
                clock.advance_to(wake)
            clock.advance_to(end)
            await self._stop(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _stop(self, tasks):
        broken = [task for task in tasks if task.done() and task.exception()]
        for runner in self.runners:
            runner.stop()
        while not broken and not all(task.done() for task in tasks):
            await settle(next(task for task in tasks if not task.done()))
            if self.roads.clock.next_wake is not None:
                self.roads.clock.advance_to(self.roads.clock.next_wake)
            broken = [task for task in tasks if task.done() and task.exception()]
        for task in broken:
            raise task.exception()
