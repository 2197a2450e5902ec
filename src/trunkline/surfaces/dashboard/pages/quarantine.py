"""Quarantine: refused arrivals grouped by reason, listed, one by one, and forms that let them in or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from trunkline.app.acts import DiscardEntries, ReleaseEntries, RevealData
from trunkline.app.arrivals import (
    MOST_AT_A_TIME,
    Discarded,
    EntryGroup,
    EntryView,
    QuarantineDetail,
    entries,
    entry_groups,
    quarantined,
    would_release,
)
from trunkline.app.editing import as_json
from trunkline.app.questions import AskEntry, subject_of
from trunkline.app.verdicts import several
from trunkline.intake.quarantine import Query
from trunkline.intake.release import Release
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

QUARANTINE = f"{ROOM}/quarantine"
ENTRIES = f"{QUARANTINE}/entries"
CHOSEN = ("source", "kind", "rule", "text", "correlation")
"""By what arrivals are chosen, in addresses and forms alike; ``id`` names one."""
SOURCES_TOLD = 5
"""Of how many sources a form tells how many arrivals are theirs."""

GROUPED = (
    Column("source", "Source"),
    Column("kind", "Reason"),
    Column("entries", "Arrivals", numeric=True),
    Column("arrivals", "Times sent", numeric=True),
    Column("last", "Last"),
    Column("", "Do"),
)
LISTED = (
    Column("", "Arrival"),
    Column("", "Source"),
    Column("", "Bytes", numeric=True),
    Column("", "Times sent", numeric=True),
    Column("", "Arrived"),
    Column("", "Reasons"),
)


class EntryRow(msgspec.Struct, frozen=True):
    """A refused arrival as the list shows it; a reason names a place and a rule, never a value."""

    id: str
    source: str
    stream: str
    raw_bytes: int
    count: int
    arrived: str
    status: str
    reasons: tuple[str, ...]


class Listed(msgspec.Struct, frozen=True):
    """One page of arrivals that were chosen; ``next`` begins the page behind it, empty at the end."""

    chosen: dict[str, str]
    table: Table[EntryRow]
    next: str


class Shown(msgspec.Struct, frozen=True):
    """One arrival: its row, and its record, masked."""

    row: EntryRow
    contract: str
    place: str
    correlation: str
    record: Any
    ended: tuple[str, str, str, str] | None


def entry_address(entry_id: str) -> str:
    """Return where an arrival's page is."""
    return f"{QUARANTINE}/{quote(entry_id, safe='')}"


def _query(asked: Asked, limit: int) -> Query:
    ids = (asked.value("id"),) if asked.value("id") else ()
    return Query(
        after=asked.value("after") or None,
        source=asked.value("source"),
        kind=asked.value("kind"),
        rule=asked.value("rule"),
        text=asked.value("text"),
        correlation=asked.value("correlation"),
        ids=ids,
        limit=limit,
    )


def _row(entry: EntryView) -> EntryRow:
    reasons = tuple(str(one) for one in entry.reasons)
    return EntryRow(
        entry.id,
        entry.source,
        entry.stream,
        entry.raw_bytes,
        entry.count,
        entry.arrived,
        entry.status,
        reasons,
    )


async def _load_groups(asked: Asked) -> View:
    groups: list[EntryGroup] = await entry_groups(asked.backbone, Query(source=asked.value("source")))
    rows = ordered(found(groups, asked, ("source", "kind", "rule", "pointer")), asked, GROUPED, "-entries")
    return View("Quarantine", paged(rows, asked, "reasons", GROUPED, len(groups), "-entries"), rows)


