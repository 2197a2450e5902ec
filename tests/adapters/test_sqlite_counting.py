"""Sums against brute force over random histories: of the embedded store, over restarts, and of the reference.

Everything that happens is noted as it is done, one fact an event, and added up at the end for random spans.
"""

from __future__ import annotations

import asyncio
import math
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path

import apsw
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.adapters.test_sqlite_rollups import counted_on
from tests.unit.observe.test_rollups import counted_in_memory

from trunkline.adapters.sqlite.store import Store
from trunkline.delivery.ledger import Case, CaseQuery, Discard, Range, Record, Retry, Try
from trunkline.kernel.clock import SECOND
from trunkline.kernel.rollup import DAY, HOUR, MINUTE, NO_ARRIVALS, NO_DELIVERIES, floor_to
from trunkline.kernel.sketch import EMPTY, sketch_of
from trunkline.observe.kpi import kpis_of
from trunkline.observe.rollups import widened
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.rollups import FLOW, SOURCE, STREAM, event, refused

OPS = ["run", "run", "fail", "again", "again", "deliver", "drop", "retry", "discard", "newer", "repeat"]
OPS += ["rewind", "restart", "fold", "fold", "append", "refuse", "wait", "wait", "beside", "beside", "trim"]
OPS += ["upgrade"]
BESIDE = ("other-flow", f"{FLOW}#r1", "third-flow")

histories = st.lists(
    st.tuples(st.sampled_from(OPS), st.integers(0, 10**6), st.integers(-(10**7), 10**11)),
    min_size=12,
    max_size=60,
)


