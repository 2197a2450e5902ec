"""Where live and replayed calls meet: who goes first, who waits for whom, and what is not sent any more."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.delivery.replay.crossroads import replay_of
from tests.unit.delivery.small import SmallLog, settle

from trunkline.connectors.target import Item, Progress
from trunkline.delivery.ledger import Case, Record
from trunkline.delivery.memory import MemoryLedger
from trunkline.delivery.replay.books import Books
from trunkline.delivery.replay.crossing import Crossing, Live, Replaying
from trunkline.kernel.errors import Deferred, Final, Retryable, Superseded
from trunkline.testkit.clock import START, ManualClock
from trunkline.testkit.targets import FINE, MemoryService, MemoryTable, Place, Trouble


def item(offset, key):
    return Item(offset, key, f"name-{offset}", "c" * 32, 1, {})


class Meeting:
    """A live and a replayed side of one place; ``script`` says how each call goes."""

    def __init__(self, kind=MemoryService, script=lambda _items: FINE, **changes):
        self.clock, self.ledger, self.place = ManualClock(), MemoryLedger(), Place()
        self.crossing = Crossing()
        self.crossing.watch({"a", "b", "c"})
        own = {"concurrency": changes.pop("concurrency", 4)} if kind is MemoryService else {}

        def target():
            return kind(self.place, script, rest=self.clock.sleep, **own)

        self.live = Live(target(), self.crossing)
        books = Books(SmallLog(), self.ledger, "order@1", "flow")
        replay = replay_of(**{"rate": 1e12, **changes})
        self.replaying = Replaying(target(), self.crossing, books, replay)

    async def starts(self, call):
        """Begin a call and let it come as far as it does without time passing."""
        task = asyncio.ensure_future(call)
        await settle(task)
        return task

    async def asks(self, wanted):
        """Have a replayed event wait for one in doubt, and look up what became of that."""
        [answer] = await self.replaying.deliver([wanted], None)
        assert isinstance(answer, Deferred)
        await self.replaying.look_up()

    async def lasts(self, task, seconds=1.0):
        self.clock.advance(seconds)
        await settle(task)
        return task.done()

    @property
    def received(self):
        return [one.offset for one in self.place.received]


SLOW = Trouble(seconds=1.0)


# While a live call of its key is under way a replayed event is deferred; one of another key is not.
async def test_a_replayed_event_waits_for_a_live_one_of_its_key():
    meeting = Meeting(script=lambda items: SLOW if items[0].offset == 5 else FINE)
    live = await meeting.starts(meeting.live.deliver([item(5, "b")], None))
    assert await meeting.replaying.deliver([item(1, "a")], None) == [None]
    [waits] = await meeting.replaying.deliver([item(6, "b")], None)
    assert (type(waits), waits.kind) == (Deferred, "flow-first")
    assert await meeting.lasts(live)
    assert await meeting.replaying.deliver([item(6, "b")], None) == [None]
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


# A live call that waits for a replayed one of its key is not overtaken by the next of these.
async def test_a_live_call_that_waits_is_next():
    meeting = Meeting(script=lambda items: SLOW)
    await meeting.starts(meeting.replaying.deliver([item(1, "a")], None))
    live = await meeting.starts(meeting.live.deliver([item(5, "a")], None))
    [waits] = await meeting.replaying.deliver([item(2, "a")], None)
    assert isinstance(waits, Deferred)
    assert not await meeting.lasts(live)
    assert await meeting.lasts(live)
    assert meeting.received == [1, 5]


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
        ("waiting", Deferred),
        ("dead", Deferred),
    ],
)
async def test_a_doubt(becomes, then):
    no_answer = Trouble(raised=Retryable("timeout", "no answer"))
    meeting = Meeting(script=lambda items: no_answer if items[0].offset == 5 else FINE)
    with pytest.raises(Retryable):
        await meeting.live.deliver([item(5, "a")], None)
    [waits] = await meeting.replaying.deliver([item(4, "a")], None)
    assert (type(waits), waits.kind) == (Deferred, "flow-first")
    assert await meeting.replaying.deliver([item(4, "b")], None) == [None]
    case = Case(5, "a", becomes, holds=becomes in ("waiting", "dead"), at=START)
    await meeting.ledger.record(Record("flow", START, cases=[case]))
    await meeting.replaying.look_up()
    [after] = await meeting.replaying.deliver([item(4, "a")], None)
    assert after is None if then is None else isinstance(after, then)


# A dead letter that holds nobody leaves no doubt: the flow has given the event up for now.
async def test_a_dead_letter_that_holds_nobody():
    meeting = Meeting()
    meeting.crossing.doubt("a", 5)
    await meeting.ledger.record(Record("flow", START, cases=[Case(5, "a", "dead", at=START)]))
    await meeting.asks(item(4, "a"))
    assert await meeting.replaying.deliver([item(4, "a")], None) == [None]


# Where the newest event in doubt was dropped, an older one that was delivered meanwhile is found.
async def test_an_older_event_behind_a_doubt():
    meeting = Meeting()
    meeting.crossing.doubt("a", 7)
    late, dropped = Case(6, "a", "delivered", at=START), Case(7, "a", "dropped", at=START)
    await meeting.ledger.record(Record("flow", START, cases=[late, dropped]))
    await meeting.asks(item(5, "a"))
    [answer] = await meeting.replaying.deliver([item(5, "a")], None)
    assert isinstance(answer, Superseded)


# Only doubts that something waited for are looked up, and each once.
async def test_what_is_looked_up():
    meeting = Meeting()
    meeting.crossing.doubt("a", 5)
    meeting.crossing.doubt("b", 6)
    closed = [Case(5, "a", "dropped", at=START), Case(6, "b", "dropped", at=START)]
    await meeting.ledger.record(Record("flow", START, cases=closed))
    await meeting.asks(item(4, "a"))
    assert (meeting.crossing.doubts, meeting.crossing.asked) == ({"b": 6}, set())


# A replay that delivers exactly what was selected asks nobody, but is never under way beside its own key.
async def test_exactly():
    meeting = Meeting(exactly=True, script=lambda items: SLOW if items[0].offset == 7 else FINE)
    await meeting.live.deliver([item(5, "a")], None)
    meeting.crossing.doubt("a", 6)
    assert await meeting.replaying.deliver([item(4, "a")], None) == [None]
    live = await meeting.starts(meeting.live.deliver([item(7, "a")], None))
    [waits] = await meeting.replaying.deliver([item(3, "a")], None)
    assert isinstance(waits, Deferred)
    assert await meeting.lasts(live)
    assert await meeting.replaying.deliver([item(3, "a")], None) == [None]
    assert meeting.received == [5, 4, 7, 3]


# Half of the calls a target takes at a time are never for a replay; one call takes no more than a second's.
@pytest.mark.parametrize(("kind", "batch", "concurrency"), [(MemoryService, 1, 2), (MemoryTable, 3, 1)])
def test_what_a_replay_takes(kind, batch, concurrency):
    features = Meeting(kind, rate=3.5).replaying.features
    assert (features.batch, features.concurrency) == (batch, concurrency)


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
