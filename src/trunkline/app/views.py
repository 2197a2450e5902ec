"""What people see of stored events: personal fields are masked unless they ask otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from trunkline.app.backbone import Backbone
from trunkline.app.masking import masked, masked_subject
from trunkline.app.project import unknown_stream
from trunkline.connectors.reply import Reply
from trunkline.contracts.contract import Contract
from trunkline.delivery.ledger import Answer, Try
from trunkline.eventlog.port import Query
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