class World:
    """A history under way: what is counted, and the plain facts of it."""

    def __init__(self, counted, restart, upgrade=None):
        self.counted = counted
        self.restart = restart
        self.older = upgrade
        self.others = []
        """(flow, when, lag): what flows beside this one delivered."""
        self.end = 0
        self.last = None
        self.facts = []
        """(what, when, offset that a rewind voids it by, lag): one an event; attempts have no offset."""
        self.runs = 0
        self.sent = 0

    @property
    def now(self):
        return self.counted.clock.now()

    def note(self, what, offset=-1, lag=None, at=None):
        self.facts.append((what, self.now if at is None else at, offset, lag))

    def has(self, what, offset):
        return any(fact[0] == what and fact[2] == offset for fact in self.facts)

    async def record(self, settled=None, cases=()):
        cursor = self.end if settled else None
        self.last = Record(FLOW, self.now, cursor, settled, cases, stream=STREAM)
        await self.counted.ledger.record(self.last)

    async def cases(self, *states):
        found = []
        for state in states:
            found += [case for _, case in await self.counted.ledger.find(CaseQuery(FLOW, state))]
        return found

    async def run(self, number, lag):
        count, dropped = 1 + number % 7, number % 3
        first, self.end = self.end, self.end + count
        drops = tuple(range(first, first + min(dropped, count)))
        lags = [lag + index * 777 for index in range(count - len(drops))]
        last = self.end - 1
        await self.record(Range(first, last, self.now, self.now, 1, len(lags), drops, sketch_of(lags)))
        for one in lags:
            self.note("delivered", last, one)
        for _ in drops:
            self.note("dropped", last)

    async def fail(self, number, lag):
        """Have a new event fail at once: it waits, or is dead, and may give way."""
        offset, self.end = self.end, self.end + 1
        case = Case(offset, f"k{number % 3}", "waiting", True, time=self.now - lag)
        await self.attempt(replace(case, yields=number % 2 == 0), is_dead=number % 5 < 3)

    async def again(self, number, _lag):
        for case in (await self.cases("waiting"))[:1]:
            await self.attempt(case, is_dead=number % 2 == 0)

    async def attempt(self, case, *, is_dead):
        offset = case.offset
        self.note("failures")
        if not self.has("first_failures", offset):
            self.note("first_failures", offset)
        if is_dead and not self.has("died", offset):
            self.note("died", offset)
        tries = (*case.tries, Try(self.now, "timeout", ""))
        state = "dead" if is_dead else "waiting"
        failed = replace(case, state=state, attempts=case.attempts + 1, at=self.now, tries=tries)
        await self.record(cases=[failed])

    async def close(self, case, state):
        """Close a case, and with it, where it was delivered, the older dead letters that gave way."""
        done = replace(case, state=state, holds=False, at=self.now, attempts=case.attempts + 1)
        if state == "dropped":
            done = replace(done, attempts=case.attempts)
            self.note("dropped", case.offset)
        else:
            self.note("late", case.offset, self.now - case.time)
            for dead in await self.cases("dead"):
                if dead.yields and dead.holds and dead.key == case.key and dead.offset < case.offset:
                    self.note("superseded", dead.offset)
        await self.record(cases=[done])

    async def deliver(self, _number, _lag):
        for case in (await self.cases("waiting"))[:1]:
            await self.close(case, "delivered")

    async def drop(self, _number, _lag):
        for case in (await self.cases("waiting"))[-1:]:
            await self.close(case, "dropped")

    async def newer(self, number, lag):
        """Deliver an event that had to be held, at its first attempt, as a case."""
        offset, self.end = self.end, self.end + 1
        await self.close(Case(offset, f"k{number % 3}", "held", time=self.now - lag), "delivered")

    async def retry(self, _number, _lag):
        for case in (await self.cases("dead"))[:1]:
            await self.counted.ledger.resolve(FLOW, case.offset, Retry("ann"), self.now)
            self.last = None

    async def discard(self, _number, _lag):
        for case in (await self.cases("dead"))[:1]:
            await self.counted.ledger.resolve(FLOW, case.offset, Discard("old"), self.now)
            self.note("discarded", case.offset)
            self.last = None

    async def repeat(self, _number, _lag):
        """Store the last record once more: the answer to it was lost."""
        if self.last is not None:
            await self.counted.ledger.record(self.last)

    async def rewind(self, number, _lag):
        cursor = self.end - number % 6
        if cursor >= 0:
            await self.counted.ledger.rewind(FLOW, cursor)
            self.facts = [fact for fact in self.facts if fact[2] < cursor]
            self.end, self.last = cursor, None

    async def fold(self, number, _lag):
        await self.counted.rollups.fold(self.now - number * SECOND % DAY)

    async def append(self, number, _lag):
        numbers = [self.sent % 50 - index * number % 7 for index in range(number % 4)]
        self.sent += number % 3
        for placed in await self.counted.log.append(STREAM, [event(one) for one in numbers]):
            self.note("duplicates" if placed.duplicate else "accepted")

    async def refuse(self, number, _lag):
        await self.counted.quarantine.put([refused(f"q{number % 5}", self.now)])
        self.note("refused")

    async def beside(self, number, lag):
        """Have another flow deliver one event, also one whose record is late: its minute is past."""
        flow, at = BESIDE[number % 3], self.now - number * SECOND % (2 * DAY) * (number % 2)
        offset = len(self.others)
        settled = Range(offset, offset, at, at, 1, 1, (), sketch_of([lag]))
        await self.counted.ledger.record(Record(flow, self.now, offset + 1, settled, stream=STREAM))
        self.others.append((flow, at, lag))

    async def trim(self, number, _lag):
        await self.counted.rollups.trim(
            self.now - number * SECOND % DAY, self.now - number * SECOND % (3 * DAY)
        )

    async def upgrade(self, number, _lag):
        """Have the store be as one of an older release is: without totals, or with those of some time."""
        if self.older is not None:
            self.older(number % 2 * (number * SECOND % DAY))

    async def wait(self, number, _lag):
        self.counted.clock.advance(number % (9 * 3_600))

    async def go(self, history):
        for op, number, lag in history:
            if op == "restart":
                self.counted = await self.restart()
            else:
                await getattr(self, op)(number, lag)


def brute_force(facts, since, until):
    within = [fact for fact in facts if since <= fact[1] - fact[1] % MINUTE < until]
    return Counter(fact[0] for fact in within), [fact[3] for fact in within if fact[3] is not None]


