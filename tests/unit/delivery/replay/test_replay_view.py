"""The stream as a replay reads it: only its own events carry anything, and every offset is its own."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.delivery.replay.crossroads import replay_of
from tests.unit.delivery.small import STREAM, SmallLog, event, events, flow_of, settle

from trunkline.delivery.attempt import Entry, Mapper
from trunkline.delivery.ledger import Case, Record
from trunkline.delivery.memory import MemoryLedger
from trunkline.delivery.replay.books import Books
from trunkline.delivery.replay.port import Selection
from trunkline.delivery.replay.selecting import Choice, survey
from trunkline.delivery.replay.view import ReplayedLog, blank, replayed
from trunkline.delivery.whole import fingerprint
from trunkline.kernel.outcome import Dropped
from trunkline.testkit.clock import START, ManualClock

NAME = "flow#r1"


async def view(stored, selection, bound=None):
    books = Books(SmallLog(stored), MemoryLedger(), STREAM, "flow")
    choice, bound = Choice(selection, None, exactly=False), len(stored) if bound is None else bound
    await survey(choice, books, bound)
    return ReplayedLog(books, choice, bound, NAME, ManualClock()), books


def carried(page):
    return [n for n, one in enumerate(page.events, page.base) if one.data]


# A page ends with an event of its own, has as many of them as asked for, and no gap.
async def test_pages():
    log, _ = await view(events("abcabcabc"), Selection(keys=("b",)))
    page = await log.read(STREAM, 0, 2)
    assert (page.base, page.next, carried(page)) == (0, 5, [1, 4])
    page = await log.read(STREAM, page.next, 2)
    assert (page.base, page.next, carried(page)) == (5, 8, [7])
    assert (await log.read(STREAM, page.next)).events == []


# A blank event has no key to wait for and no record, and is the same event by its name.
async def test_blank_events():
    one = event(7, "a")
    assert (blank(one).subject, blank(one).data) == ("", b"")
    assert fingerprint(STREAM, 7, blank(one)) == fingerprint(STREAM, 7, one)
    mapped = Mapper(replayed(flow_of(), replay_of()))(Entry(7, "", blank(one)), START)
    assert isinstance(mapped, Dropped)


# A long stretch without an event of its own is left out; its position moves over it from where it stands.
@pytest.mark.parametrize(("position", "moved"), [(None, 3_000), (0, 3_000), (5, 5)])
async def test_stretches(position, moved):
    log, books = await view([*events("b" * 3_200), event(3_200, "a")], Selection(keys=("a",)))
    if position is not None:
        await books.ledger.record(Record(NAME, START, position))
    for _ in range(2):
        page = await log.read(STREAM, 0)
        assert (page.base, carried(page)) == (3_000, [3_200])
    assert (await books.ledger.position(NAME)).cursor == moved


# A stretch that was looked through is not looked through again.
async def test_a_stretch_is_remembered():
    log, books = await view(events("b" * 5_000), Selection(keys=("a",)))
    assert (await log.read(STREAM, 0)).events == []
    reads = books.log.reads
    assert (await log.read(STREAM, 0)).events == []
    assert books.log.reads - reads <= 1


# What the flow has open when it is read is not delivered, whatever the survey saw.
async def test_what_became_open():
    log, books = await view(events("abc"), Selection())
    await books.ledger.record(Record("flow", START, cases=[Case(1, "b", "dead", holds=True)]))
    assert carried(await log.read(STREAM, 0)) == [0, 2]


# Nothing at or above the bound is read, and waiting for more never ends.
async def test_the_bound():
    log, _ = await view(events("abcd"), Selection(), bound=2)
    assert carried(await log.read(STREAM, 0)) == [0, 1]
    waiting = asyncio.ensure_future(log.wait(STREAM, 2))
    await settle(waiting)
    assert not waiting.done()
    waiting.cancel()
    assert [info.next for info in await log.streams()] == [4]


# Its flow is the flow's own, but for its name, its identity, and that a dead letter holds nobody.
def test_the_flow_of_a_replay():
    flow = flow_of(project="shop", when_dead="hold-key", start="now")
    again = replayed(flow, replay_of())
    assert (again.name, again.progress_name, again.identity) == (NAME, f"shop/{NAME}", "")
    assert (again.stream, again.target, again.policy) == (flow.stream, flow.target, flow.policy)
    assert (again.when_dead, again.start) == ("skip", "beginning")
    assert replayed(flow, replay_of(original_identity=True)).identity == "flow"
