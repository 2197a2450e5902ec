"""Where live and replayed calls meet: who goes first, who waits for whom, and what is not sent any more."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.delivery.crossroads import replay_of
from tests.unit.delivery.small import SmallLog, settle

from trunkline.connectors.target import Item, Progress
from trunkline.delivery.books import Books
from trunkline.delivery.crossing import Crossing, Live, Replaying, Traffic
from trunkline.delivery.ledger import Case, Record
from trunkline.delivery.memory import MemoryLedger
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import Final, Retryable, Superseded
from trunkline.testkit.clock import START, ManualClock
from trunkline.testkit.targets import FINE, MemoryService, MemoryTable, Place, Trouble


def item(offset, key):
    return Item(offset, key, f"name-{offset}", "c" * 32, 1, {})


class Meeting:
    """A live and a replayed side of one place; ``script`` says how each call goes."""

    def __init__(self, kind=MemoryService, script=lambda _items: FINE, **changes):
        self.clock, self.ledger, self.place = ManualClock(), MemoryLedger(), Place()
        self.crossing = Crossing(Traffic())
        self.crossing.watch({"a", "b", "c"})
        own = {"concurrency": changes.pop("concurrency", 4)} if kind is MemoryService else {}

        def target():
            return kind(self.place, script, rest=self.clock.sleep, **own)

        self.live = Live(target(), self.crossing)
        books = Books(SmallLog(), self.ledger, "order@1", "flow")
        replay = replay_of(**{"rate": 1e12, **changes})
        self.replaying = Replaying(target(), self.crossing, books, self.clock, replay)

    async def starts(self, call):
        """Begin a call and let it come as far as it does without time passing."""
        task = asyncio.ensure_future(call)
        await settle(task)
        return task

    async def lasts(self, task, seconds=1.0):
        self.clock.advance(seconds)
        await settle(task)
        return task.done()

    @property
    def received(self):
        return [one.offset for one in self.place.received]


SLOW = Trouble(seconds=1.0)


# A replayed call waits for a live one of its key; one of another key does not.
async def test_a_replayed_call_waits_for_a_live_one_of_its_key():
    meeting = Meeting(script=lambda items: SLOW if items[0].offset == 5 else FINE)
    live = await meeting.starts(meeting.live.deliver([item(5, "b")], None))
    other = await meeting.starts(meeting.replaying.deliver([item(1, "a")], None))
    waits = await meeting.starts(meeting.replaying.deliver([item(6, "b")], None))
    assert (other.done(), waits.done()) == (True, False)
    assert await meeting.lasts(live)
    await settle(waits)
    assert await waits == [None]
    assert meeting.received == [1, 5, 6]


# A live call waits for a replayed one of its key, and for no other.
async def test_a_live_call_waits_for_a_replayed_one_of_its_key():
    meeting = Meeting(script=lambda items: SLOW if items[0].offset == 1 else FINE)
    replayed = await meeting.starts(meeting.replaying.deliver([item(1, "a")], None))
    other = await meeting.starts(meeting.live.deliver([item(6, "b")], None))
    keyless = await meeting.starts(meeting.live.deliver([item(7, "")], None))
    waits = await meeting.starts(meeting.live.deliver([item(5, "a")], None))
    assert (other.done(), keyless.done(), waits.done()) == (True, True, False)
    assert await meeting.lasts(replayed)
    await settle(waits)
    assert meeting.received == [6, 7, 1, 5]


# A replayed event is not sent once a newer one of its key took effect, live or replayed.
@pytest.mark.parametrize("side", ["live", "replaying"])
async def test_what_is_superseded(side):
    meeting = Meeting()
    await getattr(meeting, side).deliver([item(5, "a")], None)
    [older] = await meeting.replaying.deliver([item(4, "a")], None)
    assert isinstance(older, Superseded)
    assert await meeting.replaying.deliver([item(5, "a")], None) == [None]
    assert await meeting.replaying.deliver([item(4, "b")], None) == [None]
    assert meeting.received == [5, 5, 4]


# An atomic target is called without what is superseded: the caller hears of it first, and calls again.
async def test_a_batch_with_something_superseded():
    meeting = Meeting(MemoryTable)
    await meeting.live.deliver([item(5, "a")], Progress("flow", 6))
    batch = [item(4, "a"), item(3, "b")]
    superseded, fine = await meeting.replaying.deliver(batch, Progress("r", 5))
    assert (type(superseded), fine, meeting.received) == (Superseded, None, [5])
    assert await meeting.replaying.deliver(batch[1:], Progress("r", 5)) == [None]
    assert meeting.place.progress["r"].cursor == 5


# A target of single calls is sent what is left of several, and each has its own answer.
async def test_several_single_calls():
    no = Final("http-400", "no")
    meeting = Meeting(script=lambda items: Trouble(blame={3: no}))
    await meeting.live.deliver([item(5, "a")], None)
    answers = await meeting.replaying.deliver([item(4, "a"), item(3, "b"), item(2, "c")], None)
    assert [type(answers[0]), *answers[1:]] == [Superseded, no, None]


# A batch that an atomic target blamed had no effect: nothing is superseded by it.
async def test_a_blamed_batch_supersedes_nothing():
    meeting = Meeting(MemoryTable, lambda items: Trouble(blame={6: Final("x", "y")}))
    await meeting.live.deliver([item(5, "a"), item(6, "b")], Progress("flow", 7))
    assert meeting.received == []
    assert await meeting.replaying.deliver([item(4, "c")], Progress("r", 5)) == [None]
    assert not meeting.crossing.is_superseded(item(4, "a"))


# Where a live call failed it may have taken effect: replayed events of its key wait for what comes of it.
@pytest.mark.parametrize(
    ("becomes", "then"),
    [
        ("delivered", Superseded),
        ("dropped", None),
        ("discarded", None),
        ("waiting", Retryable),
        ("dead", Retryable),
    ],
)
async def test_a_doubt(becomes, then):
    no_answer = Trouble(raised=Retryable("timeout", "no answer"))
    meeting = Meeting(script=lambda items: no_answer if items[0].offset == 5 else FINE)
    with pytest.raises(Retryable):
        await meeting.live.deliver([item(5, "a")], None)
    [waits] = await meeting.replaying.deliver([item(4, "a")], None)
    assert (type(waits), waits.kind) == (Retryable, "flow-first")
    assert await meeting.replaying.deliver([item(4, "b")], None) == [None]
    case = Case(5, "a", becomes, holds=becomes in ("waiting", "dead"), at=START)
    await meeting.ledger.record(Record("flow", START, cases=[case]))
    [after] = await meeting.replaying.deliver([item(4, "a")], None)
    assert after is None if then is None else isinstance(after, then)


# A dead letter that holds nobody leaves no doubt: the flow has given the event up for now.
async def test_a_dead_letter_that_holds_nobody():
    meeting = Meeting()
    meeting.crossing.doubt("a", 5)
    await meeting.ledger.record(Record("flow", START, cases=[Case(5, "a", "dead", at=START)]))
    assert await meeting.replaying.deliver([item(4, "a")], None) == [None]


# Where the newest event in doubt was dropped, an older one that was delivered meanwhile is found.
async def test_an_older_event_behind_a_doubt():
    meeting = Meeting()
    meeting.crossing.doubt("a", 7)
    late, dropped = Case(6, "a", "delivered", at=START), Case(7, "a", "dropped", at=START)
    await meeting.ledger.record(Record("flow", START, cases=[late, dropped]))
    [answer] = await meeting.replaying.deliver([item(5, "a")], None)
    assert isinstance(answer, Superseded)


# A replay that delivers exactly what was selected asks nobody, but is never under way beside its own key.
async def test_exactly():
    meeting = Meeting(exactly=True, script=lambda items: SLOW if items[0].offset == 7 else FINE)
    await meeting.live.deliver([item(5, "a")], None)
    meeting.crossing.doubt("a", 6)
    assert await meeting.replaying.deliver([item(4, "a")], None) == [None]
    live = await meeting.starts(meeting.live.deliver([item(7, "a")], None))
    waits = await meeting.starts(meeting.replaying.deliver([item(3, "a")], None))
    assert not waits.done()
    assert await meeting.lasts(live)
    await settle(waits)
    assert meeting.received == [5, 4, 7, 3]


# Live calls that take all the room keep replayed ones out; half of it is never for those.
async def test_room():
    meeting = Meeting(script=lambda items: SLOW, concurrency=4)
    assert meeting.replaying.features.concurrency == 2
    live = [await meeting.starts(meeting.live.deliver([item(n, f"l{n}")], None)) for n in range(3)]
    first, second = [
        await meeting.starts(meeting.replaying.deliver([item(n, f"r{n}")], None)) for n in (10, 11)
    ]
    assert meeting.crossing.traffic.replayed == 1
    assert await meeting.lasts(first)
    await settle(second)
    assert meeting.crossing.traffic.replayed == 1
    assert all(task.done() for task in live)
    assert await meeting.lasts(second)


# The rate holds over every batch: the next begins when its time has come, not before.
async def test_pace():
    meeting = Meeting(rate=2.0)
    assert meeting.replaying.features.batch == 1
    begun = []
    for n in range(4):
        task = await meeting.starts(meeting.replaying.deliver([item(n, "")], None))
        while not task.done():
            meeting.clock.advance_to(meeting.clock.next_wake)
            await settle(task)
        begun.append((meeting.clock.now() - START) / SECOND)
    assert begun == [0.0, 0.5, 1.0, 1.5]


# Told to stop, whoever waits for a turn or for room is told so, blaming nobody, and nothing is sent.
@pytest.mark.parametrize("waits_for", ["turn", "room"])
async def test_stop(waits_for):
    meeting = Meeting(rate=0.01, script=lambda items: SLOW, concurrency=1)
    if waits_for == "turn":
        first = await meeting.starts(meeting.replaying.deliver([item(0, "")], None))
        assert await meeting.lasts(first)
    else:
        await meeting.starts(meeting.live.deliver([item(0, "")], None))
    waiting = await meeting.starts(meeting.replaying.deliver([item(1, "")], None))
    assert not waiting.done()
    meeting.replaying.stop()
    await settle(waiting)
    with pytest.raises(Retryable, match="told to stop"):
        await waiting
    assert 1 not in meeting.received


# What nobody watches is not remembered, and forgetting ends all watching.
async def test_watching():
    meeting = Meeting()
    await meeting.live.deliver([item(5, "elsewhere")], None)
    assert not meeting.crossing.is_superseded(item(4, "elsewhere"))
    await meeting.live.deliver([item(5, "a")], None)
    meeting.crossing.watch({"b"})
    assert not meeting.crossing.is_superseded(item(4, "a"))
    meeting.crossing.forget()
    await meeting.live.deliver([item(5, "b")], None)
    assert not meeting.crossing.is_superseded(item(4, "b"))


# What a target does besides is the target's own.
async def test_the_rest_of_a_target():
    meeting = Meeting(MemoryTable)
    for side in (meeting.live, meeting.replaying):
        await side.open()
        await side.deliver([item(1, "a")], Progress("flow", 2, (1,)))
        assert (await side.progress("flow")).cursor == 2
        await side.forget("flow", [1])
        assert (await side.progress("flow")).applied == ()
        await side.close()
        assert side.name == "table"
