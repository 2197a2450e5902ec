"""Dead letters: grouped by cause, listed, one by one, and the forms that mend, retry or give them up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from trunkline.app.acts import DiscardLetters, EditLetters, RetryLetters, RevealData
from trunkline.app.dead import DeadDetail, DeadGroup, DeadView, dead_groups, dead_letter, dead_letters
from trunkline.app.editing import as_json
from trunkline.app.letters import MOST_AT_A_TIME, Answered, Edited, would_edit
from trunkline.app.questions import AskLetter, subject_of
from trunkline.app.verdicts import several
from trunkline.delivery.ledger import CaseQuery
from trunkline.delivery.replay.port import flow_of
from trunkline.delivery.standing import Standing
from trunkline.kernel import json
from trunkline.kernel.errors import TrunklineError
from trunkline.surfaces.dashboard.forms import (
    REVEALS,
    Asking,
    Form,
    Input,
    Mistaken,
    Revealed,
    counted,
    of_many,
)
from trunkline.surfaces.dashboard.page import ROOM, Asked, NotThere, Page, View
from trunkline.surfaces.dashboard.tables import Column, Table, found, ordered, paged

DEAD = f"{ROOM}/dead"
LETTERS = f"{DEAD}/letters"
CHOSEN = ("flow", "kind", "cause", "text", "correlation")
"""By what letters are chosen, in addresses and forms alike; ``offset`` names one."""
FLOWS_TOLD = 5
"""Of how many flows a form tells where their letters go."""

GROUPED = (
    Column("flow", "Flow"),
    Column("cause", "Cause"),
    Column("letters", "Letters", numeric=True),
    Column("keys", "Entities", numeric=True),
    Column("holds_back", "Held behind", numeric=True),
    Column("last", "Last"),
    Column("", "Do"),
)
LISTED = (
    Column("", "Letter"),
    Column("", "Entity"),
    Column("", "Attempts", numeric=True),
    Column("", "Held behind", numeric=True),
    Column("", "Died"),
    Column("", "Why"),
)


class Listed(msgspec.Struct, frozen=True):
    """One page of letters that were chosen; ``next`` begins the page behind it, empty at the end."""

    chosen: dict[str, str]
    table: Table[DeadView]
    next: str


def letter_address(flow: str, offset: int) -> str:
    """Return where a letter's page is."""
    return f"{DEAD}/{quote(flow, safe='')}/{offset}"


def _query(asked: Asked, limit: int) -> CaseQuery:
    offset = asked.number("offset", -1)
    last_flow, _, last = asked.value("after").rpartition("~")
    return CaseQuery(
        flow=asked.value("flow"),
        after=(last_flow, int(last)) if last.isdecimal() and last.isascii() else ("", -1),
        kind=asked.value("kind"),
        cause=asked.value("cause"),
        text=asked.value("text"),
        correlation=asked.value("correlation"),
        offsets=(offset,) if offset >= 0 else (),
        limit=limit,
    )


async def _load_groups(asked: Asked) -> View:
    groups: list[DeadGroup] = await dead_groups(asked.backbone, CaseQuery(flow=asked.value("flow")))
    rows = ordered(found(groups, asked, ("flow", "kind", "cause")), asked, GROUPED, "-letters")
    return View("Dead letters", paged(rows, asked, "causes", GROUPED, len(groups), "-letters"), rows)


async def _load_letters(asked: Asked) -> View:
    query = _query(asked, 100)
    rows = await dead_letters(asked.backbone, query)
    whole = sum(
        one.letters
        for one in await dead_groups(asked.backbone, msgspec.structs.replace(query, after=CaseQuery().after))
    )
    more = _behind(rows, query.limit)
    table = Table("letters", LISTED, rows, whole, whole, 1, 1, "", falling=False)
    chosen = {name: asked.value(name) for name in CHOSEN if asked.value(name)}
    return View("Letters", Listed(chosen, table, more), rows, (("Dead letters", DEAD),))


async def _load_letter(asked: Asked) -> View:
    flow, offset = asked.parts["flow"], asked.parts["offset"]
    try:
        detail: DeadDetail = await dead_letter(asked.backbone, flow, int(offset))
    except (TrunklineError, ValueError) as error:
        raise NotThere(str(error)) from None
    above = (("Dead letters", DEAD), (flow, f"{LETTERS}?{urlencode({'flow': flow})}"))
    return View(f"Event {int(offset):,} in {flow}", detail, above=above)


