"""The behaviour every ``EventLog`` shows: subclass ``EventLogSuite`` where an engine's tests live.

::

    class TestMyLog(EventLogSuite):
        @pytest.fixture
        async def engine(self, tmp_path):
            engine = MyEngine(tmp_path)  # an ``Engine``, below
            yield engine
            await engine.close()

What an engine does not promise in its ``Features`` is skipped, saying so.
"""

from __future__ import annotations

import asyncio
import unittest
from typing import Protocol

import msgspec

from trunkline.eventlog.port import EventLog, Query, Retention
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import Corrupt
from trunkline.kernel.event import Event, Stored
from trunkline.testkit.clock import START, ManualClock

WINDOW_SECONDS = 3_600
"""The dedupe window an engine under test is opened with."""

STREAM = "order"
MARK = b"a text that no stored page may show"
_MANY = 2_500


class Engine(Protocol):
    """A way to open one store again and again, and to look at it from outside."""

    clock: ManualClock

    async def open(self) -> EventLog:
        """Open the store, closing it first where it is open; its window is ``WINDOW_SECONDS``."""

    async def close(self) -> None:
        """Close the store if it is open."""

    def stored(self) -> bytes:
        """Return all bytes that the engine has at rest (asked of sealed engines only)."""

    def damage(self, stream: str, base: int) -> None:
        """Flip one bit of the stored page that begins at ``base`` (asked of sealed engines only)."""


def event(number: int, *, source: str = "till", data: bytes = b"", recorded: int = START) -> Event:
    """Return an event that differs from those of other numbers in every text."""
    return Event(
        id=f"id-{number}",
        source=source,
        type="order.placed",
        subject=f"customer-{number % 7}",
        time=START - number,
        recorded=recorded,
        contract="order@1",
        correlation=f"{number + 1:032x}",
        data=data or b'{"number":%d}' % number,
    )


def events(first: int, count: int) -> list[Event]:
    """Return ``count`` events numbered from ``first`` on."""
    return [event(number) for number in range(first, first + count)]


async def read_all(log: EventLog, stream: str = STREAM, limit: int = 1_000) -> list[tuple[int, Event]]:
    """Read a stream from its beginning to its end, as (offset, event)."""
    found: list[tuple[int, Event]] = []
    start = 0
    while (page := await log.read(stream, start, limit)).events:
        assert len(page.events) <= limit
        found += enumerate(page.events, page.base)
        start = page.next
    return found


