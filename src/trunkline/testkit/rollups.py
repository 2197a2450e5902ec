"""The behaviour of every store's sums, as one suite: the in-memory reference and each engine pass it.

A test subclasses ``RollupsSuite`` and gives it a fixture ``counted``; pytest collects the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from trunkline.connectors.source import Arrival
from trunkline.delivery.ledger import Case, Discard, Edit, Range, Record, Retry, Try
from trunkline.eventlog.port import EventLog
from trunkline.intake.quarantine import Entry, Held, Quarantine, Reason
from trunkline.kernel.clock import SECOND
from trunkline.kernel.event import Event
from trunkline.kernel.rollup import DAY, HOUR, MINUTE, Arrivals, Deliveries
from trunkline.kernel.sketch import EMPTY, sketch_of
from trunkline.observe.rollups import Kept, RollupKeeper, Seen
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.ledger import WholeLedger

FLOW = "suite-flow"
STREAM = "order@1"
SOURCE = "shop/orders"


class Counted(msgspec.Struct, frozen=True):
    """What is counted, on one clock, and the sums of it."""

    clock: ManualClock
    ledger: WholeLedger
    log: EventLog
    quarantine: Quarantine
    rollups: RollupKeeper

    @property
    def minute(self) -> int:
        """The beginning of the present minute."""
        now = self.clock.now()
        return now - now % MINUTE

    async def done(self, flow: str = FLOW) -> Deliveries:
        """Return all that a flow did."""
        sums = await self.rollups.deliveries(0, self.minute + MINUTE, [flow])
        return sums.get(flow, Deliveries())

    async def came(self, source: str = SOURCE) -> Arrivals:
        """Return all that came from a source."""
        sums = await self.rollups.arrivals(0, self.minute + MINUTE)
        return sums.get((STREAM, source), Arrivals())

    async def record(self, *cases: Case, settled: Range | None = None, flow: str = FLOW) -> Record:
        """Record what a flow did now, and return the record."""
        cursor = settled.last + 1 if settled else None
        record = Record(flow, self.clock.now(), cursor, settled, cases, stream=STREAM)
        await self.ledger.record(record)
        return record

    def run(self, first: int, last: int, *lags: int, dropped: Sequence[int] = ()) -> Range:
        """Return a run that finished now, its effects so late after their events."""
        now, delivered = self.clock.now(), last - first + 1 - len(dropped)
        return Range(first, last, now, now, 1, delivered, tuple(dropped), sketch_of(lags))

    def dead(self, offset: int, attempts: int = 1) -> Case:
        """Return a dead letter that failed now, all at once."""
        now = self.clock.now()
        tries = tuple(Try(now, "timeout", "") for _ in range(attempts))
        return Case(
            offset, f"key {offset}", "dead", True, attempts, at=now, since=now, tries=tries, time=now - 9
        )


def event(number: int, source: str = SOURCE) -> Event:
    """Return an event."""
    return Event(f"e{number}", source, "order", "", 0, 0, "order@1.0.0", "c" * 32, b"{}")


def refused(name: str, at: int, source: str = SOURCE) -> Held:
    """Return a refused arrival."""
    reasons = (Reason("type", "/id", "is no text"),)
    entry = Entry(name, source, STREAM, "order@1.0.0", "", "c" * 32, at, at, 1, "contract", reasons, 2)
    return Held(entry, Arrival(name.encode()))


class RollupsSuite:
    """What sums every store keeps."""

    async def test_nothing_sums_up_to_nothing(self, counted: Counted) -> None:
        """Where nothing happened there is no entry, and nobody was seen."""
        assert await counted.rollups.deliveries(0, DAY) == {}
        assert await counted.rollups.arrivals(0, DAY) == {}
        assert await counted.rollups.seen() == []
        assert await counted.rollups.silences(0, 0) == {}
        assert await counted.rollups.kept() == Kept()

    async def test_a_run_counts_once(self, counted: Counted) -> None:
        """What was delivered and dropped counts with how late it was, and not again with the same record."""
        record = await counted.record(settled=counted.run(0, 3, 10_000, 20_000, -5, dropped=[2]))
        expected = Deliveries(delivered=3, dropped=1, lags=sketch_of([10_000, 20_000, -5]))
        assert await counted.done() == expected
        await counted.ledger.record(record)
        assert await counted.done() == expected

    async def test_each_minute_has_its_own(self, counted: Counted) -> None:
        """The course of a span is by the beginnings of its steps; its sums are of all of it."""
        start = counted.minute
        for number in (0, 1, 3):
            counted.clock.advance((start + number * MINUTE - counted.clock.now()) / SECOND)
            await counted.record(settled=counted.run(number, number))
        found = await counted.rollups.delivery_course(start + MINUTE, start + 4 * MINUTE, MINUTE)
        assert found == {
            start + MINUTE: Deliveries(delivered=1),
            start + 3 * MINUTE: Deliveries(delivered=1),
        }
        whole = await counted.rollups.deliveries(start, start + 3 * MINUTE)
        assert whole == {FLOW: Deliveries(delivered=2)}

    async def test_flows_and_replays_count_apart(self, counted: Counted) -> None:
        """A replay has sums of its own name, and one can ask for some flows only, or for all together."""
        await counted.record(settled=counted.run(0, 0))
        await counted.record(settled=counted.run(0, 1), flow=f"{FLOW}#r1")
        assert await counted.done() == Deliveries(delivered=1)
        assert await counted.done(f"{FLOW}#r1") == Deliveries(delivered=2)
        found = await counted.rollups.deliveries(0, counted.minute + MINUTE)
        assert set(found) == {FLOW, f"{FLOW}#r1"}
        for flows, expected in (((), 3), ([FLOW], 1), ([f"{FLOW}#r1", FLOW], 3)):
            course = await counted.rollups.delivery_course(0, counted.minute + MINUTE, DAY, flows)
            assert [sums.delivered for sums in course.values()] == [expected]

    async def test_some_flows_or_all_together(self, counted: Counted) -> None:
        """What flows did together is the sum of what each did, of one, most or all, folded or not."""
        for number, flow in enumerate(("a", "b", "c", "d")):
            await counted.record(settled=counted.run(0, number, 1_000 * number), flow=flow)
        end = counted.minute + MINUTE
        for folded in (counted.minute, end):
            await counted.rollups.fold(folded)
            for flows, delivered in ((("b",), 2), (("a", "c", "d"), 8), ((), 10), (("unknown",), 0)):
                whole = await counted.rollups.together(0, end, flows)
                each = await counted.rollups.deliveries(0, end, flows)
                assert whole == sum(each.values(), Deliveries())
                assert whole.delivered == delivered
                bare = await counted.rollups.together(0, end, flows, lags=False)
                assert bare == replace(whole, lags=EMPTY)
        await counted.ledger.rewind("d", 0)
        assert (await counted.rollups.together(0, end)).delivered == len(range(6))
        assert await counted.rollups.delivery_course(0, end, DAY, ["d"]) == {}

    async def test_lags_are_read_where_they_are_asked_for(self, counted: Counted) -> None:
        """Without lags the counts are the same."""
        await counted.record(settled=counted.run(0, 0, 77))
        found = await counted.rollups.deliveries(0, counted.minute + MINUTE, lags=False)
        assert found == {FLOW: Deliveries(delivered=1)}
        course = await counted.rollups.delivery_course(0, counted.minute + MINUTE, DAY, lags=False)
        assert list(course.values()) == [Deliveries(delivered=1)]

    async def test_failed_attempts_count_when_they_were_made(self, counted: Counted) -> None:
        """Each failed attempt counts, the first of an event apart, and its late delivery with how late."""
        now = counted.clock.now()
        waiting = Case(
            4, "a", "waiting", True, 1, at=now, since=now, tries=(Try(now, "timeout", ""),), time=now - 50_000
        )
        record = await counted.record(waiting)
        await counted.ledger.record(record)
        counted.clock.advance(90)
        await counted.record(replace(waiting, attempts=3, at=counted.clock.now()))
        late = replace(waiting, state="delivered", holds=False, attempts=4, at=counted.clock.now())
        await counted.record(late)
        lag = counted.clock.now() - now + 50_000
        expected = Deliveries(late=1, first_failures=1, failures=3, lags=sketch_of([lag]))
        assert await counted.done() == expected
        assert expected.attempts == len(["three that failed"] * 3 + ["one that did not"])

    async def test_an_event_dies_once(self, counted: Counted) -> None:
        """A dead letter counts at its first death, whatever is tried with it later; its end counts too."""
        await counted.record(counted.dead(1), counted.dead(2))
        died_in = counted.minute
        counted.clock.advance(120)
        assert await counted.ledger.resolve(FLOW, 1, Retry("ann"), counted.clock.now())
        [case] = await counted.ledger.cases(FLOW, [1])
        await counted.record(replace(case, state="dead", attempts=2, at=counted.clock.now()))
        await counted.ledger.resolve(FLOW, 1, Edit(b"{}", ("id",)), counted.clock.now())
        await counted.ledger.resolve(FLOW, 1, Discard("too old"), counted.clock.now())
        expected = Deliveries(died=2, discarded=1, first_failures=2, failures=3)
        assert await counted.done() == expected
        found = await counted.rollups.delivery_course(0, counted.minute + MINUTE, MINUTE)
        assert found[died_in] == Deliveries(died=2, first_failures=2, failures=2)

    async def test_a_superseded_dead_letter_counts_as_one(self, counted: Counted) -> None:
        """A dead letter that gave way counts as superseded in the record of the newer delivery, once."""
        dead = replace(counted.dead(1), key="a", yields=True)
        await counted.record(dead)
        now = counted.clock.now()
        record = await counted.record(Case(2, "a", "delivered", attempts=1, at=now, time=now - 3_000))
        await counted.ledger.record(record)
        expected = Deliveries(
            late=1, superseded=1, died=1, first_failures=1, failures=1, lags=sketch_of([3_000])
        )
        assert await counted.done() == expected

    async def test_a_rewind_takes_back_what_it_voids(self, counted: Counted) -> None:
        """Effects, drops and deaths that did not take place do not count; failed attempts were made."""
        await counted.record(settled=counted.run(0, 4, 1_000, 2_000))
        before = await counted.done()
        counted.clock.advance(61)
        await counted.record(counted.dead(6), settled=counted.run(5, 9, 7_000_000, dropped=[7]))
        await counted.ledger.rewind(FLOW, 5)
        assert await counted.done() == before + Deliveries(failures=1)

    async def test_trimming_the_ledger_leaves_the_sums(self, counted: Counted) -> None:
        """What the ledger forgets stays counted."""
        await counted.record(counted.dead(7), settled=counted.run(0, 6))
        await counted.ledger.resolve(FLOW, 7, Discard("old"), counted.clock.now())
        before = await counted.done()
        await counted.ledger.trim(counted.clock.now() + 1)
        assert await counted.done() == before

    async def test_arrivals_count_by_source(self, counted: Counted) -> None:
        """What was new and what was known already count in the minute they came, by stream and source."""
        await counted.log.append(STREAM, [event(1), event(2), event(2), event(1, "shop/other")])
        await counted.log.append(STREAM, [event(1)])
        assert await counted.came() == Arrivals(accepted=2, duplicates=2)
        assert await counted.came("shop/other") == Arrivals(accepted=1)
        for pairs, expected in (([], 3), ([(STREAM, SOURCE)], 2), ([(STREAM, "shop/none")], 0)):
            course = await counted.rollups.arrival_course(0, counted.minute + MINUTE, DAY, pairs)
            assert sum(sums.accepted for sums in course.values()) == expected

    async def test_refused_arrivals_count_each_time(self, counted: Counted) -> None:
        """A refused arrival that comes again counts again, though it is kept once."""
        now = counted.clock.now()
        await counted.quarantine.put([refused("q1", now), refused("q2", now)])
        await counted.quarantine.put([refused("q1", now)])
        assert await counted.came() == Arrivals(refused=3)
        assert await counted.rollups.seen() == []

    async def test_a_silence_ends_with_something_new(self, counted: Counted) -> None:
        """Between two new events it was silent, whatever was repeated or refused meanwhile."""
        first = counted.clock.now()
        await counted.log.append(STREAM, [event(1)])
        counted.clock.advance(400)
        await counted.log.append(STREAM, [event(1)])
        counted.clock.advance(500)
        await counted.log.append(STREAM, [event(2)])
        assert await counted.rollups.silences(0, 899 * SECOND) == {(STREAM, SOURCE): [900 * SECOND]}
        assert await counted.rollups.silences(0, 900 * SECOND) == {}
        assert await counted.rollups.seen() == [Seen(STREAM, SOURCE, first, counted.clock.now())]

    async def test_folding_changes_no_sum(self, counted: Counted) -> None:
        """Sums are the same before and after minutes are folded, and once more, and with what comes later."""
        for number in range(6):
            await counted.record(settled=counted.run(number, number, number * 1_000_000))
            await counted.log.append(STREAM, [event(number)])
            counted.clock.advance(7 * 3_600 + 100)
        end = counted.minute + MINUTE
        before = [await _all(counted, end, step) for step in (0, MINUTE, HOUR, DAY)]
        for folded in (counted.minute - 10 * HOUR, counted.minute, counted.minute):
            await counted.rollups.fold(folded)
            assert [await _all(counted, end, step) for step in (0, MINUTE, HOUR, DAY)] == before
        assert (await counted.rollups.kept()).folded == counted.minute
        await counted.ledger.rewind(FLOW, 3)
        days = await counted.rollups.delivery_course(0, end, DAY)
        assert sum(days.values(), Deliveries()) == await counted.done()
        assert (await counted.done()).delivered == len(range(3))

    async def test_trimmed_minutes_stay_in_their_hours_and_days(self, counted: Counted) -> None:
        """What is no longer known by the minute is by the hour, and then by the day; the sums stay."""
        for number in range(8):
            await counted.record(settled=counted.run(number, number, number * 1_000_000))
            await counted.log.append(STREAM, [event(number)])
            counted.clock.advance(11 * 3_600)
        now, end = counted.minute, counted.minute + MINUTE
        before = await _all(counted, end, 0), await _all(counted, end, DAY)
        await counted.rollups.trim(now, now)
        assert await counted.rollups.kept() == Kept()
        await counted.rollups.fold(now)
        await counted.rollups.trim(now - 20 * HOUR, now - 50 * HOUR)
        kept = await counted.rollups.kept()
        assert kept.minutes_from == now - 20 * HOUR - (now - 20 * HOUR) % HOUR
        assert kept.hours_from == now - 50 * HOUR - (now - 50 * HOUR) % DAY
        assert (await _all(counted, end, 0), await _all(counted, end, DAY)) == before


async def _all(counted: Counted, until: int, step: int) -> tuple[object, object]:
    rollups = counted.rollups
    if not step:
        return await rollups.deliveries(0, until), await rollups.arrivals(0, until)
    return await rollups.delivery_course(0, until, step), await rollups.arrival_course(0, until, step)
