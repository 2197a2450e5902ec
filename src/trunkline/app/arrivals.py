"""The use-cases of quarantine: how a person reads, groups, mends, releases and discards refused arrivals."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec.structs import replace

from trunkline.app.act import Act, Change, agree
from trunkline.app.backbone import Backbone
from trunkline.app.editing import changed
from trunkline.app.masking import masked
from trunkline.app.names import checked_entries
from trunkline.connectors.source import Receipt
from trunkline.contracts.contract import Contract
from trunkline.intake.quarantine import Entry, Group, Held, Query, Reason, Resolution, Status
from trunkline.intake.release import Decision, Release, release, would_be
from trunkline.kernel import json
from trunkline.kernel.clock import to_rfc3339
from trunkline.kernel.errors import TrunklineError, UsageError

MOST_AT_A_TIME = 1_000
"""How many entries one act ends at the most."""


class Discarded(msgspec.Struct, frozen=True):
    """Whether there was such an open entry to discard."""

    id: str
    discarded: bool


class ReleaseEntries(Act, frozen=True):
    """Let quarantined arrivals in: as they came, or with ``record`` or ``values`` in place of it (JSON).

    ``values`` are by dotted path. With a ``count`` nothing is done where others than so many are found,
    from ``where.after`` on.
    """

    where: Query
    by: str
    why: str = ""
    record: bytes = b""
    values: dict[str, bytes] = msgspec.field(default_factory=dict)
    count: int | None = None

    def change(self, result: list[Release]) -> Change:
        """Tell how many were let in."""
        after = "released edited" if self.record or self.values else "released"
        return Change("open", after, sum(one.fate == "released" for one in result))


class DiscardEntries(Act, frozen=True):
    """Give quarantined arrivals up for ``why``.

    ``count`` as of a release.
    """

    where: Query
    by: str
    why: str
    count: int | None = None

    def change(self, result: list[Discarded]) -> Change:
        """Tell how many were given up."""
        return Change("open", "discarded", sum(one.discarded for one in result))


class EndView(msgspec.Struct, frozen=True):
    """How a refused arrival ended: who decided it, why, and when (RFC 3339)."""

    how: Status
    by: str
    why: str
    at: str


class EntryView(msgspec.Struct, frozen=True):
    """A refused arrival as a person sees it: times are RFC 3339; see ``intake.quarantine.Entry``."""

    id: str
    source: str
    stream: str
    contract: str
    place: str
    correlation: str
    arrived: str
    last_seen: str
    count: int
    kind: str
    reasons: tuple[Reason, ...]
    raw_bytes: int
    status: Status
    resolution: EndView | None = None


def entry_view(entry: Entry) -> EntryView:
    """Return a refused arrival as people see it."""
    fields, end = msgspec.structs.asdict(entry), entry.resolution
    ended = end and EndView(**msgspec.structs.asdict(end) | {"at": to_rfc3339(end.at)})
    times = {"arrived": to_rfc3339(entry.arrived), "last_seen": to_rfc3339(entry.last_seen)}
    return EntryView(**fields | times | {"resolution": ended})


async def entries(backbone: Backbone, where: Query) -> list[EntryView]:
    """List the entries of one page, newest first; raises ``UsageError`` for an unknown source or stream."""
    return [entry_view(one) for one in await backbone.quarantine.list(await checked_entries(backbone, where))]


async def found(backbone: Backbone, where: Query, count: int | None = None) -> list[Entry]:
    """Return the open entries of one page, oldest first: a bulk act keeps the order they came in.

    Where a ``count`` is said, raises ``TrunklineError`` if there are others than so many.
    """
    where = await checked_entries(backbone, where)
    page = replace(
        where, status="open", before="", after=where.after or "", limit=min(where.limit, MOST_AT_A_TIME)
    )
    entries = list(await backbone.quarantine.list(page))
    if count is not None:
        is_last = len(entries) < page.limit
        groups = () if is_last else await backbone.quarantine.groups(page)
        agree(count, len(entries) if is_last else sum(one.entries for one in groups))
    return entries


async def release_entries(backbone: Backbone, act: ReleaseEntries) -> list[Release]:
    """Run the entries of one page through the present contract and let in what passes."""
    if act.record and len(act.where.ids) != 1:
        raise UsageError("a whole record replaces one entry: release one at a time")
    edits, ids, unfit = await _edits(backbone, act, act.count)
    decision = Decision(act.by, act.why, edits)
    done = await release(backbone.quarantine, backbone.intakes, backbone.machine.clock, ids, decision)
    return sorted([*done, *unfit], key=lambda one: one.entry_id)


async def would_release(backbone: Backbone, act: ReleaseEntries) -> list[Release]:
    """Tell what a release of the entries of one page would come to, without making it."""
    edits, ids, unfit = await _edits(backbone, act)
    decision = Decision(act.by, act.why, edits)
    would = await would_be(backbone.quarantine, backbone.intakes, backbone.machine.clock, ids, decision)
    return sorted([*would, *unfit], key=lambda one: one.entry_id)


async def _edits(
    backbone: Backbone, act: ReleaseEntries, count: int | None = None
) -> tuple[dict[str, bytes], list[str], list[Release]]:
    """Return the records that go in place of what came, the entries to judge, and those that take no edit."""
    entries = await found(backbone, act.where, count)
    edits: dict[str, bytes] = {}
    unfit: list[Release] = []
    for one in entries if act.record or act.values else ():
        try:
            edits[one.id] = await _edited(backbone, one, act)
        except TrunklineError as error:
            unfit.append(Release(one.id, "still refused", Receipt("refused", reasons=(str(error),))))
    refused = {one.entry_id for one in unfit}
    return edits, [one.id for one in entries if one.id not in refused], unfit


async def _edited(backbone: Backbone, entry: Entry, act: ReleaseEntries) -> bytes:
    if act.record:
        return act.record
    held = await backbone.quarantine.get(entry.id)
    assert held is not None
    return json.encode(changed(_record(held, _contract(backbone, entry)), act.values))


def _record(held: Held, contract: Contract | None) -> Any:
    """Return an arrival's record; raises ``TrunklineError`` where it has none to put values into."""
    fields = held.arrival.fields
    if fields is not None:
        return contract.typed(fields)[0] if contract else fields
    try:
        return json.decode(held.arrival.raw)
    except ValueError:
        raise TrunklineError(f"{held.entry.id} is no JSON: replace it as a whole, with a file") from None