class AppendAndRead:
    """Order, offsets and reading."""

    async def test_events_come_back_in_order_with_offsets_from_zero(self, engine: Engine) -> None:
        """What was appended is read back unchanged, offsets counting from 0 without a gap."""
        log = await engine.open()
        placed = await log.append(STREAM, events(0, 3)) + await log.append(STREAM, events(3, 2))
        assert [(one.offset, one.duplicate) for one in placed] == [(offset, False) for offset in range(5)]
        assert await read_all(log) == list(enumerate(events(0, 5)))

    async def test_nothing_appended_is_nothing_stored(self, engine: Engine) -> None:
        """An append of no events succeeds and leaves no trace."""
        log = await engine.open()
        assert await log.append(STREAM, []) == []
        assert (await log.read(STREAM, 0)).events == []

    async def test_streams_are_apart(self, engine: Engine) -> None:
        """Each stream counts its own offsets, and the same event may stand in two of them."""
        log = await engine.open()
        assert [one.offset for one in await log.append("a", events(0, 2))] == [0, 1]
        assert [one.offset for one in await log.append("b", events(0, 2))] == [0, 1]
        assert [(info.stream, info.first, info.next) for info in await log.streams()] == [
            ("a", 0, 2),
            ("b", 0, 2),
        ]

    async def test_reading_past_the_end_is_an_empty_page(self, engine: Engine) -> None:
        """At the end of a stream, or of one that nobody wrote, a page is empty and begins where asked."""
        log = await engine.open()
        await log.append(STREAM, events(0, 2))
        for stream, start in ((STREAM, 2), (STREAM, 9), ("nobody", 0)):
            page = await log.read(stream, start)
            assert (page.base, page.events) == (start, [])

    async def test_any_start_and_limit_sees_the_same_events(self, engine: Engine) -> None:
        """Wherever a read begins and however little it takes, it sees the stream as it is."""
        log = await engine.open()
        for first in range(0, 30, 3):
            await log.append(STREAM, events(first, 3))
        for start in range(30):
            for limit in (1, 2, 7, 100):
                page = await log.read(STREAM, start, limit)
                assert page.base == start
                assert page.events == events(start, min(len(page.events), limit))
                assert page.events
        assert [found for _, found in await read_all(log, limit=4)] == events(0, 30)

    async def test_a_large_append_is_one_act(self, engine: Engine) -> None:
        """More events than one page holds are stored in their order all the same."""
        log = await engine.open()
        await log.append(STREAM, events(0, _MANY))
        assert [found for _, found in await read_all(log)] == events(0, _MANY)

    async def test_concurrent_appends_keep_each_callers_order(self, engine: Engine) -> None:
        """Appends under way together get distinct offsets, in the order they were called in."""
        log = await engine.open()
        placed = await asyncio.gather(*(log.append(STREAM, events(3 * call, 3)) for call in range(100)))
        assert [one.offset for batch in placed for one in batch] == list(range(300))
        assert [found for _, found in await read_all(log)] == events(0, 300)

    async def test_a_cancelled_caller_harms_nobody(self, engine: Engine) -> None:
        """Where one of several waiting callers gives up, the others are answered."""
        log = await engine.open()
        calls = [asyncio.ensure_future(log.append(STREAM, [event(number)])) for number in range(3)]
        await asyncio.sleep(0)
        calls[0].cancel()
        answered = await asyncio.gather(*calls[1:])
        assert len({one.offset for batch in answered for one in batch}) == len(answered)

    async def test_waiting_ends_when_an_event_is_there(self, engine: Engine) -> None:
        """A reader that waits at the end is woken by the append it waits for, not by an earlier one."""
        log = await engine.open()
        await log.append(STREAM, events(0, 1))
        await log.wait(STREAM, 0)
        waiting = asyncio.ensure_future(log.wait(STREAM, 2))
        await log.append(STREAM, events(1, 1))
        await asyncio.sleep(0)
        assert not waiting.done()
        await log.append(STREAM, events(2, 1))
        await asyncio.wait_for(waiting, 10)
        assert (await log.read(STREAM, 2)).events == [event(2)]

    async def test_a_cancelled_wait_is_forgotten(self, engine: Engine) -> None:
        """A reader may stop waiting; those beside it go on."""
        log = await engine.open()
        first, second = (asyncio.ensure_future(log.wait(STREAM, 0)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await log.append(STREAM, events(0, 1))
        await asyncio.wait_for(second, 10)


class Deduplication:
    """One arrival, one event."""

    async def test_a_repeat_gets_the_offset_of_the_first(self, engine: Engine) -> None:
        """An (source, id) that was stored is not stored again, whatever its data is now."""
        log = await engine.open()
        await log.append(STREAM, events(0, 5))
        placed = await log.append(STREAM, [event(5), event(2, data=b"{}"), event(6)])
        assert [(one.offset, one.duplicate) for one in placed] == [(5, False), (2, True), (6, False)]
        assert [found for _, found in await read_all(log)] == events(0, 7)

    async def test_within_one_append_the_first_wins(self, engine: Engine) -> None:
        """Of equal arrivals in one batch the first is stored and the others point at it."""
        log = await engine.open()
        placed = await log.append(STREAM, [event(0), event(1), event(0, data=b"{}"), event(2)])
        assert [(one.offset, one.duplicate) for one in placed] == [
            (0, False),
            (1, False),
            (0, True),
            (2, False),
        ]
        assert [found for _, found in await read_all(log)] == events(0, 3)

    async def test_callers_at_the_same_time_store_one(self, engine: Engine) -> None:
        """Ten callers with the same event at once: one is stored, ten are answered alike."""
        log = await engine.open()
        placed = await asyncio.gather(*(log.append(STREAM, [event(0)]) for _ in range(10)))
        assert {one.offset for batch in placed for one in batch} == {0}
        assert sum(not one.duplicate for batch in placed for one in batch) == 1

    async def test_source_is_part_of_the_identity(self, engine: Engine) -> None:
        """Two sources may use the same id, however their texts run together."""
        log = await engine.open()
        alike = [event(1, source="till"), event(1, source="shop")]
        run_together = [_named("a", "bc"), _named("ab", "c")]
        placed = await log.append(STREAM, [*alike, *run_together])
        assert [one.duplicate for one in placed] == [False] * 4

    async def test_a_cast_event_is_known_from_the_stream_its_source_left(self, engine: Engine) -> None:
        """What a source brought to one major version it does not bring to the next one again."""
        log = await engine.open()
        await log.append("order@1", events(0, 3))
        cast = [msgspec.structs.replace(one, given="order@1.0.0") for one in events(1, 4)]
        placed = await log.append("order@2", cast)
        assert [(one.offset, one.duplicate) for one in placed] == [
            (-1, True),
            (-1, True),
            (0, False),
            (1, False),
        ]
        assert [found for _, found in await read_all(log, "order@2")] == cast[2:]
        again = await log.append("order@2", cast[2:])
        assert [(one.offset, one.duplicate) for one in again] == [(0, True), (1, True)]

    async def test_only_other_majors_of_the_contract_are_looked_at(self, engine: Engine) -> None:
        """A cast event may stand in the stream of another contract, one that was not cast anywhere."""
        log = await engine.open()
        for stream in ("order@1", "customer@1"):
            await log.append(stream, events(0, 2))
        cast = [msgspec.structs.replace(one, given="customer-order@1.0.0") for one in events(0, 2)]
        assert [one.duplicate for one in await log.append("customer-order@2", cast)] == [False, False]
        assert [one.duplicate for one in await log.append("order@2", events(0, 2))] == [False, False]

    async def test_the_window_ends_exactly(self, engine: Engine) -> None:
        """A repeat is a duplicate up to the last second of the window and new from its end on."""
        log = await engine.open()
        await log.append(STREAM, [event(0)])
        engine.clock.advance(WINDOW_SECONDS - 1)
        assert [one.duplicate for one in await log.append(STREAM, [event(0)])] == [True]
        engine.clock.advance(1)
        placed = await log.append(STREAM, [event(0)])
        assert [(one.offset, one.duplicate) for one in placed] == [(1, False)]
        engine.clock.advance(1)
        again = await log.append(STREAM, [event(0)])
        assert [(one.offset, one.duplicate) for one in again] == [(1, True)]

    async def test_a_repeat_of_a_trimmed_event_is_still_known(self, engine: Engine) -> None:
        """Trimming an event does not forget that it came."""
        log = await engine.open()
        await log.append(STREAM, events(0, 3))
        await log.trim(STREAM, Retention(keep_from=3, max_bytes=0))
        assert [(one.offset, one.duplicate) for one in await log.append(STREAM, [event(1)])] == [(1, True)]


class FindAndTrim:
    """Finding one event among many, and letting old ones go."""

    async def test_find_by_each_value(self, engine: Engine) -> None:
        """An event is found by its id, its correlation and its subject, with its stream and offset."""
        log = await engine.open()
        await log.append("other", [event(90)])
        await log.append(STREAM, events(0, 50))
        for query in (Query(id="id-30"), Query(correlation=f"{31:032x}"), Query(stream=STREAM, id="id-30")):
            assert [(one.stream, one.offset, one.event) for one in await log.find(query)] == [
                (STREAM, 30, event(30))
            ]
        found = await log.find(Query(stream=STREAM, subject="customer-3"))
        assert [one.offset for one in found] == list(range(45, 0, -7))

    async def test_find_wants_every_value_and_no_more_than_asked(self, engine: Engine) -> None:
        """All values given must agree; the newest come first, up to the limit; a stranger is not found."""
        log = await engine.open()
        for first in range(0, 40, 10):
            await log.append(STREAM, events(first, 10))
        assert await log.find(Query(id="id-3", subject="customer-4")) == []
        assert [one.offset for one in await log.find(Query(subject="customer-0", limit=2))] == [35, 28]
        assert [one.offset for one in await log.find(Query(stream=STREAM, limit=3))] == [39, 38, 37]
        assert await log.find(Query(id="nobody")) == []
        assert await log.find(Query(stream="nobody", id="id-3")) == []

    async def test_find_goes_on_before_an_offset(self, engine: Engine) -> None:
        """What was not found for the limit is found before the last one; each tells where its page begins."""
        log = await engine.open()
        for first in range(0, 40, 10):
            await log.append(STREAM, events(first, 10))
        found: list[Stored] = []
        query = Query(stream=STREAM, subject="customer-6", limit=2)
        while more := await log.find(query):
            found += more
            query = msgspec.structs.replace(query, before=more[-1].offset)
        assert [(one.offset, one.page) for one in found] == [(34, 30), (27, 20), (20, 20), (13, 10), (6, 0)]

    async def test_trim_by_age_never_beyond_a_cursor(self, engine: Engine) -> None:
        """Old events go up to where the slowest flow reads; offsets of what stays do not move."""
        log = await engine.open()
        for number in range(6):
            await log.append(STREAM, [event(number, recorded=START + number * SECOND)])
        went = [await log.trim(STREAM, Retention(keep, before=START + 5 * SECOND)) for keep in (3, 6)]
        assert went == [3, 2]
        page = await log.read(STREAM, 0)
        assert (page.base, [one.id for one in page.events]) == (5, ["id-5"])
        assert [(info.first, info.next) for info in await log.streams()] == [(5, 6)]

    async def test_trim_by_size_takes_the_oldest(self, engine: Engine) -> None:
        """Above the bound of bytes the oldest pages go first, and only as many as needed."""
        log = await engine.open()
        for number in range(8):
            await log.append(STREAM, [event(number)])
        [before] = await log.streams()
        assert await log.trim(STREAM, Retention(keep_from=8, max_bytes=before.stored_bytes)) == 0
        went = await log.trim(STREAM, Retention(keep_from=8, max_bytes=before.stored_bytes // 2))
        [after] = await log.streams()
        assert 0 < after.stored_bytes <= before.stored_bytes // 2
        assert (after.first, after.next, went) == (went, 8, went)

    async def test_offsets_are_not_used_twice_after_everything_went(self, engine: Engine) -> None:
        """A stream that was trimmed to nothing goes on counting where it was."""
        log = await engine.open()
        await log.append(STREAM, events(0, 4))
        went = await log.trim(STREAM, Retention(keep_from=4, max_bytes=0))
        assert went == len(events(0, 4))
        assert (await log.read(STREAM, 0)).events == []
        assert [one.offset for one in await log.append(STREAM, [event(4)])] == [4]
        assert await log.trim("nobody", Retention(keep_from=4, max_bytes=0)) == 0
        assert await log.find(Query(id="id-2")) == []

    async def test_verify_gives_every_page_a_verdict(self, engine: Engine) -> None:
        """Every event lies in exactly one page that was looked at and found whole."""
        log = await engine.open()
        await log.append("a", events(0, _MANY))
        await log.append("b", events(0, 3))
        verdicts = [verdict async for verdict in log.verify()]
        assert [verdict.fault for verdict in verdicts] == [""] * len(verdicts)
        assert sum(verdict.count for verdict in verdicts) == _MANY + 3
        assert {verdict.stream async for verdict in log.verify("b")} == {"b"}


class Promises:
    """What an engine's ``Features`` imply."""

    async def test_durable_what_was_acknowledged_is_there_after_reopening(self, engine: Engine) -> None:
        """Events, offsets and the memory of repeats survive closing and opening."""
        log = await engine.open()
        if not log.features.durable:
            raise unittest.SkipTest("this engine does not promise to be durable")
        await log.append(STREAM, events(0, 20))
        await log.trim(STREAM, Retention(keep_from=0, max_bytes=0))
        log = await engine.open()
        assert await read_all(log) == list(enumerate(events(0, 20)))
        placed = await log.append(STREAM, [event(7), event(20)])
        assert [(one.offset, one.duplicate) for one in placed] == [(7, True), (20, False)]
        assert [one.offset for one in await log.find(Query(id="id-20"))] == [20]

    async def test_sealed_no_payload_is_readable_at_rest(self, engine: Engine) -> None:
        """Neither payload nor id, source, subject or correlation is on disk as text."""
        log = await engine.open()
        if not log.features.sealed:
            raise unittest.SkipTest("this engine does not promise to seal")
        await log.append(STREAM, [event(123_456, data=b'{"secret":"' + MARK + b'"}')])
        await engine.close()
        at_rest = engine.stored()
        for text in (MARK, b"id-123456", b"order.placed", b"customer-", f"{123_457:032x}".encode()):
            assert text not in at_rest

    async def test_sealed_damage_is_refused_and_found(self, engine: Engine) -> None:
        """A page with one flipped bit is not delivered, and verify names it and no other."""
        log = await engine.open()
        if not log.features.sealed:
            raise unittest.SkipTest("this engine does not promise to seal")
        for first in range(0, 6, 2):
            await log.append(STREAM, events(first, 2))
        engine.damage(STREAM, 2)
        log = await engine.open()
        assert [(one.base, bool(one.fault)) async for one in log.verify()] == [
            (0, False),
            (2, True),
            (4, False),
        ]
        assert (await log.read(STREAM, 4)).events == events(4, 2)
        try:
            await log.read(STREAM, 2)
        except Corrupt:
            return
        raise AssertionError("a damaged page was delivered")


class EventLogSuite(AppendAndRead, Deduplication, FindAndTrim, Promises):
    """Everything ``EventLog`` promises; a subclass gives the ``engine`` fixture."""


def _named(source: str, name: str) -> Event:
    return Event(name, source, "t", "", 0, START, "order@1", "0" * 31 + "1", b"{}")
