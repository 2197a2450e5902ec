"""The use-cases that answer dead letters: retried, given up, or mended first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from trunkline.app.act import Act, Change, agree
from trunkline.app.backbone import Backbone
from trunkline.app.connectors import Checked
from trunkline.app.dead import flow_named
from trunkline.app.editing import Difference, changed, differences
from trunkline.app.fitting import strangers
from trunkline.app.names import check_flow
from trunkline.app.project import PUBLISH
from trunkline.app.project import Flow as WiredFlow
from trunkline.app.replays import go_on, is_cancelled
from trunkline.connectors.mapping import quoted
from trunkline.connectors.source import Arrival
from trunkline.connectors.target import Item
from trunkline.contracts.contract import Contract
from trunkline.delivery.attempt import Entry, Mapper
from trunkline.delivery.flow import Flow
from trunkline.delivery.ledger import Case, CaseQuery, Discard, Edit, Resolution, Retry
from trunkline.delivery.load import CaseLoader
from trunkline.intake.accept import Refusal
from trunkline.kernel import json
from trunkline.kernel.errors import TrunklineError, UsageError
from trunkline.kernel.outcome import Dead
from trunkline.kernel.roles import Role

MOST_AT_A_TIME = 1_000
"""How many letters one act answers at the most: one transaction, one line in the audit."""


class Answered(msgspec.Struct, frozen=True):
    """Whether a letter could be answered: not where it is no dead letter any more."""

    flow: str
    offset: int
    answered: bool


class Edited(msgspec.Struct, frozen=True):
    """What an edit of a letter came to: what differs, masked, or why it was refused; no value is repeated.

    ``notes`` name fields that were to be put in and the contract does not know, whether it takes them or not.
    """

    flow: str
    offset: int
    answered: bool
    differences: list[Difference] = []
    problems: list[str] = []
    notes: list[str] = []


class RetryLetters(Act, frozen=True):
    """Deliver dead letters again, with all attempts; ``new_key`` names their effects anew.

    With a ``count`` nothing is done where others than so many are found, from ``where.after`` on.
    """

    role: ClassVar[Role] = "delivery"
    where: CaseQuery
    by: str
    why: str = ""
    new_key: bool = False
    count: int | None = None

    def change(self, result: list[Answered]) -> Change:
        """Tell how many wait again."""
        return Change("dead", "waiting", sum(one.answered for one in result))


class DiscardLetters(Act, frozen=True):
    """Give dead letters up for ``why``.

    ``count`` as of a retry.
    """

    role: ClassVar[Role] = "delivery"
    where: CaseQuery
    by: str
    why: str
    count: int | None = None

    def change(self, result: list[Answered]) -> Change:
        """Tell how many were given up."""
        return Change("dead", "discarded", sum(one.answered for one in result))


class EditLetters(Act, frozen=True):
    """Put another record in place of dead letters' own: ``record``, or what ``values`` make of each.

    Both are JSON; ``values`` are by dotted path. ``retry`` delivers them at once, ``new_key`` then names
    their effects anew. An edit that is refused leaves its letter as it was. ``count`` as of a retry.
    """

    role: ClassVar[Role] = "delivery"
    where: CaseQuery
    by: str
    why: str = ""
    record: bytes = b""
    values: dict[str, bytes] = msgspec.field(default_factory=dict)
    retry: bool = False
    new_key: bool = False
    count: int | None = None

    def change(self, result: list[Edited]) -> Change:
        """Tell how many were edited, and which fields."""
        done = [one for one in result if one.answered]
        paths = sorted({each.path for one in done for each in one.differences})
        after = f"edited {', '.join(paths)}"[:500] + (", waiting" if self.retry else "")
        return Change("dead", after if done else "", len(done))


async def _found(backbone: Backbone, where: CaseQuery, count: int | None = None) -> list[tuple[str, Case]]:
    """Return the dead letters of one page; raises ``UsageError`` for a flow that nothing has.

    Where a ``count`` is said, raises ``TrunklineError`` if there are others than so many.
    """
    await check_flow(backbone, where.flow)
    page = replace(where, state="dead", limit=min(where.limit, MOST_AT_A_TIME))
    found = await backbone.ledger.find(page)
    if count is not None:
        is_last = len(found) < page.limit
        agree(count, len(found) if is_last else sum(one.cases for one in await backbone.ledger.groups(page)))
    return found


async def retry_letters(backbone: Backbone, act: RetryLetters) -> list[Answered]:
    """Retry the letters of one page; the flow notices within seconds where it runs.

    Raises ``TrunklineError`` for those of a replay that was cancelled: nobody would deliver them.
    """
    if await is_cancelled(backbone, act.where.flow):
        raise TrunklineError("the replay was cancelled: its dead letters can only be discarded")
    answered = await _answer(backbone, act, Retry(act.by, act.why, act.new_key))
    await _replays_go_on(backbone, {one.flow for one in answered if one.answered}, act.by, act.why)
    return answered


async def _replays_go_on(backbone: Backbone, flows: set[str], by: str, why: str) -> None:
    for flow in sorted(flows):
        await go_on(backbone, flow, by, why or "a dead letter is retried")


async def discard_letters(backbone: Backbone, act: DiscardLetters) -> list[Answered]:
    """Give the letters of one page up."""
    return await _answer(backbone, act, Discard(act.why, act.by))


async def _answer(
    backbone: Backbone, act: RetryLetters | DiscardLetters, resolution: Resolution
) -> list[Answered]:
    """Answer what is found: all at a time, so that they share a transaction."""
    found = await _found(backbone, act.where, act.count)
    done = await asyncio.gather(*(_resolve(backbone, flow, case.offset, resolution) for flow, case in found))
    return [Answered(flow, case.offset, one) for (flow, case), one in zip(found, done, strict=True)]


async def _resolve(backbone: Backbone, flow: str, offset: int, resolution: Resolution) -> bool:
    if isinstance(resolution, Retry) and await is_cancelled(backbone, flow):
        return False
    return await backbone.ledger.resolve(flow, offset, resolution, backbone.machine.clock.now())


async def edit_letters(backbone: Backbone, act: EditLetters) -> list[Edited]:
    """Edit the letters of one page; the event in the log stays as it came."""
    edited = []
    async for one, edit in _judged_edits(backbone, act, act.count):
        done = edit is not None and await _resolve(backbone, one.flow, one.offset, edit)
        if done and act.retry:
            retry = Retry(act.by, act.why, act.new_key)
            await _resolve(backbone, one.flow, one.offset, retry)
        problems = one.problems if done or edit is None else ["it is no dead letter any more"]
        edited.append(replace(one, answered=done, problems=problems))
    if act.retry:
        await _replays_go_on(backbone, {one.flow for one in edited if one.answered}, act.by, act.why)
    return edited


async def would_edit(backbone: Backbone, act: EditLetters) -> list[Edited]:
    """Tell what an edit would come to, without making it, page after page up to the limit.

    ``answered`` says whether it would be taken.
    """
    found: list[Edited] = []
    where, left = act.where, act.where.limit
    while left > 0:
        page = replace(act, where=replace(where, limit=min(left, MOST_AT_A_TIME)))
        judged = [replace(one, answered=bool(edit)) async for one, edit in _judged_edits(backbone, page)]
        found += judged
        if len(judged) < page.where.limit:
            break
        left -= len(judged)
        where = replace(where, after=(judged[-1].flow, judged[-1].offset))
    return found


async def _judged_edits(
    backbone: Backbone, act: EditLetters, count: int | None = None
) -> AsyncIterator[tuple[Edited, Edit | None]]:
    """Yield what an edit would come to for each letter of the page, and the edit where it would be taken."""
    if bool(act.record) == bool(act.values):
        raise UsageError(
            "an edit is either a whole record or values for some places of it: --file, or --set PATH=VALUE"
        )
    for flow, case in await _found(backbone, act.where, count):
        wired = flow_named(backbone, flow)
        [entry] = await CaseLoader(backbone.log, wired.contract.stream).entries([case])
        judged, edit = _judged(backbone, wired, entry, act)
        yield replace(judged, flow=flow), edit


def _judged(
    backbone: Backbone, flow: WiredFlow, entry: Entry, act: EditLetters
) -> tuple[Edited, Edit | None]:
    refused = Edited(flow.name, entry.offset, answered=False, notes=_notes(act, flow.contract))
    if entry.event is None:
        return replace(refused, problems=["the log no longer holds this event: discard it"]), None
    old = json.decode(entry.event.data)
    try:
        data = act.record or json.encode(changed(old, act.values))
    except TrunklineError as error:
        return replace(refused, problems=[str(error)]), None
    problems = _problems(backbone, flow, entry, data)
    if problems:
        return replace(refused, problems=problems), None
    found = differences(old, json.decode(data), flow.contract)
    if not found:
        return replace(refused, problems=["it differs in nothing from what is there"]), None
    paths = tuple(one.path for one in found)
    return replace(refused, differences=found), Edit(data, paths, act.by, act.why)


def _notes(act: EditLetters, contract: Contract) -> list[str]:
    """Name the fields to be put in that the contract does not know: they may be a slip."""
    # an item's number is no part of a field's place
    put = [".".join(quoted(step) for step in path.split(".") if not step.isdecimal()) for path in act.values]
    return [
        f'{contract.ref} has no field "{path}"; {hint}'.rstrip("; ")
        for path, hint in strangers(put, contract)
    ]


def _problems(backbone: Backbone, flow: WiredFlow, entry: Entry, data: bytes) -> list[str]:
    """Hold an edited record against the stream's contract, its entity, and, mapped, the target's contract."""
    event = entry.event
    assert event is not None
    intake = backbone.intakes[f"{PUBLISH}/{flow.contract.stream}"]
    judged = intake.judge(Arrival(data, identity=event.id, time=event.time), backbone.machine.clock.now())
    if isinstance(judged, Refusal):
        return [str(reason) for reason in judged.reasons]
    if judged.subject != entry.key:
        return ["it belongs to another entity: later events of this one wait for it, so its key must stay"]
    mapping = Checked(flow.mapping, flow.target.contract)
    attempt = Flow(flow.name, flow.contract.stream, flow.target.name, mapping, decode=flow.mapping.decode)
    mapped = Mapper(attempt)(replace(entry, event=replace(event, data=data)), 0)
    if isinstance(mapped, Dead):
        return [mapped.detail]
    return [] if isinstance(mapped, Item) else ["the mapping drops it: discard the letter instead"]
