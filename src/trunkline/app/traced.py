"""The borders at which spans are made: log, quarantine and target, each as it is with a tracer beside it.

The composition root puts these in place where a project sends traces, and nothing where it does not: what
is not traced does not pay. A span of an event is in the event's own trace; one of a batch is a trace of its
own with links to its events, as the messaging conventions of OpenTelemetry ask.
"""

from __future__ import annotations

from collections.abc import Sequence

from trunkline.connectors.target import Item, Progress, Target
from trunkline.eventlog.port import Appended, EventLog
from trunkline.intake.quarantine import Held, Quarantine
from trunkline.kernel.clock import Clock
from trunkline.kernel.errors import DeliveryError
from trunkline.kernel.event import Event
from trunkline.kernel.signals import DeadLettered, Signal
from trunkline.kernel.spans import MOST_LINKS, Place, Span, Tracer
from trunkline.kernel.tracing import arrival_span, repeated_by, span_of


class TracedLog:
    """An ``EventLog`` that ends a span of each event that arrives: its parent is the sender's span."""

    def __init__(self, log: EventLog, tracer: Tracer, clock: Clock) -> None:
        self.features = log.features
        self.read, self.wait, self.streams = log.read, log.wait, log.streams
        self.find, self.trim, self.verify = log.find, log.trim, log.verify
        self._log = log
        self._tracer = tracer
        self._clock = clock

    async def append(self, stream: str, events: Sequence[Event]) -> list[Appended]:
        """Store events; see ``EventLog.append``."""
        appended = await self._log.append(stream, events)
        now, keeps = self._clock.now(), self._tracer.keeps
        for event, fate in zip(events, appended, strict=True):
            if keeps(event.correlation):
                self._tracer.end(_arrived(stream, event, fate, now))
        return appended


def _arrived(stream: str, event: Event, fate: Appended, now: int) -> Span:
    span = "" if fate.duplicate else arrival_span(event.correlation, stream, fate.offset)
    attributes: dict[str, str | int] = {
        "messaging.destination.name": stream,
        "messaging.message.id": event.id,
        "messaging.message.body.size": len(event.data),
        "trunkline.offset": fate.offset,
        "trunkline.contract": event.contract,
    }
    if fate.duplicate:
        attributes["trunkline.duplicate"] = "true"
    parent = span_of(event.parent)
    correlation = event.correlation
    return Span("receive", event.source, event.recorded, now, correlation, span, parent, "", (), attributes)


class TracedQuarantine:
    """What intake asks of a ``Quarantine``, ending a failed span of each refused arrival."""

    def __init__(self, quarantine: Quarantine, tracer: Tracer, clock: Clock) -> None:
        self.get, self.list, self.groups = quarantine.get, quarantine.list, quarantine.groups
        self.amend, self.resolve = quarantine.amend, quarantine.resolve
        self.counts, self.trim = quarantine.counts, quarantine.trim
        self._quarantine = quarantine
        self._tracer = tracer
        self._clock = clock

    async def put(self, held: Sequence[Held]) -> None:
        """Keep refused arrivals; see ``Quarantine.put``."""
        await self._quarantine.put(held)
        for one in held:
            entry = one.entry
            about = {"messaging.destination.name": entry.stream, "trunkline.contract": entry.contract}
            parent = span_of(one.arrival.parent)
            times = (entry.arrived, self._clock.now())
            self._tracer.end(
                Span("receive", entry.source, *times, entry.correlation, "", parent, entry.kind, (), about)
            )


class TracedTarget:
    """A ``Target`` that ends a span of each call: of one event in its trace, of several in one of its own."""

    def __init__(self, target: Target, flow: str, stream: str, tracer: Tracer, clock: Clock) -> None:
        self.name, self.features = target.name, target.features
        self.open, self.close = target.open, target.close
        self.progress, self.forget = target.progress, target.forget
        self._target = target
        self._flow = flow
        self._stream = stream
        self._tracer = tracer
        self._clock = clock

    async def deliver(self, items: Sequence[Item], progress: Progress | None) -> list[DeliveryError | None]:
        """Deliver; see ``Target.deliver``."""
        began = self._clock.now()
        try:
            errors = await self._target.deliver(items, progress)
        except DeliveryError as away:
            self._end(items, items, began, away.kind)
            raise
        failed = [item for item, error in zip(items, errors, strict=True) if error]
        self._end(items, failed, began, next((error.kind for error in errors if error), ""))
        return errors

    def _end(self, items: Sequence[Item], failed: Sequence[Item], began: int, error: str) -> None:
        """End a span that links to what failed, else to what is kept: a link to any other leads nowhere."""
        keeps = self._tracer.keeps
        told = failed or [item for item in items if keeps(item.correlation)]
        if len(items) == 1 and told:
            self._tracer.end(self._of_one(items[0], began, error))
        elif told:
            self._tracer.end(self._of_many(len(items), told, began, error))

    def _of_one(self, item: Item, began: int, error: str) -> Span:
        first = self._first(item)
        is_repeat = bool(repeated_by(item.parent))
        parent, links = ("", (first,)) if is_repeat else (first[1], ())
        about = {**self._about(), "trunkline.offset": item.offset, "trunkline.attempt": item.attempt}
        times = (began, self._clock.now())
        return Span("send", self.name, *times, item.correlation, item.span, parent, error, links, about)

    def _of_many(self, count: int, told: Sequence[Item], began: int, error: str) -> Span:
        links = tuple(self._first(item) for item in told[:MOST_LINKS])
        about = {**self._about(), "messaging.batch.message_count": count}
        return Span("send", self.name, began, self._clock.now(), error=error, links=links, attributes=about)

    def _first(self, item: Item) -> Place:
        """Return the span in which the event of an item arrived."""
        trace = repeated_by(item.parent) or item.correlation
        return trace, arrival_span(trace, self._stream, item.offset)

    def _about(self) -> dict[str, str | int]:
        about = {"messaging.destination.name": self._stream, "trunkline.target": self.name}
        return {**about, "messaging.consumer.group.name": self._flow}


class DeadLetters:
    """Listens to signals and ends a failed span of each dead letter, sent or not."""

    def __init__(self, tracer: Tracer, clock: Clock) -> None:
        self._tracer = tracer
        self._clock = clock

    def __call__(self, signal: Signal) -> None:
        """Take a signal."""
        if isinstance(signal, DeadLettered):
            now = self._clock.now()
            about: dict[str, str | int] = {"messaging.consumer.group.name": signal.flow}
            about["messaging.message.id"] = signal.event_id
            offset = {"trunkline.offset": signal.offset, "trunkline.attempts": signal.attempts}
            trace = signal.correlation
            self._tracer.end(
                Span(
                    "settle", signal.flow, now, now, trace, error=signal.kind, attributes={**about, **offset}
                )
            )
