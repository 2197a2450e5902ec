"""How a person finds, groups and reads dead letters, whatever has become of them since."""

from __future__ import annotations

from typing import Any

import msgspec

from trunkline.app import views
from trunkline.app.backbone import Backbone
from trunkline.app.masking import masked, masked_subject
from trunkline.app.names import check_flow
from trunkline.app.project import Flow as WiredFlow
from trunkline.delivery.cause import cause_of
from trunkline.delivery.ledger import Case, CaseQuery
from trunkline.delivery.replay.port import flow_of
from trunkline.eventlog.port import Page
from trunkline.kernel import json
from trunkline.kernel.clock import to_rfc3339
from trunkline.kernel.errors import TrunklineError
from trunkline.kernel.event import Event, Stored


class DeadView(msgspec.Struct, frozen=True):
    """A dead letter: which event of which flow, since when, after how many attempts, and why.

    ``state`` is ``dead``, ``discarded`` since ``at`` for the ``reason`` that a person gave, ``superseded`` by
    the newer event that ``reason`` names, or what became of it since it was retried. ``cause`` is what its
    group is named by, ``holds_back`` how many later events of its key wait for it, ``edited`` whether another
    record is delivered in place of the event's.
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
    contract: str
    cause: str
    holds_back: int
    edited: bool


class DeadGroup(msgspec.Struct, frozen=True):
    """Dead letters of one flow and one cause: see ``delivery.ledger.CaseGroup``; times are RFC 3339."""

    flow: str
    kind: str
    cause: str
    letters: int
    keys: int
    holds_back: int
    first: str
    last: str
    example: int


class DeadDetail(msgspec.Struct, frozen=True):
    """A dead letter with its event (None where the log has trimmed it), as it came and as it was edited.

    ``tries`` and ``answers`` are the failed attempts and the acts of people that are kept.
    """

    letter: DeadView
    event: views.EventView | None
    edited: Any
    tries: list[views.TryView]
    answers: list[views.AnswerView]


async def dead_letters(backbone: Backbone, where: CaseQuery) -> list[DeadView]:
    """List the letters of one page, by flow and offset; raises ``UsageError`` as all that chooses a flow."""
    await check_flow(backbone, where.flow)
    found = await backbone.ledger.find(where)
    held: dict[tuple[str, int], int] = {}
    for flow in {flow for flow, _ in found}:
        offsets = [case.offset for name, case in found if name == flow]
        counts = await backbone.ledger.holds_back(flow, offsets)
        held |= {(flow, offset): count for offset, count in counts.items()}
    return [_dead(backbone, flow, case, held.get((flow, case.offset), 0)) for flow, case in found]


async def dead_groups(backbone: Backbone, where: CaseQuery) -> list[DeadGroup]:
    """Group letters by flow and cause, the largest group first; raises ``UsageError`` as all that chooses."""
    await check_flow(backbone, where.flow)
    return [
        DeadGroup(
            one.flow,
            one.kind,
            one.cause,
            one.cases,
            one.keys,
            one.holds_back,
            to_rfc3339(one.first),
            to_rfc3339(one.last),
            one.example,
        )
        for one in await backbone.ledger.groups(where)
    ]


async def dead_letter(backbone: Backbone, flow: str, offset: int, *, reveal: bool = False) -> DeadDetail:
    """Show one letter, also one that a person has answered; raises ``TrunklineError`` where there is none."""
    await check_flow(backbone, flow)
    known = await backbone.ledger.cases(flow, [offset])
    cases = [one for one in known if one.state in ("dead", "discarded", "superseded") or one.answers]
    if not cases:
        raise TrunklineError(
            f'flow "{flow}" has no dead letter at offset {offset}: see "trunkline dead list"'
        )
    case, contract = cases[0], flow_named(backbone, flow).contract
    page: Page = await backbone.log.read(contract.stream, offset, 1)
    event: Event | None = page.events[0] if page.events and page.base == offset else None
    shown = views.view(Stored(contract.stream, offset, event), contract, reveal=reveal) if event else None
    edited = json.decode(case.edited) if case.edited else None
    held = await backbone.ledger.holds_back(flow, [offset])
    return DeadDetail(
        _dead(backbone, flow, case, held.get(offset, 0)),
        shown,
        edited if reveal else masked(edited, contract),
        [views.try_view(one) for one in case.tries],
        [views.answer_view(one) for one in case.answers],
    )


def flow_named(backbone: Backbone, name: str) -> WiredFlow:
    """Return the flow that a letter is of, or that the replay is of whose letter it is."""
    flow = flow_of(name)
    if flow not in backbone.project.flows:
        raise TrunklineError(f'the project has no flow "{flow}" any more: its dead letters can be discarded')
    return backbone.project.flows[flow]


def _dead(backbone: Backbone, flow: str, case: Case, holds_back: int) -> DeadView:
    wired = backbone.project.flows.get(flow_of(flow))
    cause = cause_of(case.tries)
    return DeadView(
        flow,
        case.offset,
        masked_subject(case.key, wired.contract if wired else None),
        case.correlation,
        case.attempts,
        to_rfc3339(case.since) if case.since else None,
        to_rfc3339(case.at),
        cause.kind,
        case.tries[-1].detail if case.tries else "",
        case.state,
        case.reason,
        case.contract,
        cause.text,
        holds_back,
        bool(case.edited),
    )
