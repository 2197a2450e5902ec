"""The use-cases that show stored events to people: personal fields are masked unless they ask otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from trunkline.app.acts import unknown_stream
from trunkline.app.backbone import Backbone
from trunkline.app.masking import masked, masked_subject
from trunkline.contracts.contract import Contract
from trunkline.delivery.ledger import Case, CaseQuery, Fate, Try
from trunkline.eventlog.port import Query
from trunkline.intake.quarantine import Entry
from trunkline.intake.quarantine import Query as QuarantineQuery
from trunkline.kernel import json
from trunkline.kernel.clock import to_rfc3339
from trunkline.kernel.errors import TrunklineError
from trunkline.kernel.event import Event, Stored

_SCANNED_ENTRIES = 10_000


class EventView(msgspec.Struct, frozen=True):
    """An event as a person sees it; ``data`` is its record, masked unless it was asked for."""

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


class FateView(msgspec.Struct, frozen=True):
    """What became of an event in one flow, with its failed attempts.

    ``reason`` says why a person discarded it, or which rule dropped it late.
    """

    flow: str
    target: str
    state: str
    attempt: int
    at: str | None
    tries: list[TryView]
    reason: str = ""


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
    traces = [await _trace(backbone, stored, reveal=reveal) for stored in found]
    return TraceReport(identifier, traces, await _refused(backbone, identifier))


async def _trace(backbone: Backbone, stored: Stored, *, reveal: bool) -> Trace:
    contract = backbone.project.contracts.get(stored.stream)
    fates = [
        await _fate(backbone, flow.name, flow.target.name, stored.offset)
        for flow in backbone.project.flows.values()
        if flow.contract.stream == stored.stream
    ]
    return Trace(view(stored, contract, reveal=reveal), fates)


async def _fate(backbone: Backbone, flow: str, target: str, offset: int) -> FateView:
    fate: Fate = await backbone.ledger.fate(flow, offset)
    cases = await backbone.ledger.cases(flow, [offset])
    tries = [_try(one) for case in cases for one in case.tries]
    at = to_rfc3339(fate.at) if fate.at else None
    reason = "".join(case.reason for case in cases)
    return FateView(flow, target, fate.state, fate.attempt, at, tries, reason)


def _try(one: Try) -> TryView:
    return TryView(to_rfc3339(one.at), one.kind, one.detail)


async def _refused(backbone: Backbone, correlation: str) -> list[Entry]:
    """Return the refused arrivals of a correlation ID among the newest entries of the quarantine."""
    found: list[Entry] = []
    before = ""
    for _ in range(_SCANNED_ENTRIES // 1_000):
        entries = await backbone.quarantine.list(QuarantineQuery(status=None, before=before, limit=1_000))
        found += [entry for entry in entries if entry.correlation == correlation]
        if len(entries) < 1_000:  # noqa: PLR2004  the limit just given: there are no more
            break
        before = entries[-1].id
    return found


class DeadView(msgspec.Struct, frozen=True):
    """A dead letter: which event of which flow, since when, after how many attempts, and why.

    ``state`` is ``dead``, or ``discarded`` since ``at`` for the ``reason`` that a person gave.
    """

    flow: str
    offset: int
    subject: str
    correlation: str
    attempts: int
    since: str | None
    at: str
    kind: str
    detail: str
    state: str
    reason: str


async def dead_letters(
    backbone: Backbone, flow: str = "", limit: int = 100, *, discarded: bool = False
) -> list[DeadView]:
    """List dead letters by flow and offset: those that wait for a person, or those that were discarded."""
    query = CaseQuery(flow=flow, state="discarded" if discarded else "dead", limit=limit)
    return [_dead(backbone, name, case) for name, case in await backbone.ledger.find(query)]


def _dead(backbone: Backbone, flow: str, case: Case) -> DeadView:
    wired = backbone.project.flows.get(flow)
    last = case.tries[-1] if case.tries else Try(case.at, "", "")
    return DeadView(
        flow,
        case.offset,
        masked_subject(case.key, wired.contract if wired else None),
        case.correlation,
        case.attempts,
        to_rfc3339(case.since) if case.since else None,
        to_rfc3339(case.at),
        last.kind,
        last.detail,
        case.state,
        case.reason,
    )


class DeadDetail(msgspec.Struct, frozen=True):
    """A dead letter with its event (None where the log has trimmed it) and every failed attempt kept."""

    letter: DeadView
    event: EventView | None
    tries: list[TryView]


async def dead_letter(backbone: Backbone, flow: str, offset: int, *, reveal: bool = False) -> DeadDetail:
    """Show one dead letter, a discarded one as well; raises ``TrunklineError`` where there is none."""
    known = await backbone.ledger.cases(flow, [offset])
    cases = [one for one in known if one.state in ("dead", "discarded")]
    wired = backbone.project.flows.get(flow)
    if not cases or wired is None:
        raise TrunklineError(
            f'flow "{flow}" has no dead letter at offset {offset}: see "trunkline dead list"'
        )
    page = await backbone.log.read(wired.contract.stream, offset, 1)
    event: Event | None = page.events[0] if page.events and page.base == offset else None
    shown = (
        view(Stored(wired.contract.stream, offset, event), wired.contract, reveal=reveal) if event else None
    )
    return DeadDetail(_dead(backbone, flow, cases[0]), shown, [_try(one) for one in cases[0].tries])


class QuarantineDetail(msgspec.Struct, frozen=True):
    """A refused arrival with its record, masked unless asked for; what is no JSON is shown only then."""

    entry: Entry
    record: Any


async def quarantined(backbone: Backbone, entry_id: str, *, reveal: bool = False) -> QuarantineDetail:
    """Show one refused arrival; raises ``TrunklineError`` where there is none of that id."""
    held = await backbone.quarantine.get(entry_id)
    if held is None:
        raise TrunklineError(f'there is no quarantined arrival {entry_id}: see "trunkline quarantine list"')
    arrival = held.arrival
    try:
        record: Any = arrival.fields if arrival.fields is not None else json.decode(arrival.raw)
    except ValueError:
        record = arrival.raw.decode("utf-8", "backslashreplace") if reveal else "***"
    contract = backbone.project.contracts.get(held.entry.stream)
    return QuarantineDetail(held.entry, record if reveal else masked(record, contract))
