"""A replay delivers what was selected and what follows it, beside live traffic, over any number of lives."""

from __future__ import annotations

import pytest
from tests.unit.delivery.replay.crossroads import Crossroads, replay_of
from tests.unit.delivery.small import SmallLog, event, events, flow_of

from trunkline.delivery.ledger import CaseQuery, Discard, Retry
from trunkline.delivery.replay.port import Selection
from trunkline.delivery.retry import RetryPolicy
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import Final, Retryable
from trunkline.kernel.signals import FlowStalled, ReplayChanged, ReplayProgress
from trunkline.testkit.clock import START
from trunkline.testkit.targets import FINE, MemoryService, MemoryTable, Trouble

KINDS = [MemoryTable, MemoryService]


async def roads_of(kind, subjects, **changes):
    """Crossroads whose flow has delivered everything that is stored."""
    roads = Crossroads(SmallLog(events(subjects)), kind, **changes)
    await roads.live_only().run(1)
    return roads


# The selected events are delivered again, each followed by the later ones of its entity, in their order.
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), [0, 1, 2, 3, 4, 5, 6]),
        (Selection(5), [5, 6]),
        (Selection(1, 2), [1, 2, 4, 6]),
        (Selection(keys=("c",)), [3]),
        (Selection(last=0), [0, 2, 6]),
        (Selection(4, 4, keys=("b",)), [4]),
        (Selection(correlation=f"{5:032x}"), [4]),
        (Selection(since=START + 1), []),
        (Selection(until=START), []),
    ],
)
async def test_what_is_delivered(kind, selection, expected):
    roads = await roads_of(kind, ["a", "b", "a", "c", "b", "", "a"])
    await roads.start(replay_of(selection))
    await (await roads.life()).run(30)
    assert sorted(roads.effects(replayed=True)) == expected
    replay = await roads.replays.get("r1")
    assert (replay.state, replay.planned, replay.delivered, replay.dead) == ("done", *[len(expected)] * 2, 0)
    assert roads.effects(replayed=False) == []


# Exactly what was selected is delivered where a replay is told so, whatever came later of its entities.
@pytest.mark.parametrize("kind", KINDS)
async def test_exactly(kind):
    roads = await roads_of(kind, ["a", "b", "a", "a"])
    await roads.start(replay_of(Selection(0, 2), exactly=True))
    await (await roads.life()).run(30)
    assert sorted(roads.effects(replayed=True)) == [0, 1, 2]


# An expression selects by the record; where it fails the event is not selected.
async def test_by_expression():
    def holds(one):
        if one.data == b'{"n": 3}':
            raise Final("mapping", "cannot tell")
        return one.data != b'{"n": 1}'

    roads = await roads_of(MemoryTable, "abcd")
    roads.holds = holds
    await roads.start(replay_of(Selection(when="n != 1")))
    await (await roads.life()).run(30)
    assert sorted(roads.effects(replayed=True)) == [0, 2]


# Its effects have names of their own, so that a receiver that keeps keys does not swallow them.
@pytest.mark.parametrize("original", [False, True])
async def test_identity(original):
    roads = await roads_of(MemoryService, "ab")
    await roads.start(replay_of(original_identity=original))
    await (await roads.life()).run(30)
    first, again = roads.place.received[:2], roads.place.received[2:]
    assert len(again) == 2
    names = [{one.idempotency_key for one in several} for several in (first, again)]
    assert (names[0] == names[1]) == original
    assert original or not names[0] & names[1]


# The present mapping counts: what it dropped before may be delivered now, and the other way round.
async def test_the_present_mapping():
    roads = await roads_of(MemoryTable, "abc", flow=flow_of(mapping=lambda r, e: r if r["n"] else None))
    assert [one.offset for one in roads.place.received] == [1, 2]
    roads.flow = flow_of(mapping=lambda r, e: {**r, "new": 1} if r["n"] < 2 else None)
    await roads.start(replay_of())
    await (await roads.life()).run(30)
    assert [(one.offset, one.record["new"]) for one in roads.place.received[2:]] == [(0, 1), (1, 1)]
    assert (await roads.ledger.fate("flow#r1", 2)).state == "dropped"


# The flow's own position and ledger are not touched by its replay.
@pytest.mark.parametrize("kind", KINDS)
async def test_the_flow_is_not_moved(kind):
    roads = await roads_of(kind, "abcd")
    before = await roads.ledger.position("flow"), roads.place.progress.get("flow")
    await roads.start(replay_of(Selection(1, 2)))
    await (await roads.life()).run(30)
    assert (await roads.ledger.position("flow"), roads.place.progress.get("flow")) == before
    fates = [(await roads.ledger.fate("flow#r1", offset)).state for offset in range(4)]
    assert [fates[1], fates[2]] == ["delivered", "delivered"]
    assert "delivered" not in (fates[0], fates[3])


