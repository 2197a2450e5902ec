"""A whole backbone on one store, small and quick, for tests that take its disk away: and what must hold then.

Intake, log, ledger and quarantine share the store; one flow writes a table in a file beside it, the other
calls a service. ``mark`` is told what a sender or a receiver knows, at the moment it knows it.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time

import apsw
import msgspec
from tests.sql_places import contract

from trunkline.adapters.sql.sqlite import SqliteTable
from trunkline.adapters.sql.table import TableSettings
from trunkline.adapters.sqlite.appending import LogSettings
from trunkline.adapters.sqlite.dedupe import Shape
from trunkline.adapters.sqlite.ledger import SqliteLedger
from trunkline.adapters.sqlite.log import SqliteLog
from trunkline.adapters.sqlite.quarantine import SqliteQuarantine
from trunkline.adapters.sqlite.store import Store
from trunkline.connectors.source import Arrival
from trunkline.delivery.flow import Flow, Ports
from trunkline.delivery.retry import RetryPolicy
from trunkline.delivery.runner import FlowRunner
from trunkline.eventlog.seal import Sealer
from trunkline.intake.accept import Intake, Surroundings
from trunkline.intake.quarantine import Query
from trunkline.kernel.clock import SystemClock
from trunkline.kernel.errors import Retryable
from trunkline.kernel.ids import SystemIds
from trunkline.kernel.limits import Limits
from trunkline.kernel.signals import Signals
from trunkline.testkit.targets import MemoryService, Place, Received, Trouble

STATE = contract("key string!", "n integer!", key=("key",))
COUNT = contract("id string!", "times integer!", key=("id",))
SMALL = LogSettings(dedupe_shape=Shape(64, 4, 1 << 10, 2), limits=Limits(page_events=50))
QUICK = RetryPolicy(attempts=50, first_seconds=0.001, longest_seconds=0.01)
STORE, TABLE = "trunkline.db", "target.db"


class Hurried(SystemClock):
    """A clock that passes two hundred times as fast: a pause of a second is over in five milliseconds."""

    TIMES = 200

    def __init__(self):
        self.begun = time.monotonic()

    def now(self):
        return round(self.monotonic() * 1_000_000) + 1_767_225_600_000_000

    def monotonic(self):
        return (time.monotonic() - self.begun) * self.TIMES

    async def sleep(self, seconds):
        await asyncio.sleep(seconds / self.TIMES)


def arrival(number):
    """Return the arrival of a number; one in fifteen is against the contract."""
    n = f'"{number}"' if number % 15 == 14 else number
    return Arrival(b'{"key": "k%d", "n": %s}' % (number % 9, str(n).encode()), identity=f"e{number}")


def is_good(number):
    return number % 15 != 14


class Noted:
    """A target that notes each effect before the flow hears of it."""

    def __init__(self, inner, mark):
        self.inner, self.mark = inner, mark
        self.name, self.features = inner.name, inner.features
        self.open, self.progress = inner.open, inner.progress
        self.forget, self.close = inner.forget, inner.close

    async def deliver(self, items, progress):
        verdicts = await self.inner.deliver(items, progress)
        for item, verdict in zip(items, verdicts, strict=True):
            if verdict is None:
                self.mark(("effect", item))
        return verdicts


class Backbone:
    """One life of the backbone in ``folder``; ``place`` is what the service has, which outlives it."""

    def __init__(self, folder, place=None, mark=lambda _: None, clock=None):
        self.folder, self.mark = folder, mark
        self.place = place if place is not None else Place()
        self.clock = clock or SystemClock()
        self.signals, self.moved = Signals(), asyncio.Event()
        self.signals.listen(lambda _: self.moved.set())
        self.said = []
        self.signals.listen(self.said.append)
        self.runners, self.tasks = [], []

    async def open(self):
        self.store = Store(self.folder / STORE)
        sealer = Sealer(bytes(32))
        try:
            self.log = await SqliteLog.open(self.store, sealer, self.clock, SMALL)
        except BaseException:
            await self.store.close()
            raise
        self.ledger = SqliteLedger(self.store, sealer)
        self.quarantine = SqliteQuarantine(self.store, sealer)
        around = Surroundings(self.clock, SystemIds(self.clock, 7), self.signals)
        self.intake = Intake("shop/state", STATE, self.log, self.quarantine, around)
        self.stream = self.intake.contract.stream

    async def take(self, *numbers):
        """Have intake accept arrivals, marking what their sender is told."""
        receipts = await self.intake.accept([arrival(number) for number in numbers])
        told = {one.id: one.offset for one in receipts if one.status != "refused"}
        refused = [one.id for one in receipts if one.status == "refused"]
        self.mark(("taken", told, refused))
        return receipts

    def start_flows(self):
        chance = random.Random(3)

        def busy(items):
            return Trouble({one.offset: Retryable("busy", "") for one in items if chance.random() < 0.05})

        settings = TableSettings(table="counted", sum=("times",), lock_seconds=0.2)
        self.table = SqliteTable("books", self.folder / TABLE, settings, COUNT)
        service = Noted(MemoryService(self.place, busy, concurrency=4), self.mark)
        self.start_flow("count", self.stream, self.table, lambda record, event: {"id": event.id, "times": 1})
        self.start_flow("echo", self.stream, service, lambda record, event: record)

    def start_flow(self, name, stream, target, mapping):
        flow = Flow(name=name, stream=stream, target=target.name, mapping=mapping, policy=QUICK)
        ids = SystemIds(self.clock, 7)
        ports = Ports(self.log, self.ledger, target, self.clock, ids, self.signals, Limits(page_events=50))
        self.runners.append(FlowRunner(flow, ports))
        self.tasks.append(asyncio.create_task(self.runners[-1].run()))

    async def drained(self):
        """Return once both flows have settled everything."""
        while True:
            self.moved.clear()
            nexts = {info.stream: info.next for info in await self.log.streams()}
            flows = await self.ledger.status()
            if len(flows) == 2 and all(
                flow.cursor == nexts.get(self.stream, 0) and not flow.waiting and not flow.held
                for flow in flows
            ):
                return
            await self.moved.wait()

    async def stop_flows(self):
        for runner in self.runners:
            runner.stop()
        await asyncio.gather(*self.tasks)
        if self.tasks:
            await self.table.close()
        self.runners, self.tasks = [], []

    async def close(self):
        await self.stop_flows()
        await self.store.close()


@contextlib.asynccontextmanager
async def backbone(folder, *given, **named):
    """Give an open backbone while the block runs."""
    one = Backbone(folder, *given, **named)
    await one.open()
    try:
        yield one
    finally:
        await one.close()


class Known(msgspec.Struct):
    """What was known at a moment: offsets by identity, refused identities, what the service had received."""

    taken: dict = msgspec.field(default_factory=dict)
    refused: set = msgspec.field(default_factory=set)
    received: list = msgspec.field(default_factory=list)


def known(marks):
    """Return what the marks of a run say."""
    found = Known()
    for kind, *values in marks:
        if kind == "taken":
            found.taken.update(values[0])
            found.refused.update(values[1])
        elif kind == "effect":
            item = values[0]
            found.received.append(Received(item.offset, item.subject, item.idempotency_key, item.attempt, {}))
    return found


async def stored(one):
    """Return every stored event's identity by offset."""
    found, start = {}, 0
    while (page := await one.log.read(one.stream, start)).events:
        found.update({offset: event.id for offset, event in enumerate(page.events, page.base)})
        start = page.next
    return found


