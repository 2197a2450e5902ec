"""The story of an event, a trace or an entity: found by any of its names, and told in order of time."""

from __future__ import annotations

from trunkline.app.acts import Publish, perform
from trunkline.app.story import Asked, trace
from trunkline.app.views import ReplyView
from trunkline.connectors.reply import Reply
from trunkline.delivery.ledger import Answer, Case, Range, Record, StoredReply, Try
from trunkline.delivery.replay.port import Replay, Selection
from trunkline.kernel.clock import SECOND, from_rfc3339
from trunkline.kernel.tracing import replayed_as

FLOW = "orders-to-warehouse"


def told(report):
    """Return a story without its times, once those are found in order."""
    times = [from_rfc3339(step.at) for step in report.steps]
    assert times == sorted(times)
    return [(step.what, step.offset, step.flow) for step in report.steps]


# A trace tells each event's fate in every flow with its attempts, by correlation or by id.
async def test_a_trace(backbone, publish, bury):
    receipts = await publish(2)
    await bury([0], cursor=1)
    by_correlation = await trace(backbone, receipts[0].correlation)
    by_id = await trace(backbone, "e0")
    assert by_correlation.events == by_id.events
    [fate] = by_id.events[0].fates
    assert (fate.flow, fate.state, fate.attempt, fate.tries[0].kind) == (FLOW, "dead", 3, "http-422")
    assert [one.fates[0].state for one in (await trace(backbone, "e1")).events] == ["pending"]


# A trace tells what the caller of a request was told, every value masked unless it is asked otherwise.
async def test_a_trace_of_a_request(backbone, publish):
    await publish(2)
    answers = [Reply(b'{"shelf":7}'), Reply(kind="size", detail="too large")]
    replies = [StoredReply(offset, f"tl_{offset}", one) for offset, one in enumerate(answers)]
    now = backbone.machine.clock.now()
    await backbone.ledger.record(Record(FLOW, now, 2, Range(0, 1, now, now, 1, 2), replies=replies))
    for reveal, body in ((False, {"shelf": "***"}), (True, {"shelf": 7})):
        [found] = (await trace(backbone, "e0", Asked(reveal=reveal))).events
        assert found.fates[0].reply == ReplyView(body)
    [found] = (await trace(backbone, "e1")).events
    assert found.fates[0].reply == ReplyView(None, "size", "too large")


# A refused arrival is found by its correlation too.
async def test_a_trace_of_a_refused_arrival(backbone, publish):
    [receipt] = await publish(1, status="lost")
    report = await trace(backbone, receipt.correlation)
    assert (report.events, [entry.kind for entry in report.quarantined]) == ([], ["contract"])


async def recorded(backbone, **parts):
    await backbone.ledger.record(Record(FLOW, backbone.machine.clock.now(), **parts))


# Everything is told in order of time: arrival, page, each failure, what people did, and how it ended.
async def test_the_story_of_a_dead_letter(backbone, publish):
    await publish(2)
    now = backbone.machine.clock.now()
    tries = (
        Try(now + 2 * SECOND, "http-500", "away"),
        Try(now + 5 * SECOND, "http-422", "refused"),
    )
    answers = (
        Answer(now + 7 * SECOND, "edit", "ada", "typo", ("customer.city",)),
        Answer(now + 8 * SECOND, "retry", "ada", "mended"),
    )
    case = Case(0, "1000", "delivered", attempts=3, at=now + 9 * SECOND, tries=tries, answers=answers)
    await recorded(backbone, cursor=2, range=Range(0, 1, now, now + 6 * SECOND, 1, 1), cases=[case])
    report = await trace(backbone, "e0")
    assert told(report) == [
        ("arrived", 0, ""),
        ("stored", 0, ""),
        ("failed", 0, FLOW),
        ("failed", 0, FLOW),
        ("dead-lettered", 0, FLOW),
        ("edited", 0, FLOW),
        ("retried", 0, FLOW),
        ("delivered", 0, FLOW),
    ]
    by_what = {step.what: step for step in report.steps}
    assert (by_what["dead-lettered"].kind, by_what["retried"].by) == ("http-422", "ada")
    assert by_what["edited"].detail == "typo; changed customer.city"
    assert by_what["stored"].detail == "in order@1 at offset 0, in the page from 0"
    [delivered] = [step for step in (await trace(backbone, "e1")).steps if step.what == "delivered"]
    assert "in a run begun at" in delivered.detail


# Of what waits, is held, or was dropped or discarded, the story ends with that.
async def test_how_a_story_stands(backbone, publish):
    await publish(4)
    now = backbone.machine.clock.now()
    failed = (Try(now + 1, "timeout", "no answer"),)
    given_up = (Answer(now + 3, "discard", "bo"),)
    cases = [
        Case(0, "1000", "waiting", holds=True, attempts=1, due=now + SECOND, at=now + 1, tries=failed),
        Case(1, "1000", "held", holds=True),
        Case(2, "1002", "superseded", attempts=1, at=now + 3, tries=failed, reason="by event 3"),
        Case(
            3,
            "1003",
            "discarded",
            attempts=1,
            at=now + 3,
            tries=failed,
            answers=given_up,
        ),
    ]
    await recorded(backbone, cursor=4, range=Range(0, 3, now, now), cases=cases)
    ends = {n: told(await trace(backbone, f"e{n}"))[-1][0] for n in range(4)}
    assert ends == {0: "waiting", 1: "held", 2: "superseded", 3: "discarded"}


# An entity is found by its key, newest first, a page at a time, and one ID may be that of both.
async def test_an_entity(backbone, order):
    records = [order(event_id=f"e{n}", order_id="A-7" if n < 3 else "B-1") for n in range(4)]
    await perform(backbone, Publish("order", records))
    first = await trace(backbone, "A-7", Asked(limit=2))
    assert ([one.event.offset for one in first.events], first.found, first.more) == ([2, 1], ["key"], True)
    rest = await trace(backbone, "A-7", Asked("order@1", before=1))
    assert ([one.event.offset for one in rest.events], rest.more) == ([0], False)
    assert {step.offset for step in first.steps} == {1, 2}
    assert (await trace(backbone, "A-7", Asked("nothing"))).events == []


# A replay of an event is part of its story, and the trace that its target was told leads back to it.
async def test_a_replay_is_part_of_the_story(backbone, publish):
    [receipt] = await publish(1)
    now = backbone.machine.clock.now()
    await recorded(backbone, cursor=1, range=Range(0, 0, now, now, 1, 1))
    replay = Replay("r7", FLOW, "order@1", Selection(), "ada", "the shop lost it", now + 5)
    assert await backbone.replays.add(replay) is None
    sent = Range(0, 0, now + 8, now + 9, 1, 1)
    await backbone.ledger.record(Record(replay.name, now + 9, cursor=1, range=sent))
    report = await trace(backbone, replayed_as(receipt.correlation, "r7"))
    assert report.found == ["replay"]
    assert told(report)[-2:] == [("replayed", 0, replay.name), ("delivered", 0, replay.name)]
    assert told(report) == told(await trace(backbone, receipt.correlation))


# A refused arrival has a story as well, up to who let it go.
async def test_the_story_of_a_refused_arrival(backbone, publish):
    [receipt] = await publish(1, status="lost")
    report = await trace(backbone, receipt.correlation)
    assert [step.what for step in report.steps] == ["arrived", "refused"]
    assert (report.steps[1].kind, "/status" in report.steps[1].detail) == ("contract", True)