GROUPS_PAGE = Page(
    "dead",
    "/dead",
    "Dead letters",
    "Dead letters by flow and cause: how many, of how many entities, how many events wait behind them.",
    _load_groups,
    "To mend",
    "d",
    10.0,
)
LIST_PAGE = Page(
    "letters",
    "/dead/letters",
    "Letters",
    "The dead letters of a flow, kind, cause or text, to retry or give up together.",
    _load_letters,
    every_seconds=10.0,
)
LETTER_PAGE = Page(
    "letter",
    "/dead/{flow}/{offset}",
    "Letter",
    "One dead letter: its record, personal data masked, its attempts, what people did, and how to mend it.",
    _load_letter,
    every_seconds=5.0,
)


def _behind(rows: Sequence[DeadView | Answered | Edited], limit: int = MOST_AT_A_TIME) -> str:
    """Return the place in the list behind a page of letters, empty where nothing is behind it."""
    return f"{rows[-1].flow}~{rows[-1].offset}" if len(rows) == limit else ""


async def _ask(asked: Asked, verb: str, *says: str, **more: Any) -> Asking:
    """Ask about the letters that are chosen: how many they are, for which target, what comes of it."""
    query = _query(asked, MOST_AT_A_TIME)
    groups = await dead_groups(asked.backbone, query)
    there, behind = sum(one.letters for one in groups), sum(one.holds_back for one in groups)
    told = [*says, *(await _ways(asked, groups))]
    if behind:
        told.append(f"{several(behind, 'event')} held behind them go on when none is left before them.")
    fields = {name: asked.value(name) for name in (*CHOSEN, "offset") if asked.value(name)}
    back = letter_address(query.flow, query.offsets[0]) if query.offsets else DEAD
    return of_many(
        asked, verb, "dead letter", there, MOST_AT_A_TIME, says=told, back=back, fields=fields, **more
    )


async def _ways(asked: Asked, groups: list[DeadGroup]) -> list[str]:
    """Tell by flow how many letters are for which target, and what keeps them from getting there now."""
    counts: Counter[str] = Counter()
    for one in groups:
        counts[one.flow] += one.letters
    told = [
        f"{several(letters, 'letter')} of {flow}, for {await _there(asked, flow)}."
        for flow, letters in counts.most_common(FLOWS_TOLD)
    ]
    rest = len(counts) - FLOWS_TOLD
    return [*told, f"And those of {several(rest, 'other flow')}."] if rest > 0 else told


async def _there(asked: Asked, name: str) -> str:
    """Name the target of a flow, and why nothing gets there at the moment."""
    backbone, flow = asked.backbone, flow_of(name)
    if flow not in backbone.project.flows:
        return "no target: the project has no such flow any more, and they can only be given up"
    target = backbone.project.flows[flow].target.name
    standing = (await backbone.standings.load()).get(target, Standing())
    if flow in await backbone.pauses.load():
        return f"{target}; the flow is paused: nothing goes there before it is resumed"
    if standing.isolation:
        return f"{target}, which {standing.isolation.by} isolated: nothing goes there before it is reset"
    if standing.outage:
        return (
            f"{target}, which does not answer ({standing.outage.kind}): what goes there waits until it does"
        )
    return target


async def _ask_retry(asked: Asked) -> Asking:
    anew = ("new_key", "under a new idempotency key, for a receiver that keeps its refusal under the old one")
    says = "Each is delivered again in its order, with all attempts of its flow."
    return await _ask(asked, "Retry", says, checked=(anew,))


async def _ask_discard(asked: Asked) -> Asking:
    says = "They are never delivered. The events stay in the log."
    return await _ask(asked, "Give up", says)


async def _ask_edit(asked: Asked) -> Asking:
    inputs = (
        Input("path", "Field", "a dotted path, such as lines.0.quantity"),
        Input("value", "New value", "JSON; what is none is a text"),
    )
    says = (
        "Another value is put into the record; both contracts are asked first.",
        "The event in the log stays as it came.",
    )
    again = ("retry", "and retry it at once")
    return await _ask(asked, "Mend", *says, inputs=inputs, checked=(again,))


def _letter_of(asked: Asked) -> AskLetter:
    return AskLetter(asked.value("flow"), asked.number("offset", -1), reveal=True)


