"""The way of an atomic target: what a batch leaves behind, what goes on, and who is asked when."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace
from tests.unit.delivery.small import STREAM, SmallLog, World, event, events, flow_of, settle

from trunkline.connectors.target import Progress
from trunkline.delivery.bearing import Terms
from trunkline.delivery.budget import BudgetPolicy
from trunkline.delivery.ledger import Case, Range, Record, Retry
from trunkline.delivery.memory import MemoryLedger
from trunkline.delivery.retry import RetryPolicy
from trunkline.delivery.whole import fingerprint
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import Corrupt, Final, Retryable
from trunkline.kernel.signals import AttemptFailed, BatchDelivered, DeadLettered, FlowStalled, FlowStarted
from trunkline.testkit.targets import FINE, MemoryTable, Place, Trouble


class Table:
    """A table whose calls go as listed, then well; it notes what each call carried."""

    def __init__(self, subjects, *troubles, flow=None, **options):
        self.place, self.calls, self.troubles = Place(), [], list(troubles)
        self.log = SmallLog(events(subjects))
        self.options = options
        self.flow = flow or flow_of()
        self.ledger = MemoryLedger()

    def script(self, items):
        self.calls.append([item.offset for item in items])
        return self.troubles.pop(0) if self.troubles else FINE

    def world(self, **changes):
        target = MemoryTable(self.place, self.script, **self.options)
        return World(self.log, target, self.flow, ledger=self.ledger, **changes)

    def passed(self, cursor):
        """Return the progress that has passed the log's events up to a cursor."""
        last_event = fingerprint(STREAM, cursor - 1, self.log.stored[cursor - 1])
        return Progress("flow", cursor, last_event=last_event)

    @property
    def received(self):
        return [one.offset for one in self.place.received]


BUSY = Retryable("lock", "row is locked")


# A healthy batch is one call and one range, and the target holds the cursor.
async def test_a_batch_is_one_call_and_one_range():
    table = Table("abab")
    world = table.world()
    await world.run()
    assert table.calls == [[0, 1, 2, 3]]
    assert table.place.progress["flow"] == table.passed(4)
    assert await world.states() == {}
    [done] = world.said(BatchDelivered)
    assert (done.first, done.last, done.delivered, done.dropped) == (0, 3, 4, 0)
    [started] = world.said(FlowStarted)
    assert (started.cursor, started.target) == (0, "table")


# A blamed event and what follows it in its key stay behind; everything else takes effect in the same pass.
async def test_a_blamed_event_holds_back_its_own_key_only():
    table = Table("abac", Trouble(blame={0: Final("bad", "no")}))
    world = table.world()
    await world.run()
    assert table.calls == [[0, 1, 2, 3], [1, 3]]
    assert await world.states() == {"dead": [0], "held": [2]}
    [dead] = world.said(DeadLettered)
    assert (dead.offset, dead.kind, dead.attempts) == (0, "bad", 1)


# A later failure of a key does not hold back what is older.
async def test_an_older_event_of_a_failed_key_still_goes_first():
    table = Table("aab", Trouble(blame={1: BUSY}))
    world = table.world()
    await world.run()
    assert table.received == [0, 2, 1]


# With "skip" a dead letter lets later events of its key pass.
async def test_a_skipped_dead_letter_holds_nobody():
    table = Table("aba", Trouble(blame={0: Final("bad", "no")}), flow=flow_of(when_dead="skip"))
    world = table.world()
    await world.run()
    assert table.received == [1, 2]
    assert await world.states() == {"dead": [0]}


# A retry that is due takes what it held back along, in order, and its marks are forgotten once recorded.
async def test_a_retry_takes_along_what_it_held():
    table = Table("aaba", Trouble(blame={0: BUSY}))
    world = table.world()
    await world.run()
    assert table.calls[-1] == [0, 1, 3]
    assert table.received == [2, 0, 1, 3]
    assert table.place.progress["flow"] == table.passed(4)
    assert (await table.ledger.fate("flow", 0)).attempt == 2
    [failed] = world.said(AttemptFailed)
    assert (await table.ledger.fate("flow", 0)).at == failed.retry_at


# An event that fails for ever ends as a dead letter after the policy's attempts, with their history.
async def test_attempts_end_in_a_dead_letter():
    always = [Trouble(blame={0: BUSY})] * 4
    table = Table("a", *always, flow=flow_of(policy=RetryPolicy(attempts=3)))
    await table.world().run(60)
    [case] = await table.ledger.cases("flow", [0])
    assert (case.state, case.attempts, len(case.tries)) == ("dead", 3, 3)
    # The call without items moved the target's progress past the event that was left behind.
    assert table.calls == [[0], [], [0], [0]]