async def check(world):
    """Compare sums, KPIs and the ledger's own counts with the facts, over spans of every kind."""
    counted, now = world.counted, world.now
    start = now - now % MINUTE - 40 * HOUR
    end = now - now % MINUTE + MINUTE
    kept = await counted.rollups.kept()
    for span in ((0, end), (start, end - 3 * HOUR), (now - now % DAY, end)):
        since, until = widened(*span, kept)
        facts, lags = brute_force(world.facts, since, until)
        done = (await counted.rollups.deliveries(since, until)).get(FLOW, NO_DELIVERIES)
        came = (await counted.rollups.arrivals(since, until)).get((STREAM, SOURCE), NO_ARRIVALS)
        kpis = kpis_of(done, came, until - since)
        names = (
            "delivered",
            "late",
            "dropped",
            "discarded",
            "superseded",
            "died",
            "first_failures",
            "failures",
        )
        names += ("accepted", "duplicates", "refused")
        assert {name: getattr(kpis, name) for name in names} == {name: facts[name] for name in names}
        assert done.lags == sketch_of(lags)
        assert kpis.measured == len(lags)
        if facts["accepted"]:
            failed = (facts["died"] + facts["refused"]) / facts["accepted"]
            assert math.isclose(kpis.failed_percent, 100 * failed, abs_tol=0.001)
        counts = await counted.ledger.counts(FLOW, since, until)
        assert (counts.delivered, counts.late, counts.dropped) == (done.delivered, done.late, done.dropped)
        assert (counts.discarded, counts.superseded) == (done.discarded, done.superseded)
        assert counts.died <= done.died
    for step, since in ((MINUTE, kept.minutes_from), (HOUR, kept.hours_from), (DAY, 0)):
        await check_together(world, since, end, step)
        found = await counted.rollups.delivery_course(since, end, step, [FLOW])
        for at, sums in found.items():
            facts, lags = brute_force(world.facts, at, at + step)
            assert (sums.delivered, sums.died, sums.failures) == (
                facts["delivered"],
                facts["died"],
                facts["failures"],
            )
            assert sums.lags == sketch_of(lags)
        assert (
            sum(one.delivered for one in found.values())
            == brute_force(world.facts, since, 1 << 62)[0]["delivered"]
        )


async def check_together(world, since, until, step):
    """Compare what flows did together, some, most or all of them, with what each did and with the facts."""
    rollups = world.counted.rollups
    for flows in ((), BESIDE, (FLOW, *BESIDE[:2]), (FLOW, *BESIDE), BESIDE[:1]):
        chosen = flows or (FLOW, *BESIDE)
        each = await rollups.deliveries(since, until, chosen)
        whole = await rollups.together(since, until, flows)
        assert whole == sum(each.values(), NO_DELIVERIES)
        assert await rollups.together(since, until, flows, lags=False) == replace(whole, lags=EMPTY)
        course = await rollups.delivery_course(since, until, step, flows)
        assert NO_DELIVERIES not in course.values()
        assert sum(course.values(), NO_DELIVERIES) == whole
        for at in {*course, *(floor_to(step, at) for _, at, _ in world.others if since <= at < until)}:
            facts, lags = brute_force(world.facts if FLOW in chosen else [], at, at + step)
            others = [lag for flow, when, lag in world.others if flow in chosen and at <= when < at + step]
            sums = course.get(at, NO_DELIVERIES)
            assert (sums.delivered, sums.failures) == (facts["delivered"] + len(others), facts["failures"])
            assert sums.lags == sketch_of([*lags, *others])


# Whatever happens, in memory: sums, KPIs and the ledger say the same as the facts, to the event.
@settings(max_examples=60, deadline=None)
@given(histories)
def test_the_reference_counts_what_happened(history):
    async def run():
        counted = counted_in_memory(ManualClock())

        async def restart():
            return counted

        world = World(counted, restart)
        await world.go(history)
        await check(world)

    asyncio.run(run())


# The same on the embedded store, closed and opened in between.
@settings(max_examples=50, deadline=None)
@given(histories)
def test_the_store_counts_what_happened(history):
    async def run(path):
        clock, stores = ManualClock(), []

        async def restart():
            for store in stores:
                await store.close()
            stores[:] = [Store(path)]
            return await counted_on(stores[0], clock)

        def upgrade(made_up):
            with closing(apsw.Connection(str(path))) as connection:
                since = "totals_from = max(totals_from, folded - ?)"
                connection.execute(f"UPDATE rollup_state SET {since}", (made_up,))
                first = "SELECT totals_from FROM rollup_state"
                connection.execute(f"DELETE FROM total_rollup WHERE start < ({first})")

        world = World(await restart(), restart, upgrade)
        await world.go(history)
        await check(world)
        await stores[0].close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder) / "store.db"))