async def _load_entries(asked: Asked) -> View:
    query = msgspec.structs.replace(_query(asked, 100), before=asked.value("before"))
    rows = [_row(one) for one in await entries(asked.backbone, query)]
    whole = sum(one.entries for one in await entry_groups(asked.backbone, _query(asked, 1)))
    chosen = {name: asked.value(name) for name in CHOSEN if asked.value(name)}
    table = Table("arrivals", LISTED, rows, whole, whole, 1, 1, "", falling=False)
    more = rows[-1].id if len(rows) == query.limit else ""
    return View("Refused arrivals", Listed(chosen, table, more), rows, (("Quarantine", QUARANTINE),))


async def _load_entry(asked: Asked) -> View:
    try:
        detail: QuarantineDetail = await quarantined(asked.backbone, asked.parts["id"])
    except TrunklineError as error:
        raise NotThere(str(error)) from None
    entry, end = detail.entry, detail.entry.resolution
    ended = (end.how, end.by, end.why, end.at) if end else None
    shown = Shown(_row(entry), entry.contract, entry.place, entry.correlation, detail.record, ended)
    led = (entry.source, f"{ENTRIES}?{urlencode({'source': entry.source})}")
    return View(entry.id, shown, above=(("Quarantine", QUARANTINE), led))


GROUPS_PAGE = Page(
    "quarantine",
    "/quarantine",
    "Quarantine",
    "Refused arrivals by source and reason: how many, how often they were sent, when the last one came.",
    _load_groups,
    "To mend",
    "q",
    10.0,
)
LIST_PAGE = Page(
    "entries",
    "/quarantine/entries",
    "Refused arrivals",
    "The refused arrivals of a source, kind, rule or text, to let in or discard together.",
    _load_entries,
    every_seconds=10.0,
)
ENTRY_PAGE = Page(
    "entry",
    "/quarantine/{id}",
    "Refused arrival",
    "One refused arrival: every reason, its record, personal data masked, and how to mend it.",
    _load_entry,
    every_seconds=5.0,
)


async def _ask(asked: Asked, verb: str, *says: str, **more: Any) -> Asking:
    query = _query(asked, MOST_AT_A_TIME)
    groups = await entry_groups(asked.backbone, query)
    there = sum(one.entries for one in groups)
    told = [*says, *_ways(groups)]
    fields = {name: asked.value(name) for name in (*CHOSEN, "id") if asked.value(name)}
    back = entry_address(query.ids[0]) if query.ids else QUARANTINE
    return of_many(
        asked, verb, "refused arrival", there, MOST_AT_A_TIME, says=told, back=back, fields=fields, **more
    )


def _ways(groups: list[EntryGroup]) -> list[str]:
    """Tell by stream how many arrivals are from which sources."""
    counts: Counter[tuple[str, str]] = Counter()
    for one in groups:
        counts[one.stream, one.source] += one.entries
    told = [
        f"{several(arrivals, 'arrival')} from {source}, for {stream}."
        for (stream, source), arrivals in counts.most_common(SOURCES_TOLD)
    ]
    rest = len(counts) - SOURCES_TOLD
    return [*told, f"And those from {several(rest, 'other source')}."] if rest > 0 else told


async def _ask_release(asked: Asked) -> Asking:
    says = (
        "Each is held against its contract as it is now, the oldest first; what passes goes into its stream."
    )
    return await _ask(asked, "Let in", says)


async def _ask_mend(asked: Asked) -> Asking:
    inputs = (
        Input("path", "Field", "a dotted path, such as lines.0.quantity"),
        Input("value", "Right value", "JSON; what is none is a text"),
    )
    says = "The value is put into the record, which is then held against its contract; what passes goes in."
    return await _ask(asked, "Mend and let in", says, inputs=inputs)


async def _ask_discard(asked: Asked) -> Asking:
    return await _ask(
        asked, "Discard", "They never go into a stream. Their bytes are kept until they are trimmed."
    )


async def _ask_reveal(asked: Asked) -> Asking:
    detail = await quarantined(asked.backbone, asked.value("id"))
    title = f"Show the personal data of refused arrival {detail.entry.id}?"
    return Asking(title, REVEALS, entry_address(detail.entry.id), {"id": detail.entry.id})