# A person's retry delivers a dead letter, within seconds, without a restart.
async def test_a_dead_letter_is_delivered_when_a_person_says_so():
    table = Table("aa", Trouble(blame={0: Final("bad", "no")}))
    world = table.world()
    task = asyncio.create_task(world.runner.run())
    await settle(task)
    assert await world.states() == {"dead": [0], "held": [1]}
    await table.ledger.resolve("flow", 0, Retry(), world.clock.now())
    world.runner.look()
    await settle(task)
    world.clock.advance(6)
    await settle(task)
    assert table.received == [0, 1]
    world.runner.stop()
    await task


# A target that is away costs no event an attempt: the flow stalls, says so, and goes on by itself.
async def test_a_target_that_is_away_stalls_the_flow():
    table = Table("ab", *[Trouble(raised=Retryable("connect", "refused"))] * 3)
    world = table.world()
    await world.run(30)
    assert table.received == [0, 1]
    assert [stalled.kind for stalled in world.said(FlowStalled)] == ["connect"] * 3
    assert world.said(AttemptFailed) == []
    assert (await table.ledger.fate("flow", 0)).attempt == 4


# A refusal of a whole batch is the target's matter, not each event's.
async def test_a_refused_batch_stalls_the_flow():
    table = Table("ab", Trouble(blame={0: BUSY, 1: BUSY}))
    world = table.world()
    await world.run()
    assert await world.states() == {}
    assert len(world.said(FlowStalled)) == 1


# But a batch that is refused for ever is told apart in the end: no event stops the flow for good.
async def test_a_batch_that_is_always_refused_does_not_stop_the_flow_for_ever():
    table = Table("abc", *[Trouble(blame={0: BUSY, 1: BUSY, 2: BUSY})] * 11)
    world = table.world()
    await world.run(3600)
    assert table.received == [0, 1, 2]
    assert len(world.said(AttemptFailed)) == 3


# Retries above the target's budget stay due in their order, and new events go on beside them.
async def test_retries_above_the_budget_stay_due():
    poison = dict.fromkeys(range(0, 20, 2), BUSY)
    table = Table(
        [f"k{n}" for n in range(20)], Trouble(blame=poison), flow=flow_of(policy=RetryPolicy(first_seconds=0))
    )
    world = table.world()
    world.bear(Terms(budget=BudgetPolicy(share=0.2, floor_per_second=0.0, window_seconds=30.0)))
    await world.run(20)
    assert table.received == [*range(1, 20, 2), 0, 2, 4, 6]
    assert (await world.states())["waiting"] == [8, 10, 12, 14, 16, 18]
    table.log.add(*(event(20 + n, f"n{n}") for n in range(10)))
    await table.world().run(20)
    assert sorted(table.received) == list(range(30))


# Stopping during a stall ends at once and leaves everything for the next start.
async def test_a_stop_during_a_stall_loses_nothing():
    table = Table("ab", *[Trouble(raised=Retryable("connect", "refused", 3000.0))] * 2)
    await table.world().run(1)
    assert table.received == []
    table.troubles.clear()
    await table.world().run(1)
    assert table.received == [0, 1]


# What the mapping drops is neither sent nor a case, and the ledger still knows it exactly.
async def test_dropped_events_are_in_the_range():
    table = Table("abc", flow=flow_of(mapping=lambda record, _: record if record["n"] != 1 else None))
    await table.world().run()
    assert table.received == [0, 2]
    assert [(await table.ledger.fate("flow", n)).state for n in range(3)] == [
        "delivered",
        "dropped",
        "delivered",
    ]


# A target restored from a backup is the truth: the flow delivers again what it no longer has.
async def test_the_target_is_the_truth_when_it_is_behind():
    table = Table("abcd")
    await table.ledger.record(
        Record("flow", 1, 4, Range(0, 3, 1, 1, delivered=4), [Case(3, "d", "dead", True)])
    )
    table.place.progress["flow"] = Progress("flow", 2)
    world = table.world()
    await world.run()
    assert table.received == [2, 3]
    assert await world.states() == {}


# A ledger that was lost is written anew from where the target is.
async def test_a_lost_ledger_begins_where_the_target_is():
    table = Table("abcd")
    table.place.progress["flow"] = Progress("flow", 3, (1,))
    await table.world().run()
    assert table.received == [3]
    assert table.place.progress["flow"] == table.passed(4)


# Late arrivals are delivered as they come, without waiting for a look at the ledger.
async def test_new_events_wake_the_flow():
    table = Table("a")
    world = table.world()
    task = asyncio.create_task(world.runner.run())
    await settle(task)
    table.log.add(event(1, "b"))
    await settle(task)
    assert table.received == [0, 1]
    assert world.clock.now() % SECOND == 0
    world.runner.stop()
    await task