async def discard_entries(backbone: Backbone, act: DiscardEntries) -> list[Discarded]:
    """End the entries of one page without letting them in; their bytes are kept until they are trimmed."""
    end = Resolution("discarded", act.by, act.why, backbone.machine.clock.now())
    entries = await found(backbone, act.where, act.count)
    ended = await asyncio.gather(*(backbone.quarantine.resolve(one.id, end) for one in entries))
    return [Discarded(one.id, done) for one, done in zip(entries, ended, strict=True)]


class EntryGroup(msgspec.Struct, frozen=True):
    """Refused arrivals of one source and one reason: see ``intake.quarantine.Group``; times are RFC 3339."""

    source: str
    stream: str
    kind: str
    rule: str
    pointer: str
    entries: int
    arrivals: int
    first: str
    last: str
    example: str


async def entry_groups(backbone: Backbone, where: Query) -> list[EntryGroup]:
    """Group refused arrivals by source and first reason, the largest group first."""
    return [_group(one) for one in await backbone.quarantine.groups(await checked_entries(backbone, where))]


def _group(one: Group) -> EntryGroup:
    times = {"first": to_rfc3339(one.first), "last": to_rfc3339(one.last)}
    return EntryGroup(**(msgspec.structs.asdict(one) | times))


class QuarantineDetail(msgspec.Struct, frozen=True):
    """A refused arrival with its record, masked unless asked for; what is no JSON is shown only then."""

    entry: EntryView
    record: Any


def _absent(entry_id: str) -> str:
    return f'there is no quarantined arrival {entry_id}: see "trunkline quarantine list"'


async def why_not_open(backbone: Backbone, entry_ids: Iterable[str]) -> list[str]:
    """Say of each entry that could not be ended why: it has ended already, or there is none of that id."""
    held = [(one, await backbone.quarantine.get(one)) for one in entry_ids]
    return [f"{one}: {found.entry.status} already" if found else _absent(one) for one, found in held]


async def quarantined(backbone: Backbone, entry_id: str, *, reveal: bool = False) -> QuarantineDetail:
    """Show one refused arrival; raises ``TrunklineError`` where there is none of that id."""
    held = await backbone.quarantine.get(entry_id)
    if held is None:
        raise TrunklineError(_absent(entry_id))
    arrival = held.arrival
    try:
        record: Any = arrival.fields if arrival.fields is not None else json.decode(arrival.raw)
    except ValueError:
        record = arrival.raw.decode("utf-8", "backslashreplace") if reveal else "***"
    shown = record if reveal else masked(record, _contract(backbone, held.entry))
    return QuarantineDetail(entry_view(held.entry), shown)


def _contract(backbone: Backbone, entry: Entry) -> Contract | None:
    return backbone.project.contracts.get(entry.stream)