# No more events begin in any second than its rate allows, but for the first.
@pytest.mark.parametrize("kind", KINDS)
async def test_the_rate(kind):
    roads = await roads_of(kind, [f"k{n}" for n in range(60)])
    at = []
    roads.target = lambda side: roads.kind(
        roads.place, lambda items: at.append((roads.clock.now(), len(items))) or FINE
    )
    await roads.start(replay_of(rate=5.0))
    await (await roads.life()).run(60)
    assert sum(count for _, count in at) == 60
    first = at[0][0]
    for moment, _ in at:
        begun = sum(count for when, count in at if when <= moment)
        assert begun <= 5 * (moment - first) / SECOND + 5


# A stretch without an event of its own is passed over, and its position with it.
async def test_a_sparse_selection():
    subjects = ["a", *["b"] * 4_000, "a", *["b"] * 2_500, "a"]
    roads = await roads_of(MemoryService, subjects)
    await roads.start(replay_of(Selection(keys=("a",))))
    await (await roads.life()).run(30)
    assert roads.effects(replayed=True) == [0, 4_001, 6_502]
    assert (await roads.ledger.fate("flow#r1", 2_500)).state == "skipped"
    assert (await roads.replays.get("r1")).state == "done"


# What the flow has open itself is the flow's, and what a person discarded stays discarded.
@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_left_to_the_flow(kind):
    def script(items):
        return Trouble(
            blame={n: Final("http-400", "no") for n in (0, 2) if n in {one.offset for one in items}}
        )

    roads = Crossroads(SmallLog(events("abcbad")), kind)
    roads.target = lambda side: kind(roads.place, script)
    await roads.live_only().run(1)
    roads.target = lambda side: kind(roads.place)
    await roads.ledger.resolve("flow", 2, Discard("test"), roads.clock.now())
    await roads.start(replay_of())
    await (await roads.life()).run(30)
    assert sorted(roads.effects(replayed=True)) == [1, 3, 5]
    assert (await roads.ledger.fate("flow", 0)).state == "dead"
    assert (await roads.ledger.fate("flow", 4)).state == "held"


# Live events go first: while they take all the room that a target has, not one replayed call begins.
async def test_live_traffic_goes_first():
    roads = await roads_of(MemoryService, [f"k{n}" for n in range(40)])
    open_calls, seen = {"live": 0, "replay": 0}, []

    def target(side):
        class Counting(MemoryService):
            async def deliver(self, items, progress):
                open_calls[side] += 1
                seen.append((side, open_calls["live"], open_calls["replay"]))
                try:
                    return await super().deliver(items, progress)
                finally:
                    open_calls[side] -= 1

        def slow(items):
            return Trouble(seconds=0.5 if side == "live" else 0.1)

        return Counting(roads.place, slow, concurrency=4, rest=roads.clock.sleep)

    roads.target = target
    await roads.start(replay_of())

    def each():
        number = len(roads.log.stored)
        if number < 80:
            roads.log.add(event(number, f"live{number}"))

    await (await roads.life()).run(60, each=each)
    assert len(roads.effects(replayed=False)) == 40
    assert (await roads.replays.get("r1")).state == "done"
    begun = [(live, replayed) for side, live, replayed in seen if side == "replay"]
    assert any(live for live, _ in begun)
    assert all(live + replayed <= 4 and replayed <= 2 for live, replayed in begun)


# A newer live event makes what is left of its entity pointless: the older is dropped and the newer stands.
@pytest.mark.parametrize("kind", KINDS)
async def test_a_newer_live_event_supersedes(kind):
    roads = await roads_of(kind, [*"ab" * 5])
    await roads.start(replay_of(rate=1.0))
    arrived = []

    def each():
        if not arrived and len(roads.place.received) >= 13:
            roads.log.add(event(10, "a"))
            arrived.append(True)

    await (await roads.life()).run(60, each=each)
    replay = await roads.replays.get("r1")
    assert replay.state == "done"
    assert replay.delivered < replay.planned == 10
    of_a = [one.offset for one in roads.place.received if one.subject == "a"]
    assert of_a[-1] == 10
    assert [one.offset for one in roads.place.received if one.subject == "b"][-5:] == [1, 3, 5, 7, 9]
    assert (await roads.ledger.fate("flow#r1", 8)).state == "dropped"


# Newer events that came while it was paused supersede as well: that is read from what is stored.
@pytest.mark.parametrize("kind", KINDS)
async def test_what_came_during_a_pause_supersedes(kind):
    roads = await roads_of(kind, [*"ab" * 5])
    await roads.start(replay_of(rate=1.0))
    await (await roads.life()).run(3.5)
    assert await roads.change("paused")
    roads.log.add(event(10, "a"))
    await (await roads.life()).run(30)
    before = len(roads.place.received)
    assert await roads.change("running")
    await (await roads.life()).run(60)
    assert (await roads.replays.get("r1")).state == "done"
    assert {one.subject for one in roads.place.received[before:]} == {"b"}
    assert [one.offset for one in roads.place.received if one.subject == "b"][-5:] == [1, 3, 5, 7, 9]