# A trimmed beginning is passed over; the events that are there are delivered.
async def test_a_flow_begins_at_the_oldest_event_there_is():
    table = Table("abcd")
    table.log.first = 2
    await table.world().run()
    assert table.received == [2, 3]
    assert (await table.ledger.fate("flow", 0)).state == "skipped"


# A target that is further than the log belongs to a newer store: going on would skip what comes now.
async def test_a_target_that_is_ahead_of_the_log_is_not_written():
    table = Table("ab")
    table.place.progress["flow"] = Progress("flow", 3)
    world = table.world()
    await world.run(0.5)
    [stalled] = world.said(FlowStalled)
    assert stalled.kind == "ahead"
    assert "up to offset 3" in stalled.detail
    assert table.calls == []


# Another log that has grown past the target's cursor is known by the event below it, and nothing is skipped.
async def test_a_target_that_took_another_event_is_not_written():
    table = Table("abcd")
    table.place.progress["flow"] = table.passed(2)
    table.log.stored[1] = replace(table.log.stored[1], recorded=table.log.stored[1].recorded + 1)
    world = table.world()
    await world.run(0.5)
    [stalled] = world.said(FlowStalled)
    assert stalled.kind == "ahead"
    assert "up to offset 2 of order@1, where 1 is another event than the one it took" in stalled.detail
    assert "e1" not in stalled.detail
    assert table.calls == []
    assert await table.ledger.position("flow") is None


# Place, name and moment of an event make its fingerprint: a record that comes again is another event.
def test_a_fingerprint_is_of_one_stored_event():
    one = event(1, "a")
    others = [replace(one, id="e2"), replace(one, source="shop"), replace(one, recorded=one.recorded + 1)]
    prints = {fingerprint(STREAM, 1, other) for other in (one, *others)}
    prints |= {fingerprint(STREAM, 2, one), fingerprint("other@1", 1, one)}
    assert len(prints) == 6
    assert fingerprint(STREAM, 1, replace(one, data=b"personal", subject="b")) == fingerprint(STREAM, 1, one)


# Whatever became of a batch's last event, progress names it, and the next start goes on.
@pytest.mark.parametrize("fate", ["dropped", "dead", "held"])
async def test_a_last_event_that_was_not_delivered_is_passed_all_the_same(fate):
    given = {
        "dropped": {"flow": flow_of(mapping=lambda record, _: record if record["n"] != 2 else None)},
        "dead": {},
        "held": {},
    }
    blamed = {"dropped": {}, "dead": {2: Final("bad", "no")}, "held": {0: Final("bad", "no")}}
    table = Table("aba", Trouble(blame=blamed[fate]), **given[fate])
    await table.world().run()
    assert (await table.ledger.fate("flow", 2)).state == fate
    assert table.place.progress["flow"] == table.passed(3)
    table.log.add(event(3, "c"))
    world = table.world()
    await world.run()
    assert world.said(FlowStalled) == []
    assert table.received[-1] == 3


# What cannot be compared stops nobody: an event that retention removed, or whose page is damaged.
@pytest.mark.parametrize("why", ["trimmed", "all trimmed", "damaged"])
async def test_an_event_that_cannot_be_compared_is_no_reason_to_stop(why):
    class Damaged(SmallLog):
        async def read(self, stream, start, limit=1_000):
            if start < 2:
                raise Corrupt("a page is damaged")
            return await super().read(stream, start, limit)

    table = Table("ab" if why == "all trimmed" else "abcd")
    table.place.progress["flow"] = replace(table.passed(2), last_event="another's")
    await table.ledger.record(Record("flow", 1, 2))
    if why == "damaged":
        table.log = Damaged(table.log.stored)
    else:
        table.log.first = 2
    world = table.world()
    await world.run()
    assert world.said(FlowStalled) == []
    assert table.received == ([] if why == "all trimmed" else [2, 3])


# Progress that an earlier release wrote names no event: it is believed until the next new batch names one.
async def test_progress_without_a_last_event_is_believed_until_it_has_one():
    table = Table("abc")
    table.place.progress["flow"] = Progress("flow", 3)
    waiting = Case(0, "a", "waiting", holds=True)
    await table.ledger.record(Record("flow", 1, 3, Range(0, 2, 1, 1), [waiting]))
    await table.world().run()
    assert table.received == [0]
    assert table.place.progress["flow"] == Progress("flow", 3)
    table.log.add(event(3, "b"))
    await table.world().run()
    assert table.place.progress["flow"] == table.passed(4)
