"""What the tests of delivery share: a small log, events, and a world that runs a flow by a manual clock."""

from __future__ import annotations

import asyncio

from trunkline.delivery.bearing import Bearing
from trunkline.delivery.flow import Flow, Ports
from trunkline.delivery.ledger import CaseQuery
from trunkline.delivery.memory import MemoryLedger
from trunkline.delivery.runner import FlowRunner
from trunkline.eventlog.port import Page, StreamInfo
from trunkline.kernel.event import Event
from trunkline.kernel.limits import Limits
from trunkline.kernel.signals import Signals
from trunkline.testkit.clock import START, CountingIds, ManualClock

STREAM = "order@1"


def event(number, subject="", data=None):
    return Event(
        id=f"e{number}",
        source="till",
        type="order",
        subject=subject,
        time=START,
        recorded=START,
        contract=STREAM,
        correlation=f"{number + 1:032x}",
        data=data if data is not None else b'{"n": %d}' % number,
    )


def events(subjects):
    return [event(number, subject) for number, subject in enumerate(subjects)]


class SmallLog:
    """A stream in a list; ``first`` is what it was trimmed to."""

    def __init__(self, stored=()):
        self.stored = list(stored)
        self.first = 0
        self.reads = 0
        self._grown = asyncio.Event()

    def add(self, *stored):
        self.stored += stored
        self._grown.set()
        self._grown = asyncio.Event()

    async def read(self, stream, start, limit=1_000):
        self.reads += 1
        start = max(start, self.first)
        return Page(stream, start, self.stored[start : start + limit])

    async def streams(self):
        return [StreamInfo(STREAM, self.first, len(self.stored), 1, 1)]

    async def wait(self, stream, start):
        while len(self.stored) <= start:
            await self._grown.wait()


def as_it_is(record, event):
    return record


def flow_of(**changes):
    return Flow(**{"name": "flow", "stream": STREAM, "target": "place", "mapping": as_it_is, **changes})


class World:
    """One flow on a hand-driven clock, with everything it said."""

    def __init__(self, log, target, flow=None, *, ledger=None, clock=None, chance=0.5, limits=None):
        self.clock = clock or ManualClock()
        self.ledger = ledger or MemoryLedger()
        self.log = log
        self.target = target
        self.signals = []
        signals = Signals()
        signals.listen(self.signals.append)
        self.ports = Ports(
            log, self.ledger, target, self.clock, CountingIds(chance), signals, limits or Limits()
        )
        self.flow = flow or flow_of()
        self.runner = FlowRunner(self.flow, self.ports)

    def bear(self, terms):
        """Have the flow's target keep to these terms."""
        ports = self.ports
        bearing = Bearing(ports.target.name, ports.clock, ports.ids, ports.signals, terms)
        self.runner = FlowRunner(self.flow, ports, bearing)

    async def run(self, seconds=10.0, *, steps=20_000):
        """Run the flow for so long of its clock, then stop it and let it finish."""
        end = self.clock.now() + round(seconds * 1_000_000)
        task = asyncio.create_task(self.runner.run())
        try:
            for _ in range(steps):
                await settle(task)
                wake = self.clock.next_wake
                if task.done() or wake is None or wake > end:
                    break
                self.clock.advance_to(wake)
            self.runner.stop()
            while not task.done():
                await settle(task)
                if self.clock.next_wake is not None:
                    self.clock.advance_to(self.clock.next_wake)
            await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def said(self, kind):
        return [signal for signal in self.signals if isinstance(signal, kind)]

    async def states(self):
        """Every open or closed case by its state."""
        found = {}
        for state in ("waiting", "held", "dead", "delivered", "dropped", "discarded", "superseded"):
            cases = await self.ledger.find(CaseQuery(state=state, limit=10_000))
            if cases:
                found[state] = [case.offset for _, case in cases]
        return found


async def settle(task, turns=10_000):
    """Let everything that can go on without time passing go on."""
    idle = 0
    loop = asyncio.get_running_loop()
    for _ in range(turns):
        await asyncio.sleep(0)
        if task.done():
            return
        idle = idle + 1 if not loop._ready else 0
        if idle > 2:
            return


class Crash(BaseException):
    """The process ends here: no handler runs that a real crash would not run."""


class Steps:
    """Counts the steps across a flow's borders, gives others their turn at each, and ends at one of them."""

    def __init__(self, crash_at=0, turns=lambda: 0):
        self.count = 0
        self.crash_at = crash_at
        self.turns = turns
        self.name = ""

    async def __call__(self, name):
        self.count += 1
        if self.count == self.crash_at:
            self.name = name
            raise Crash(name)
        for _ in range(self.turns()):
            await asyncio.sleep(0)


class Stepped:
    """A port with a step before and after each of its calls."""

    def __init__(self, inner, steps):
        self._inner = inner
        self._steps = steps

    def __getattr__(self, name):
        value = getattr(self._inner, name)
        if not asyncio.iscoroutinefunction(value) or name in ("wait", "open", "close"):
            return value

        async def call(*given):
            await self._steps(f"before {name}")
            result = await value(*given)
            await self._steps(f"after {name}")
            return result

        return call