# Paused it sends nothing, resumed it goes on where it was, cancelled it ends; each is told once.
@pytest.mark.parametrize("kind", KINDS)
async def test_pause_resume_and_cancel(kind):
    roads = await roads_of(kind, [f"k{n}" for n in range(30)])
    await roads.start(replay_of(rate=2.0))
    await (await roads.life()).run(4.2)
    paused_at = len(roads.effects(replayed=True))
    assert 6 <= paused_at <= 12
    await roads.change("paused")
    await (await roads.life()).run(60)
    assert len(roads.effects(replayed=True)) == paused_at
    await roads.change("running")
    await (await roads.life()).run(4.2)
    assert len(roads.effects(replayed=True)) > paused_at
    assert len(set(roads.effects(replayed=True))) == len(roads.effects(replayed=True))
    await roads.change("cancelled")
    assert not await roads.change("running")
    assert not [one for one in roads.signals if isinstance(one, FlowStalled)]


# A replay waits for its flow to deliver what it was at when the replay began, and never goes before it.
async def test_it_waits_for_its_flow():
    roads = Crossroads(SmallLog(events("abc")), MemoryService)
    away = [True]

    def script(items):
        return Trouble(raised=Retryable("connect", "down")) if away[0] else FINE

    roads.target = lambda side: MemoryService(roads.place, script)
    await roads.start(replay_of())
    await (await roads.life()).run(30)
    assert roads.place.received == []
    away[0] = False
    await (await roads.life()).run(120)
    assert (await roads.replays.get("r1")).state == "done"
    assert [(await roads.ledger.fate("flow", n)).state for n in range(3)] == ["delivered"] * 3


# A dead letter of a replay is the replay's: it holds nobody, and retried after newer ones it is dropped.
@pytest.mark.parametrize("kind", KINDS)
async def test_a_dead_letter_of_a_replay(kind):
    refused = {0, 5}

    def script(items):
        return Trouble(blame={one.offset: Final("http-400", "no") for one in items if one.offset in refused})

    roads = await roads_of(kind, "abacad")
    roads.target = lambda side: kind(roads.place, script)
    await roads.start(replay_of())
    await (await roads.life()).run(30)
    replay = await roads.replays.get("r1")
    assert (replay.state, replay.delivered, replay.dead) == ("done", 4, 2)
    dead = await roads.ledger.find(CaseQuery("flow#r1"))
    assert [(flow, case.offset, case.holds) for flow, case in dead] == [("flow#r1", n, False) for n in (0, 5)]
    refused.clear()
    for offset in (0, 5):
        assert await roads.ledger.resolve("flow#r1", offset, Retry(), roads.clock.now())
    assert await roads.change("running")
    await (await roads.life()).run(30)
    assert (await roads.replays.get("r1")).state == "done"
    assert roads.effects(replayed=True)[4:] == [5]
    assert (await roads.ledger.fate("flow#r1", 0)).state == "dropped"


# A failed call of a replay is tried again by the flow's policy, and holds later events of its entity.
async def test_a_retry_of_a_replay():
    busy = [2]

    def script(items):
        if items[0].offset == 0 and busy[0]:
            busy[0] -= 1
            return Trouble(blame={0: Retryable("http-503", "busy")})
        return FINE

    roads = await roads_of(MemoryService, "aab", flow=flow_of(policy=RetryPolicy(factor=1.0)))
    roads.target = lambda side: MemoryService(roads.place, script)
    await roads.start(replay_of())
    await (await roads.life()).run(60)
    effects = roads.effects(replayed=True)
    assert [n for n in effects if n != 2] == [0, 1]
    assert (await roads.ledger.fate("flow#r1", 0)).attempt == 3


# How far it is, is told as it goes, and its end with its new state.
async def test_what_it_tells():
    roads = await roads_of(MemoryTable, [f"k{n}" for n in range(10)])
    await roads.start(replay_of(rate=2.0))
    await (await roads.life()).run(60)
    told = [one for one in roads.signals if isinstance(one, ReplayProgress)]
    assert [one.delivered for one in told] == sorted({one.delivered for one in told})
    assert (told[-1].replay, told[-1].flow, told[-1].planned, told[-1].delivered) == ("r1", "flow", 10, 10)
    [ended] = [one for one in roads.signals if isinstance(one, ReplayChanged)]
    assert (ended.state, ended.by) == ("done", "trunkline")


# More entities than it may keep in memory make it fail with what to do instead, before anything is sent.
async def test_too_many_entities(monkeypatch):
    monkeypatch.setattr("trunkline.delivery.replay.selecting.MOST_KEYS", 3)
    roads = await roads_of(MemoryTable, "abcd")
    await roads.start(replay_of())
    await (await roads.life()).run(30)
    replay = await roads.replays.get("r1")
    assert replay.state == "failed"
    assert "start: beginning" in replay.changed_why
    assert roads.effects(replayed=True) == []


# Events that arrive after it began are not its own, however long it takes.
async def test_later_arrivals_are_not_its_own():
    roads = await roads_of(MemoryService, "ab")
    await roads.start(replay_of(rate=0.5))

    def each():
        return roads.log.add(event(len(roads.log.stored)))

    await (await roads.life()).run(8, each=each)
    replay = await roads.replays.get("r1")
    assert (replay.state, replay.planned, replay.delivered, replay.bound) == ("done", 2, 2, 2)
    assert len(roads.log.stored) > 3