async def _revealed(asked: Asked) -> Revealed:
    detail = await quarantined(asked.backbone, asked.value("id"), reveal=True)
    parts = (("The record as it came", detail.record),)
    return Revealed(f"Refused arrival {detail.entry.id}", entry_address(detail.entry.id), parts)


def _release(asked: Asked, by: str, why: str) -> ReleaseEntries:
    path = asked.value("path")
    values = {path: as_json(asked.value("value"))} if path else {}
    return ReleaseEntries(_query(asked, MOST_AT_A_TIME), by, why, values=values, count=counted(asked))


def _mend(asked: Asked, by: str, why: str) -> ReleaseEntries:
    if not asked.value("path").strip():
        raise Mistaken("path", "say which field, as a dotted path such as lines.0.quantity")
    return _release(asked, by, why)


async def _try_release(asked: Asked) -> list[str]:
    """Tell what a release would come to, of as many arrivals as one act answers."""
    return await _tried(asked, _release(asked, "try", ""))


async def _try_mend(asked: Asked) -> list[str]:
    return await _tried(asked, _mend(asked, "try", ""))


async def _tried(asked: Asked, act: ReleaseEntries) -> list[str]:
    done = await would_release(asked.backbone, act)
    let_in = sum(one.fate == "released" for one in done)
    why = Counter(
        one.receipt.reasons[0] if one.receipt and one.receipt.reasons else one.fate
        for one in done
        if one.fate != "released"
    )
    refused = [f"{count:,} would not: {reason}" for reason, count in why.most_common(3)]
    return [f"{let_in:,} of {several(len(done), 'arrival')} would be let in.", *refused]


def _told_release(done: list[Release]) -> str:
    let_in = sum(one.fate == "released" for one in done)
    rest = len(done) - let_in
    why = next((one.receipt.reasons[0] for one in done if one.receipt and one.receipt.reasons), "")
    if why and not let_in:
        raise Mistaken("value", f"{several(rest, 'arrival')} still refused: {why}")
    told = f"{several(let_in, 'arrival')} let in."
    return f"{told} {rest:,} not: {why or 'answered already'}" if rest else told


def _told_discard(done: list[Discarded]) -> str:
    return f"{several(sum(one.discarded for one in done), 'arrival')} discarded."


def _behind(done: Sequence[Release | Discarded]) -> str:
    """Return the place behind what one act answered, empty where nothing is behind it."""
    if len(done) < MOST_AT_A_TIME:
        return ""
    return max(one.entry_id if isinstance(one, Release) else one.id for one in done)


RELEASE = Form(
    "release-entries",
    "Let in",
    "lets refused arrivals in",
    _ask_release,
    _release,
    _told_release,
    tries=_try_release,
    behind=_behind,
)
MEND = Form(
    "mend-entries",
    "Mend",
    "puts a value into refused arrivals and lets them in",
    _ask_mend,
    _mend,
    _told_release,
    tries=_try_mend,
    behind=_behind,
)
DISCARD = Form(
    "discard-entries",
    "Discard",
    "discards refused arrivals for good",
    _ask_discard,
    lambda asked, by, why: DiscardEntries(_query(asked, MOST_AT_A_TIME), by, why, counted(asked)),
    _told_discard,
    grave=True,
    behind=_behind,
)
REVEAL = Form(
    "reveal-entry",
    "Show personal data",
    "shows the record of a refused arrival with its personal data, once",
    _ask_reveal,
    lambda asked, by, why: RevealData(subject_of(AskEntry(asked.value("id"), reveal=True)), by, why),
    lambda _: "",
    may="reveal",
    shows=_revealed,
)
FORMS = (RELEASE, MEND, DISCARD, REVEAL)
PAGES = (GROUPS_PAGE, LIST_PAGE, ENTRY_PAGE)