async def _ask_reveal(asked: Asked) -> Asking:
    letter = _letter_of(asked)
    detail = await dead_letter(asked.backbone, letter.flow, letter.offset)
    fields = {"flow": letter.flow, "offset": str(letter.offset)}
    title = f"Show the personal data of event {detail.letter.offset:,} in {letter.flow}?"
    return Asking(title, REVEALS, letter_address(letter.flow, letter.offset), fields)


async def _revealed(asked: Asked) -> Revealed:
    letter = _letter_of(asked)
    detail = await dead_letter(asked.backbone, letter.flow, letter.offset, reveal=True)
    parts: list[tuple[str, Any]] = []
    if detail.event:
        parts += [("Entity", detail.event.subject), ("The record as it came", detail.event.data)]
    if detail.edited is not None:
        parts.append(("The record as it was mended", detail.edited))
    title = f"Event {letter.offset:,} in {letter.flow}"
    return Revealed(title, letter_address(letter.flow, letter.offset), tuple(parts))


def _retry(asked: Asked, by: str, why: str) -> RetryLetters:
    return RetryLetters(
        _query(asked, MOST_AT_A_TIME), by, why, new_key=bool(asked.value("new_key")), count=counted(asked)
    )


def _edit(asked: Asked, by: str, why: str) -> EditLetters:
    if not asked.value("path").strip():
        raise Mistaken("path", "say which field, as a dotted path such as lines.0.quantity")
    values = {asked.value("path").strip(): as_json(asked.value("value"))}
    query = _query(asked, MOST_AT_A_TIME)
    return EditLetters(query, by, why, values=values, retry=bool(asked.value("retry")), count=counted(asked))


def _told(verb: str, answered: list[Answered]) -> str:
    done = sum(one.answered for one in answered)
    rest = len(answered) - done
    return f"{several(done, 'letter')} {verb}." + (f" {rest:,} were none any more." if rest else "")


def _told_edit(edited: list[Edited]) -> str:
    done = sum(one.answered for one in edited)
    why = "; ".join(dict.fromkeys(problem for one in edited for problem in one.problems))
    if why and not done:
        raise Mistaken("value", why)
    return f"{several(done, 'letter')} mended." + (f" Refused: {why}" if why else "")


async def _try_edit(asked: Asked) -> list[str]:
    """Tell what an edit would come to, of as many letters as one act answers; values are masked."""
    edited = await would_edit(asked.backbone, _edit(asked, "try", ""))
    told = [f"{sum(one.answered for one in edited):,} of {several(len(edited), 'letter')} would be mended."]
    for one in [each for each in edited if each.answered][:3]:
        changes = "; ".join(
            f"{each.path} {_value(each.before)} → {_value(each.after)}" for each in one.differences
        )
        told.append(f"{one.flow} {one.offset:,}: {changes}")
    problems = Counter(problem for one in edited for problem in one.problems)
    told += [f"{count:,} would be refused: {problem}" for problem, count in problems.most_common(3)]
    return [*told, *dict.fromkeys(note for one in edited for note in one.notes)]


def _value(value: Any) -> str:
    return "(absent)" if value is msgspec.UNSET else json.encode(value).decode()


RETRY = Form(
    "retry-letters",
    "Retry",
    "delivers dead letters again",
    _ask_retry,
    _retry,
    lambda done: _told("wait to be delivered again", done),
    behind=_behind,
)
DISCARD = Form(
    "discard-letters",
    "Give up",
    "gives dead letters up for good",
    _ask_discard,
    lambda asked, by, why: DiscardLetters(_query(asked, MOST_AT_A_TIME), by, why, counted(asked)),
    lambda done: _told("given up", done),
    grave=True,
    behind=_behind,
)
EDIT = Form(
    "edit-letters",
    "Mend",
    "puts a value into the records of dead letters",
    _ask_edit,
    _edit,
    _told_edit,
    tries=_try_edit,
    behind=_behind,
)
REVEAL = Form(
    "reveal-letter",
    "Show personal data",
    "shows the record of a dead letter with its personal data, once",
    _ask_reveal,
    lambda asked, by, why: RevealData(subject_of(_letter_of(asked)), by, why),
    lambda _: "",
    may="reveal",
    shows=_revealed,
)
FORMS = (RETRY, DISCARD, EDIT, REVEAL)
PAGES = (GROUPS_PAGE, LIST_PAGE, LETTER_PAGE)