async def lost(one, told):
    """Return what was acknowledged and is not there: events by identity, refusals by identity."""
    there = await stored(one)
    gone = [identity for identity, offset in told.taken.items() if there.get(offset) != identity]
    entries = await one.quarantine.list(Query(limit=100_000))
    held = [await one.quarantine.get(entry.id) for entry in entries]
    return [*gone, *told.refused.difference(entry.arrival.identity for entry in held if entry)]


async def contradictions(one, told):
    """Return what is wrong in a store that was just opened, before anything runs on it."""
    wrong = [f"{name}: {fault}" for name in (STORE, TABLE) for fault in _integrity(one.folder / name)]
    wrong += [str(verdict) async for verdict in one.log.verify() if verdict.fault]
    there = await stored(one)
    if list(there) != list(range(len(there))):
        wrong.append("offsets are missing")
    if len(set(there.values())) != len(there):
        wrong.append("an identity is stored twice")
    for flow in await one.ledger.status():
        if flow.cursor > len(there):
            wrong.append(f"{flow.flow} is at {flow.cursor} and the log ends at {len(there)}")
    cursor, counted = _counted(one.folder / TABLE)
    settled = next((flow.cursor for flow in await one.ledger.status() if flow.flow == "count"), 0)
    if settled > cursor:
        wrong.append(f"the ledger is at {settled} and the table at {cursor}")
    if counted != dict.fromkeys([there.get(offset) for offset in range(cursor)], 1):
        wrong.append(f"the table is not what its cursor {cursor} says")
    received = {one.offset for one in told.received}
    for offset in there:
        fate = await one.ledger.fate("echo", offset)
        if fate.state == "delivered" and offset not in received:
            wrong.append(f"the ledger says that {offset} was delivered and it was not")
    return wrong


def _integrity(path):
    if not path.exists():
        return []
    with contextlib.closing(apsw.Connection(str(path))) as connection:
        return [text for (text,) in connection.execute("PRAGMA integrity_check") if text != "ok"]


def _counted(path):
    if not path.exists():
        return 0, {}
    with contextlib.closing(apsw.Connection(str(path))) as connection:
        if not connection.table_exists("main", "counted"):
            return 0, {}
        rows = dict(connection.execute("SELECT id, times FROM counted"))
        return next(
            (cursor for (cursor,) in connection.execute("SELECT cursor FROM trunkline_progress")), 0
        ), rows


async def after_all(one, numbers, told):
    """Send everything again, deliver all of it, and return what is wrong in the end."""
    wrong = []
    for receipt in await one.take(*numbers):
        acknowledged = told.taken.get(receipt.id)
        if acknowledged is not None and (receipt.status, receipt.offset) != ("duplicate", acknowledged):
            wrong.append(f"{receipt.id} had offset {acknowledged} and is now {receipt}")
    again = await one.take(*numbers)
    wrong += [f"{one.id} was stored again" for one in again if one.status == "accepted"]
    one.start_flows()
    await one.drained()
    await one.stop_flows()
    there = await stored(one)
    if sorted(there.values()) != sorted(f"e{number}" for number in numbers if is_good(number)):
        wrong.append("the stream does not hold each good event once")
    cursor, counted = _counted(one.folder / TABLE)
    if cursor != len(there) or counted != dict.fromkeys(there.values(), 1):
        wrong.append("the table does not count each event once")
    return wrong
