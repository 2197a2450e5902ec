"""At log, quarantine and target a span ends for each event or batch that is kept, and for all that failed."""

from __future__ import annotations

import pytest

from trunkline.app.traced import DeadLetters, TracedLog, TracedQuarantine, TracedTarget
from trunkline.connectors.source import Arrival
from trunkline.connectors.target import Features
from trunkline.eventlog.memory import MemoryLog
from trunkline.intake.quarantine import MemoryQuarantine
from trunkline.kernel.errors import Final, Retryable
from trunkline.kernel.signals import DeadLettered, FlowResumed
from trunkline.kernel.spans import MOST_LINKS
from trunkline.kernel.tracing import arrival_span
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.eventlog import STREAM, event, events
from trunkline.testkit.quarantine import held
from trunkline.testkit.target import item


class Kept:
    """Keeps every span, or those of some traces and what failed."""

    def __init__(self, only=None):
        self.only = only
        self.spans = []

    def keeps(self, trace):
        return self.only is None or trace in self.only

    def end(self, span):
        self.spans.append(span)


class Target:
    """Answers each item as it is told, all alike or one by one, or is away."""

    name, features = "crm.people", Features(atomic=False, batch=1, concurrency=1)
    open = close = progress = forget = None

    def __init__(self, answer=None):
        self.answer = answer

    async def deliver(self, items, progress):
        if isinstance(self.answer, Retryable):
            raise self.answer
        return self.answer if isinstance(self.answer, list) else [self.answer for _ in items]


# A repeat has a span that says so, and not the one that attempts are below of.
async def test_a_repeat_is_a_span_of_its_own():
    kept = Kept()
    log = TracedLog(MemoryLog(ManualClock()), kept, ManualClock())
    for _ in range(2):
        await log.append(STREAM, [event(1)])
    first, repeat = kept.spans
    assert (first.span, repeat.span) == (arrival_span(event(1).correlation, STREAM, 0), "")
    assert "trunkline.duplicate" in repeat.attributes
    assert (await log.read(STREAM, 0)).events == [event(1)]


# Of events that are not sampled none has a span.
async def test_what_is_not_kept():
    kept = Kept(only=())
    await TracedLog(MemoryLog(ManualClock()), kept, ManualClock()).append(STREAM, events(0, 3))
    assert await TracedTarget(Target(), "f", STREAM, kept, ManualClock()).deliver([item("a", 1)], None) == [
        None
    ]
    assert kept.spans == []


# A refused arrival is a failed span of the class it was refused for.
async def test_a_refusal_is_kept():
    kept = Kept(only=())
    quarantine = TracedQuarantine(MemoryQuarantine(), kept, ManualClock())
    one = held(1)
    await quarantine.put([one])
    assert [(span.error, span.trace) for span in kept.spans] == [(one.entry.kind, one.entry.correlation)]
    assert isinstance(one.arrival, Arrival)


# A batch is one span with links to its events, bounded, and how many there are.
async def test_a_batch_is_one_span():
    kept = Kept()
    items = [item("a", number) for number in range(200)]
    await TracedTarget(Target(), "f", STREAM, kept, ManualClock()).deliver(items, None)
    [span] = kept.spans
    assert (span.trace, span.error, len(span.links)) == ("", "", MOST_LINKS)
    assert span.attributes["messaging.batch.message_count"] == 200
    assert span.links[3] == (
        items[3].correlation,
        arrival_span(items[3].correlation, STREAM, items[3].offset),
    )


# A batch links to its events that are kept, or to those that failed: a link to any other would lead nowhere.
@pytest.mark.parametrize(("refused", "linked"), [(None, [7, 107]), (150, [150])])
async def test_a_batch_links_to_what_matters(refused, linked):
    items = [item("a", number) for number in range(200)]
    kept = Kept({items[7].correlation, items[107].correlation})
    answers = [Final("http-422", "no") if number == refused else None for number in range(200)]
    await TracedTarget(Target(answers), "f", STREAM, kept, ManualClock()).deliver(items, None)
    [span] = kept.spans
    assert span.links == tuple(
        (items[n].correlation, arrival_span(items[n].correlation, STREAM, items[n].offset)) for n in linked
    )


# What a target refuses, and that it is away, is kept in any case; the error goes on as it came.
async def test_failures_are_kept():
    kept = Kept(only=())
    refusing = TracedTarget(Target(Final("http-422", "no")), "f", STREAM, kept, ManualClock())
    [error] = await refusing.deliver([item("a", 1)], None)
    assert error.kind == "http-422"
    with pytest.raises(Retryable):
        await TracedTarget(Target(Retryable("refused", "x")), "f", STREAM, kept, ManualClock()).deliver(
            [item("a", 1)], None
        )
    assert [span.error for span in kept.spans] == ["http-422", "refused"]


# A dead letter is a failed span; other signals are none.
def test_dead_letters():
    kept = Kept(only=())
    listener = DeadLetters(kept, ManualClock())
    listener(DeadLettered("f", 7, "a" * 32, 8, "mapping", "no"))
    listener(FlowResumed("f", "ann", ""))
    [span] = kept.spans
    assert (span.operation, span.trace, span.error) == ("settle", "a" * 32, "mapping")
