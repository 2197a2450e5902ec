"""Bits flip on the disk: what they hit is refused and named, the rest is read, nothing wrong is delivered."""

from __future__ import annotations

import contextlib
import random

import apsw
import msgspec
import pytest
from tests.store_runs import STORE, Backbone, Hurried, backbone

from trunkline.adapters.sqlite.log import SqliteLog
from trunkline.adapters.sqlite.store import Store
from trunkline.eventlog.seal import Sealer
from trunkline.kernel.clock import SystemClock
from trunkline.kernel.errors import Corrupt, StoreError
from trunkline.kernel.signals import FlowStalled
from trunkline.testkit.eventlog import events
from trunkline.testkit.targets import MemoryService, Place

SEED = 20260302
FLIPS = 200
EVENTS, IN_A_PAGE = 600, 40
OTHER = "other@1"


class Closed(msgspec.Struct):
    """A closed store: its bytes, its stream's events by offset, each page's base, end and sealed bytes."""

    raw: bytes
    events: dict
    pages: list


@pytest.fixture
async def closed(tmp_path):
    """Give a closed store of fifteen pages, and two of another stream."""
    folder = tmp_path / "closed"
    folder.mkdir()
    async with backbone(folder) as one:
        await one.log.append(OTHER, events(0, 20))
        for first in range(0, EVENTS, IN_A_PAGE):
            await one.take(*range(first, first + IN_A_PAGE))
        page = await one.log.read(one.stream, 0, EVENTS)
    with contextlib.closing(apsw.Connection(str(folder / STORE))) as connection:
        rows = (
            "SELECT base, base + count, sealed FROM page"
            " JOIN page_body USING (body) JOIN stream USING (stream) WHERE name = 'stock@1' ORDER BY base"
        )
        pages = list(connection.execute(rows))
    return Closed((folder / STORE).read_bytes(), dict(enumerate(page.events)), pages)


async def read_what_can_be(log, stream, end):
    """Return the events that can be read, by offset, and the offsets that were refused."""
    found, refused, start = {}, [], 0
    while start < end:
        try:
            page = await log.read(stream, start, 1_000)
        except Corrupt:
            refused.append(start)
            start += 1
            continue
        if not page.events:
            break
        found.update(enumerate(page.events, page.base))
        start = page.next
    return found, refused


async def looked_at(folder, raw):
    """Open a store of these bytes; return the events read, the offsets refused, and what verify names."""
    (folder / STORE).write_bytes(raw)
    store = Store(folder / STORE, roles=())
    try:
        log = await SqliteLog.open(store, Sealer(bytes(32)), SystemClock())
        found, refused = await read_what_can_be(log, "stock@1", EVENTS)
        named = [(one.base, one.base + one.count) async for one in log.verify() if one.fault]
    finally:
        await store.close()
    return found, refused, named


def flipped(raw, bit):
    damaged = bytearray(raw)
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)


def bit_in_page(closed, chance):
    """Draw a page and, where its sealed bytes lie in the file, one bit of them."""
    while True:
        base, end, sealed = chance.choice(closed.pages)
        at = chance.randrange(len(sealed) - 16)
        place = closed.raw.find(sealed[at : at + 16])
        # not where SQLite parts a large value, and not what it left behind when it moved one
        if place >= 0 and closed.raw.find(sealed[at : at + 16], place + 1) < 0:
            return base, end, place * 8 + chance.randrange(8)


async def test_every_flipped_bit_in_a_page_is_found(closed, tmp_path):
    """At 200 random places: that page is refused and named by verify, and every other event is read."""
    chance = random.Random(SEED)
    for _ in range(FLIPS):
        base, end, bit = bit_in_page(closed, chance)
        found, refused, named = await looked_at(tmp_path, flipped(closed.raw, bit))
        assert refused == list(range(base, end)), f"bit {bit}"
        assert named == [(base, end)]
        assert found == {offset: one for offset, one in closed.events.items() if not base <= offset < end}


async def test_a_flipped_bit_anywhere_never_makes_another_event(closed, tmp_path):
    """At 200 random places of the whole file: an event is read as it was stored, or refused."""
    chance = random.Random(SEED)
    for _ in range(FLIPS):
        bit = chance.randrange(len(closed.raw) * 8)
        try:
            found, refused, named = await looked_at(tmp_path, flipped(closed.raw, bit))
        except StoreError:
            continue
        assert found.items() <= closed.events.items(), f"bit {bit}"
        assert len(found) + len(refused) == len(closed.events), f"bit {bit}"
        assert bool(refused) <= bool(named), f"bit {bit}"


async def test_a_flow_stops_before_a_damaged_page_and_says_so(closed, tmp_path):
    """It delivers what is before the page, once, and says what is damaged; another stream's flow goes on."""
    base, _, sealed = closed.pages[7]
    (tmp_path / STORE).write_bytes(flipped(closed.raw, closed.raw.find(sealed[40:56]) * 8))
    other = Place()
    one = Backbone(tmp_path, clock=Hurried())
    await one.open()
    one.start_flows()
    one.start_flow("other", OTHER, MemoryService(other), lambda record, event: record)
    cursors = {}
    while cursors != {"count": base, "echo": base, "other": 20} or len(said(one)) < 2:
        one.moved.clear()
        await one.moved.wait()
        cursors = {flow.flow: flow.cursor for flow in await one.ledger.status()}
    await one.close()
    assert [received.offset for received in other.received] == list(range(20))
    assert sorted(received.offset for received in one.place.received) == list(range(base))
    assert said(one) == {
        (
            flow,
            "damaged",
            f"page stock@1@{base}: the seal is broken: the bytes or their place are not what was written",
        )
        for flow in ("count", "echo")
    }


def said(one):
    """Return which flows stalled at damage, and what they said of it."""
    return {
        (x.flow, x.kind, x.detail) for x in one.said if isinstance(x, FlowStalled) and x.kind == "damaged"
    }
