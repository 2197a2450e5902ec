"""How many entities are another one's duplicate: counted piece by piece in the background, told from sums.

A piece is a bounded number of events after the last one that was counted. It is decoded and hashed beside
the event loop; the rest after each keeps the census to a fifth of the time, so that it is in nobody's way.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection

import msgspec

from trunkline.app.backbone import Backbone
from trunkline.app.masking import masked_subject
from trunkline.app.project import unknown_stream
from trunkline.contracts.contract import Contract
from trunkline.eventlog.port import Page
from trunkline.kernel import json
from trunkline.kernel.clock import to_rfc3339
from trunkline.kernel.errors import StoreError, UsageError
from trunkline.observe.census import Mark, Slice, State
from trunkline.observe.kpi import percent

SLICE_EVENTS = 1_000
"""How many events are counted in one go."""

FIRST_SECONDS = 10.0
"""How soon after the start it is looked for what was not counted."""

EVERY_SECONDS = 3_600.0
"""How often after that."""

RESTS = 4
"""It rests so many times as long as a piece took."""

MOST_LISTED = 1_000
MOST_OF_ONE = 20

_NOT_COUNTED = Mark(b"", 0, 0)


class EntityCount(msgspec.Struct, frozen=True):
    """How many entities a stream has, how many of them are duplicates, and how far it is counted.

    ``percent`` is null where there is no entity. ``counted`` is when something new was last counted, null
    where nothing was yet; ``uncounted`` are events that came since.
    """

    stream: str
    entities: int
    duplicates: int
    percent: float | None
    counted: str | None
    uncounted: int


class Alike(msgspec.Struct, frozen=True):
    """An entity that is one thing with others: its key, masked where it is personal, and its newest event.

    ``key`` is null where retention has removed that event.
    """

    key: str | None
    offset: int


class Matched(msgspec.Struct, frozen=True):
    """Entities whose values agree in ``fields``: how many, and the oldest of them."""

    fields: tuple[str, ...]
    entities: int
    oldest: list[Alike]


class DuplicateReport(msgspec.Struct, frozen=True):
    """The duplicates of a stream: the count, and what matches in what, most entities first."""

    count: EntityCount
    groups: list[Matched]


async def keep_counting(backbone: Backbone) -> None:
    """Count what is new soon after the start, then every hour; it never ends."""
    clock = backbone.machine.clock
    await clock.sleep(FIRST_SECONDS)
    while True:
        with contextlib.suppress(StoreError):  # it is tried again, and writes say so meanwhile
            since = clock.monotonic()
            async for _ in pieces(backbone):
                await clock.sleep(RESTS * (clock.monotonic() - since))
                since = clock.monotonic()
        await clock.sleep(EVERY_SECONDS)


async def pieces(backbone: Backbone) -> AsyncIterator[int]:
    """Count all that was not counted, and yield after each piece how many events it had.

    Where a contract matches by other fields than before, its stream is counted from the first event that the
    log still has. A stream that cannot be read is left for the next time.
    """
    for stream in (await backbone.census.marks()).keys() - _matching(backbone).keys():
        await backbone.census.forget(stream)
    for contract in _matching(backbone).values():
        with contextlib.suppress(StoreError):
            async for events in _pieces(backbone, contract):
                yield events


async def _pieces(backbone: Backbone, contract: Contract) -> AsyncIterator[int]:
    stream, rules = contract.stream, _rules(contract)
    mark = (await backbone.census.marks()).get(stream, _NOT_COUNTED)
    if mark.rules != rules:
        await backbone.census.forget(stream)
    start = mark.next if mark.rules == rules else 0
    read = _state_reader(contract, backbone.fingerprint)
    while (page := await backbone.log.read(stream, start, SLICE_EVENTS)).events:
        states = await asyncio.to_thread(read, page)
        await backbone.census.count(stream, Slice(rules, page.next, backbone.machine.clock.now(), states))
        start = page.next
        yield len(page.events)


def _matching(backbone: Backbone) -> dict[str, Contract]:
    contracts = backbone.project.contracts.values()
    return {one.stream: one for one in contracts if one.sameness.groups}


def _rules(contract: Contract) -> bytes:
    """Return a print of what a stream is matched by: 1 is how values are made alike."""
    return b"1 " + json.encode(contract.sameness.names)


def _state_reader(contract: Contract, hashed: Callable[[bytes], bytes]) -> Callable[[Page], list[State]]:
    """Return what reads the latest state of each entity of a page, by their first events in it."""
    decode = json.decoder_of({path[0] for group in contract.sameness.groups for path in group})
    values_of = contract.sameness.reader()
    scope = contract.stream.encode()

    def read(page: Page) -> list[State]:
        found: dict[str, tuple[int, bytes]] = {}
        for offset, event in enumerate(page.events, page.base):
            if event.subject:
                found[event.subject] = (offset, event.data)
        return [
            State(
                hashed(b"entity %b %b" % (scope, subject.encode("utf-8", "surrogatepass"))),
                offset,
                tuple(
                    bytes([group]) + hashed(b"match %b %d %b" % (scope, group, value))
                    for group, value in enumerate(values_of(decode(data)))
                    if value is not None
                ),
            )
            for subject, (offset, data) in found.items()
        ]

    return read


async def entity_counts(backbone: Backbone) -> list[EntityCount]:
    """Return the count of each stream whose contract says what it is matched by."""
    marks = await backbone.census.marks()
    extents = {one.stream: one for one in await backbone.log.streams()}
    found = []
    for stream, contract in sorted(_matching(backbone).items()):
        mark, extent = marks.get(stream, _NOT_COUNTED), extents.get(stream)
        if mark.rules != _rules(contract):
            mark = _NOT_COUNTED
        uncounted = extent.next - max(extent.first, mark.next) if extent else 0
        share = percent(mark.duplicates, mark.entities)
        counted = to_rfc3339(mark.at) if mark.at else None
        found.append(EntityCount(stream, mark.entities, mark.duplicates, share, counted, uncounted))
    return found


def duplicate_percent(counts: Collection[EntityCount]) -> float | None:
    """Return the share of duplicates among the entities of several streams, in per cent."""
    return percent(sum(one.duplicates for one in counts), sum(one.entities for one in counts))


async def duplicates(backbone: Backbone, stream: str, limit: int = 100) -> DuplicateReport:
    """Return what entities of a stream match in, of most entities first, each with its oldest twenty.

    Raises ``TrunklineError`` for a stream that is not there, ``UsageError`` for one whose contract does not
    say what it is matched by, and for a limit above 1,000.
    """
    contract = backbone.project.contract_of(stream)
    if contract is None:
        raise unknown_stream(backbone.project, stream)
    count = next((one for one in await entity_counts(backbone) if one.stream == contract.stream), None)
    if count is None:
        raise UsageError(f"{contract.stream} is not counted: its contract does not say match")
    if not 1 <= limit <= MOST_LISTED:
        raise UsageError(f"a limit is from 1 to {MOST_LISTED:,}")
    if count.counted is None:
        return DuplicateReport(count, [])
    shared = await backbone.census.shared(contract.stream, limit, MOST_OF_ONE)
    groups = [
        Matched(
            contract.sameness.names[one.match[0]],
            one.entities,
            [await _alike(backbone, contract, offset) for offset in one.offsets],
        )
        for one in shared
    ]
    return DuplicateReport(count, groups)


async def _alike(backbone: Backbone, contract: Contract, offset: int) -> Alike:
    page = await backbone.log.read(contract.stream, offset, 1)
    there = page.events and page.base == offset
    return Alike(masked_subject(page.events[0].subject, contract) if there else None, offset)
