"""The use-cases that show stored events to people: personal fields are masked unless they ask otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from trunkline.app.backbone import Backbone
from trunkline.app.masking import masked, masked_subject
from trunkline.app.project import Flow, unknown_stream
from trunkline.connectors.reply import Reply
from trunkline.contracts.contract import Contract
from trunkline.delivery.ledger import Answer, Fate, Try
from trunkline.eventlog.port import Query
from trunkline.intake.quarantine import Entry
from trunkline.intake.quarantine import Query as QuarantineQuery
from trunkline.kernel import json
from trunkline.kernel.clock import to_rfc3339
from trunkline.kernel.event import Stored


class EventView(msgspec.Struct, frozen=True):
    """An event as a person sees it; ``data`` is its record, masked unless it was asked for.

    ``given`` is the version it came in, where it was cast to ``contract``.
    """

    stream: str
    offset: int
    id: str
    source: str
    type: str
    subject: str
    time: str
    recorded: str
    contract: str
    correlation: str
    data: Any
    given: str = ""


class Wanted(msgspec.Struct, frozen=True):
    """Which events to show: from an offset on, or those that carry every value given."""

    start: int = 0
    limit: int = 100
    subject: str = ""
    id: str = ""
    correlation: str = ""
    reveal: bool = False


def view(stored: Stored, contract: Contract | None, *, reveal: bool) -> EventView:
    """Return an event as a person sees it."""
    event = stored.event
    data = json.decode(event.data)
    return EventView(
        stored.stream,
        stored.offset,
        event.id,
        event.source,
        event.type,
        event.subject if reveal else masked_subject(event.subject, contract),
        to_rfc3339(event.time),
        to_rfc3339(event.recorded),
        event.contract,
        event.correlation,
        data if reveal else masked(data, contract),
        event.given,
    )


async def events(backbone: Backbone, stream: str, wanted: Wanted) -> AsyncIterator[EventView]:
    """Yield events of a stream; raises ``TrunklineError`` for one that is not there."""
    contract = backbone.project.contract_of(stream)
    if contract is None:
        raise unknown_stream(backbone.project, stream)
    async for stored in _found(backbone, contract.stream, wanted):
        yield view(stored, contract, reveal=wanted.reveal)


async def _found(backbone: Backbone, stream: str, wanted: Wanted) -> AsyncIterator[Stored]:
    if wanted.subject or wanted.id or wanted.correlation:
        query = Query(stream, wanted.id, wanted.correlation, wanted.subject, wanted.limit)
        for stored in await backbone.log.find(query):
            yield stored
        return
    start, left = wanted.start, wanted.limit
    while left > 0:
        page = await backbone.log.read(stream, start, min(left, 1_000))
        if not page.events:
            return
        for offset, event in enumerate(page.events, page.base):
            yield Stored(stream, offset, event)
        start, left = page.next, left - len(page.events)


class TryView(msgspec.Struct, frozen=True):
    """One failed attempt."""

    at: str
    kind: str
    detail: str


class AnswerView(msgspec.Struct, frozen=True):
    """What a person did with a dead letter; ``changed`` names the fields of an edit."""

    at: str
    how: str
    by: str
    why: str
    changed: tuple[str, ...]


class ReplyView(msgspec.Struct, frozen=True):
    """What a caller was told: the body, masked unless it was asked for, or why there was none."""

    body: Any
    kind: str = ""
    detail: str = ""


class FateView(msgspec.Struct, frozen=True):
    """What became of an event in one flow, with its failed attempts, and what people did with it.

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
    """An event and what became of it in every flow of its stream."""

    event: EventView
    fates: list[FateView]


class TraceReport(msgspec.Struct, frozen=True):
    """Everything that one correlation ID or event id stands for: events, and refused arrivals."""

    id: str
    events: list[Trace]
    quarantined: list[Entry]


async def trace(backbone: Backbone, identifier: str, *, reveal: bool = False) -> TraceReport:
    """Find everything that happened to a correlation ID, or to the events of an id."""
    found = await backbone.log.find(Query(correlation=identifier))
    if not found:
        found = await backbone.log.find(Query(id=identifier))
    refused = await backbone.quarantine.list(QuarantineQuery(status=None, correlation=identifier))
    traces = [await _trace(backbone, stored, reveal=reveal) for stored in found]
    return TraceReport(identifier, traces, list(refused))


async def _trace(backbone: Backbone, stored: Stored, *, reveal: bool) -> Trace:
    contract = backbone.project.contracts.get(stored.stream)
    fates = [
        await _fate(backbone, flow, stored.offset, reveal=reveal)
        for flow in backbone.project.flows.values()
        if flow.contract.stream == stored.stream
    ]
    fates += await _replayed(backbone, stored)
    return Trace(view(stored, contract, reveal=reveal), fates)


async def _replayed(backbone: Backbone, stored: Stored) -> list[FateView]:
    """Return what became of an event in replays: those that sent it, or are to."""
    fates = []
    for replay in reversed(await backbone.replays.all()):
        flow = backbone.project.flows.get(replay.flow)
        if flow is not None and replay.stream == stored.stream:
            fates.append(await _fate(backbone, flow, stored.offset, name=replay.name))
    return [fate for fate in fates if fate.state not in ("pending", "skipped", "dropped")]


async def _fate(
    backbone: Backbone, flow: Flow, offset: int, *, name: str = "", reveal: bool = False
) -> FateView:
    """Return what became of an event in a flow, or in its replay of this name."""
    name = name or flow.name
    fate: Fate = await backbone.ledger.fate(name, offset)
    cases = await backbone.ledger.cases(name, [offset])
    tries = [try_view(one) for case in cases for one in case.tries]
    at = to_rfc3339(fate.at) if fate.at else None
    reason = "".join(case.reason for case in cases)
    answers = [answer_view(one) for case in cases for one in case.answers]
    reply = await backbone.ledger.reply(name, offset)
    told = reply_view(reply, reveal=reveal) if reply else None
    return FateView(name, flow.target.name, fate.state, fate.attempt, at, tries, reason, answers, told)


def reply_view(reply: Reply, *, reveal: bool) -> ReplyView:
    """Return what a caller was told as a person sees it; no contract says which of it is personal."""
    body = json.decode(reply.body) if reply.body else None
    return ReplyView(body if reveal else masked(body, None), reply.kind, reply.detail)


def try_view(one: Try) -> TryView:
    """Return a failed attempt as a person sees it."""
    return TryView(to_rfc3339(one.at), one.kind, one.detail)


def answer_view(one: Answer) -> AnswerView:
    """Return a person's answer as a person sees it."""
    return AnswerView(to_rfc3339(one.at), one.how, one.by, one.why, one.changed)
