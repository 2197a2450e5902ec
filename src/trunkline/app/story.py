"""The whole story of an event, a trace or an entity, in order of time: what ``trunkline trace`` tells.

Command line, Python API and control room call ``trace``. It is put together from what is durable (the log,
the ledger with its failed tries, replays, quarantine), so it is the same after a restart, and tells no
payload but the masked view of each event. What was not stored is not told: duplicates are only counted.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

import msgspec

from trunkline.app.arrivals import EntryView, entry_view
from trunkline.app.backbone import Backbone
from trunkline.app.project import Flow
from trunkline.app.views import (
    AnswerView,
    EventView,
    ReplyView,
    TryView,
    answer_view,
    reply_view,
    try_view,
    view,
)
from trunkline.connectors.reply import Reply
from trunkline.delivery.ledger import Case, Fate
from trunkline.delivery.replay.port import Replay
from trunkline.eventlog.port import Query
from trunkline.intake.quarantine import Entry
from trunkline.intake.quarantine import Query as QuarantineQuery
from trunkline.kernel.clock import to_rfc3339
from trunkline.kernel.event import Stored
from trunkline.kernel.tracing import replayed_as, span_of

LIMIT = 50
"""How many events are told of unless more are asked for, the newest."""

REPLAYS = 100
"""In how many replays, the newest, a trace is looked for that no event has."""

CORRELATION = re.compile(r"[0-9a-f]{32}")
"""What a correlation ID looks like; nothing else that is asked by is known not to be an entity key."""

What: TypeAlias = Literal[
    "arrived",
    "refused",
    "released",
    "cast",
    "stored",
    "held",
    "failed",
    "waiting",
    "dead-lettered",
    "edited",
    "retried",
    "discarded",
    "dropped",
    "superseded",
    "delivered",
    "replayed",
    "answered",
]
_ANSWERS: dict[str, What] = {"retry": "retried", "discard": "discarded", "edit": "edited"}

Found: TypeAlias = Literal["correlation", "replay", "id", "key"]


class Step(msgspec.Struct, frozen=True):
    """One thing that happened, or holds: ``what``, when (RFC 3339), and to which event, if it became one.

    ``flow`` is the one it happened in, ``attempt`` its number there, ``kind`` the short class of a failure or
    refusal, ``by`` who did it, and ``detail`` what a person can read about it, never a payload.
    """

    at: str
    what: What
    stream: str = ""
    offset: int = -1
    flow: str = ""
    attempt: int = 0
    kind: str = ""
    by: str = ""
    detail: str = ""


class FateView(msgspec.Struct, frozen=True):
    """How an event stands in one flow or replay, with its failed attempts, and what people did with it.

    ``reason`` says why a person discarded it, which rule dropped it late, or what superseded it.
    """

    flow: str
    target: str
    state: str
    attempt: int
    at: str | None
    tries: list[TryView]
    reason: str = ""
    answers: list[AnswerView] = []
    reply: ReplyView | None = None


class Trace(msgspec.Struct, frozen=True):
    """An event and how it stands in every flow of its stream."""

    event: EventView
    fates: list[FateView]


class TraceReport(msgspec.Struct, frozen=True):
    """Everything that an ID stands for: events, refused arrivals, and what happened to them in order of time.

    ``found`` says as what the ID is known, and ``more`` that there are older events than those told of.
    """

    id: str
    events: list[Trace]
    quarantined: list[EntryView]
    steps: list[Step] = []
    found: list[Found] = []
    more: bool = False


class Asked(msgspec.Struct, frozen=True):
    """How much to tell: the newest ``limit`` events, of one stream or all.

    ``before`` is an offset of ``stream``: only events older than that. ``reveal`` shows personal fields.
    """

    stream: str = ""
    limit: int = LIMIT
    before: int | None = None
    reveal: bool = False


_Timed: TypeAlias = tuple[int, Step]
"""A step with its time in microseconds, by which it is put in order."""


async def trace(backbone: Backbone, identifier: str, asked: Asked | None = None) -> TraceReport:
    """Tell everything that happened to a correlation ID, to the events of an id, or to an entity."""
    asked = asked or Asked()
    ways, found = await _found(backbone, identifier, asked)
    refused = await backbone.quarantine.list(QuarantineQuery(status=None, correlation=identifier))
    told = [_Told(backbone, stored, asked.reveal) for stored in found[: asked.limit]]
    await _look(backbone, told)
    timed = [step for one in told for step in one.steps()]
    timed += [step for entry in refused for step in _refusal(entry)]
    timed.sort(key=lambda step: step[0])
    steps = [step for _, step in timed]
    more = len(found) > asked.limit
    entries = [entry_view(one) for one in refused]
    return TraceReport(identifier, [one.trace() for one in told], entries, steps, ways, more)


async def _found(backbone: Backbone, identifier: str, asked: Asked) -> tuple[list[Found], list[Stored]]:
    """Return as what the ID is known, and the newest events of it, one more than were asked for."""

    async def find(*, stream: str = asked.stream, **value: str) -> list[Stored]:
        query = Query(stream, limit=asked.limit + 1, before=asked.before, **value)
        return await backbone.log.find(query)

    if CORRELATION.fullmatch(identifier):
        if found := await find(correlation=identifier):
            return ["correlation"], found
        for replay in (await backbone.replays.all())[:REPLAYS]:
            repeated = replayed_as(identifier, replay.id)
            if found := await find(stream=replay.stream, correlation=repeated):
                return ["replay"], found
    by_id, by_key = await asyncio.gather(find(id=identifier), find(subject=identifier))
    known: tuple[tuple[Found, list[Stored]], ...] = (("id", by_id), ("key", by_key))
    ways = [way for way, events in known if events]
    both = {(one.stream, one.offset): one for one in (*by_id, *by_key)}
    return ways, sorted(both.values(), key=lambda one: (-one.event.recorded, one.stream, -one.offset))


async def _look(backbone: Backbone, told: Sequence[_Told]) -> None:
    """Look up what became of events in the flows of their streams, and in their replays that sent them."""
    flows = backbone.project.flows
    replays = list(reversed(await backbone.replays.all()))
    for flow in flows.values():
        await _look_at(backbone, told, flow, None)
    for replay in replays:
        if replay.flow in flows:
            await _look_at(backbone, told, flows[replay.flow], replay)


async def _look_at(backbone: Backbone, told: Sequence[_Told], flow: Flow, replay: Replay | None) -> None:
    """Look up the events of one stream together: the way to the reading thread is what is dear."""
    stream, name = (replay.stream, replay.name) if replay else (flow.contract.stream, flow.name)
    of_stream = {one.offset: one for one in told if one.stream == stream}
    if not of_stream:
        return
    ledger, offsets = backbone.ledger, list(of_stream)
    fates = dict(zip(offsets, await ledger.fates(name, offsets), strict=True))
    if replay:
        fates = {at: one for at, one in fates.items() if one.state not in ("pending", "skipped", "dropped")}
    late = [offset for offset, fate in fates.items() if not fate.began]
    cases = {case.offset: case for case in await ledger.cases(name, late)} if late else {}
    replies = await ledger.replies(name, list(fates)) if fates else {}
    for offset, fate in fates.items():
        of_stream[offset].add(flow, replay, fate, cases.get(offset), replies.get(offset))


class _Told:
    """What is found out of one event."""

    def __init__(self, backbone: Backbone, stored: Stored, reveal: bool) -> None:  # noqa: FBT001  from one place
        self._backbone = backbone
        self._stored = stored
        self._reveal = reveal
        self._fates: list[FateView] = []
        self._steps: list[_Timed] = list(self._arrival())

    @property
    def stream(self) -> str:
        """Its stream."""
        return self._stored.stream

    @property
    def offset(self) -> int:
        """Its place there."""
        return self._stored.offset

    def trace(self) -> Trace:
        """Return the event and how it stands."""
        stored = self._stored
        contract = self._backbone.project.contracts.get(stored.stream)
        return Trace(view(stored, contract, reveal=self._reveal), self._fates)

    def steps(self) -> list[_Timed]:
        """Return what happened to it, each cause before its effect."""
        return self._steps

    def add(
        self, flow: Flow, replay: Replay | None, fate: Fate, case: Case | None, reply: Reply | None
    ) -> None:
        """Tell how it stands in a flow, or in a replay there."""
        name = replay.name if replay else flow.name
        told = reply_view(reply, reveal=self._reveal) if reply else None
        self._fates.append(_fate_view(name, flow, fate, [case] if case else [], told))
        if replay:
            self._add(replay.created, "replayed", flow=name, by=replay.by, detail=replay.why)
        if case:
            self._tell_case(name, case)
        elif fate.at:
            self._add(fate.at, _settled(fate), flow=name, attempt=fate.attempt, detail=_calls(fate))
        if told:
            self._add(fate.at, "answered", flow=name, kind=told.kind, detail=told.detail)

    def _arrival(self) -> Iterator[_Timed]:
        event, place = self._stored.event, (self._stored.stream, self._stored.offset)

        def step(what: What, detail: str) -> _Timed:
            return event.recorded, Step(to_rfc3339(event.recorded), what, *place, detail=detail)

        sender = span_of(event.parent)
        yield step("arrived", f"from {event.source}" + (f", sent in span {sender}" if sender else ""))
        if event.given:
            yield step("cast", f"from {event.given} to {event.contract}")
        page = f", in the page from {self._stored.page}" if self._stored.page >= 0 else ""
        yield step("stored", f"in {place[0]} at offset {place[1]}{page}")

    def _tell_case(self, flow: str, case: Case) -> None:
        died = {case.at} if case.state == "dead" else set()
        if case.state == "superseded":
            died |= {one.at for one in case.tries[-1:]}
        for answer in case.answers:  # only a dead letter is answered: it became one with the failure before
            died |= {max((one.at for one in case.tries if one.at <= answer.at), default=answer.at)}
        # the middle of a long history is not kept, and with it which attempt each of the rest was
        is_whole = case.attempts - (case.state == "delivered") == len(case.tries)
        for number, one in enumerate(case.tries, 1):
            attempt = number if is_whole else 0
            self._add(one.at, "failed", flow=flow, attempt=attempt, kind=one.kind, detail=one.detail)
        for at in sorted(died):
            kind = next((one.kind for one in reversed(case.tries) if one.at <= at), "")
            self._add(at, "dead-lettered", flow=flow, kind=kind)
        for answer in case.answers:
            changed = f"; changed {', '.join(answer.changed)}" if answer.changed else ""
            self._add(answer.at, _ANSWERS[answer.how], flow=flow, by=answer.by, detail=answer.why + changed)
        self._tell_state(flow, case)

    def _tell_state(self, flow: str, case: Case) -> None:
        at = case.at or self._stored.event.recorded
        if case.state == "waiting":
            due = f"for its next attempt, at {to_rfc3339(case.due)}" if case.due else ""
            self._add(at, "waiting", flow=flow, attempt=case.attempts, detail=due)
        elif case.state == "held":
            self._add(at, "held", flow=flow, detail="behind an older event of its entity")
        elif case.state in ("delivered", "dropped", "superseded"):
            self._add(at, case.state, flow=flow, attempt=case.attempts, detail=case.reason)

    def _add(self, at: int, what: What, **more: str | int) -> None:
        step = Step(to_rfc3339(at), what, self._stored.stream, self._stored.offset, **more)  # type: ignore[arg-type]  # of Step
        self._steps.append((at, step))


def _fate_view(name: str, flow: Flow, fate: Fate, cases: Sequence[Case], told: ReplyView | None) -> FateView:
    tries = [try_view(one) for case in cases for one in case.tries]
    at = to_rfc3339(fate.at) if fate.at else None
    reason = "".join(case.reason for case in cases)
    answers = [answer_view(one) for case in cases for one in case.answers]
    return FateView(name, flow.target.name, fate.state, fate.attempt, at, tries, reason, answers, told)


def _settled(fate: Fate) -> What:
    return "dropped" if fate.state == "dropped" else "delivered"


def _calls(fate: Fate) -> str:
    return f"in a run begun at {to_rfc3339(fate.began)}" if fate.began else ""


def _refusal(entry: Entry) -> Iterator[_Timed]:
    def step(at: int, what: What, *, by: str = "", detail: str = "") -> _Timed:
        return at, Step(to_rfc3339(at), what, entry.stream, kind=entry.kind, by=by, detail=detail)

    seen = f", {entry.count} times, last at {to_rfc3339(entry.last_seen)}" if entry.count > 1 else ""
    yield step(entry.arrived, "arrived", detail=f"from {entry.source}{seen}")
    yield step(entry.arrived, "refused", detail="; ".join(map(str, entry.reasons)))
    end = entry.resolution
    if end is not None:
        what: What = "released" if end.how == "released" else "discarded"
        yield step(end.at, what, by=end.by, detail=end.why)
