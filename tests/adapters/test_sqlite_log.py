"""The SQLite engine passes the port's suite, agrees with a model, and keeps its word when killed."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

import msgspec
import pytest
from tests.sqlite_engine import KEY, SqliteEngine

from trunkline.adapters.sqlite.appending import LogSettings
from trunkline.adapters.sqlite.dedupe import Shape
from trunkline.adapters.sqlite.log import SqliteLog
from trunkline.adapters.sqlite.store import Store
from trunkline.eventlog.port import Query, Retention
from trunkline.eventlog.seal import Sealer
from trunkline.kernel.clock import SystemClock
from trunkline.kernel.errors import BusyError, Corrupt, StoreError, StoreFull
from trunkline.kernel.limits import Limits
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.disk import Fault, FaultyDisk
from trunkline.testkit.eventlog import STREAM, EventLogSuite, event, events, read_all


@pytest.fixture
async def engine(tmp_path):
    engine = SqliteEngine(tmp_path)
    yield engine
    await engine.close()


class TestSqliteLog(EventLogSuite):
    @pytest.fixture
    async def engine(self, tmp_path):
        engine = SqliteEngine(tmp_path)
        yield engine
        await engine.close()


class TestWithoutMemory(EventLogSuite):
    """The same suite with no room for filters or recent pages: everything is answered from disk."""

    @pytest.fixture
    async def engine(self, tmp_path):
        engine = SqliteEngine(tmp_path, dedupe_bytes=0, recent_bytes=0)
        yield engine
        await engine.close()


class Apart:
    """One log of two: what changes it goes to the one that appends, all else to the one that follows."""

    def __init__(self, appends, follows):
        self._appends, self._follows = appends, follows

    def __getattr__(self, name):
        return getattr(self._appends if name in ("append", "trim") else self._follows, name)


class ApartEngine(SqliteEngine):
    """Intake and delivery each with a store of their own over one file, as two processes have it."""

    beside = None

    async def open(self):
        await self.close()
        self.store, self.beside = Store(self.path, ["intake"]), Store(self.path, ["delivery"])
        return Apart(
            await SqliteLog.open(self.store, Sealer(KEY), self.clock, self.settings),
            await SqliteLog.open(self.beside, Sealer(KEY), SystemClock(), self.settings),
        )

    async def close(self):
        await super().close()
        if self.beside is not None:
            await self.beside.close()
            self.beside = None


class TestApart(EventLogSuite):
    """The same suite with events appended in one role and read in the other."""

    @pytest.fixture
    async def engine(self, tmp_path):
        engine = ApartEngine(tmp_path)
        yield engine
        await engine.close()


# On a disk that kept some writes and lost others, a row may hold what was never stored: the log says so.
@pytest.mark.parametrize(
    ("table", "columns", "row"),
    [
        ("dedupe_filter", "segment, through, words", "0, NULL, x'00'"),
        ("dedupe_run", "run, segment, newest", "0, NULL, NULL"),
        ("dedupe_tail", "start, keys", "0, 7"),
    ],
)
async def test_opening_damaged_keys(tmp_path, table, columns, row):
    engine = SqliteEngine(
        tmp_path, dedupe_shape=Shape(4, runs_in_segment=2, filter_words=1 << 6, runs_in_snapshot=1)
    )
    log = await engine.open()
    for number in range(6):
        await log.append(STREAM, [event(number)])
    await engine.close()
    engine.change(f"DROP TABLE {table}; CREATE TABLE {table} ({columns}); INSERT INTO {table} VALUES ({row})")
    with pytest.raises(Corrupt, match="damaged"):
        await (await engine.open()).append(STREAM, [event(9)])
    await engine.close()


# What one process appends wakes who waits for it in another.
async def test_waiting_across_processes(tmp_path):
    code = (
        "import asyncio\nfrom tests.adapters.test_sqlite_log import follow\n"
        f"asyncio.run(follow({str(tmp_path / 's.db')!r}))"
    )
    store = Store(tmp_path / "s.db", ["intake"])
    log = await SqliteLog.open(store, Sealer(KEY), SystemClock())
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert await child.stdout.readline() == b"waits\n"
    await log.append(STREAM, events(0, 3))
    assert await child.stdout.readline() == b"id-0 id-1 id-2\n"
    assert await child.wait() == 0
    await store.close()


async def follow(path):
    """Say that we wait, and then what came."""
    store = Store(Path(path), ["delivery"])
    log = await SqliteLog.open(store, Sealer(KEY), SystemClock())
    print("waits", flush=True)  # noqa: T201  it runs in the child process, whose output we read
    await log.wait(STREAM, 0)
    print(*(found.id for found in (await log.read(STREAM, 0)).events), flush=True)  # noqa: T201  as above
    await store.close()


# Whichever role comes first makes the log's secret; the one that does not append refuses to.
async def test_either_role_comes_first(tmp_path):
    delivery = Store(tmp_path / "s.db", ["delivery"])
    follower = await SqliteLog.open(delivery, Sealer(KEY), SystemClock())
    assert (await follower.read(STREAM, 0)).events == []
    intake = Store(tmp_path / "s.db", ["intake"])
    await (await SqliteLog.open(intake, Sealer(KEY), SystemClock())).append(STREAM, events(0, 2))
    assert [found.id for _, found in await read_all(follower)] == ["id-0", "id-1"]
    assert [one.offset for one in await follower.find(Query(id="id-1"))] == [1]
    with pytest.raises(StoreError, match="reading only"):
        await follower.append(STREAM, events(2, 1))
    with pytest.raises(StoreError, match="reading only"):
        await follower.trim(STREAM, Retention(keep_from=2))
    await intake.close()
    await delivery.close()


# Arrivals that wait together become one page and one commit.
async def test_waiting_appends_share_a_page(engine):
    log = await engine.open()
    await asyncio.gather(*(log.append(STREAM, [event(number)]) for number in range(200)))
    [info] = await log.streams()
    assert info.next == 200
    assert info.pages <= 3


# A page never holds more events or payload bytes than the limits say, and a read stays within them too.
async def test_pages_and_reads_are_bounded(tmp_path):
    engine = SqliteEngine(tmp_path, limits=Limits(page_events=10, page_bytes=1_000))
    log = await engine.open()
    await log.append(STREAM, [event(number, data=b"x" * 300) for number in range(20)])
    await log.append(STREAM, [event(20, data=b"x" * 5_000)])
    assert [one.count async for one in log.verify()] == [3, 3, 3, 3, 3, 3, 2, 1]
    engine.settings = LogSettings(recent_bytes=0, limits=Limits(page_bytes=1_000))
    log = await engine.open()
    assert len((await log.read(STREAM, 0)).events) == 3
    assert len((await log.read(STREAM, 20)).events) == 1
    await engine.close()


# What waits is bounded: more is refused as busy, nothing of it is stored, and later there is room again.
async def test_too_much_waiting_is_busy(tmp_path):
    engine = SqliteEngine(tmp_path, limits=Limits(pending_events=10, pending_bytes=10_000))
    log = await engine.open()
    first = asyncio.ensure_future(log.append(STREAM, events(0, 8)))
    await asyncio.sleep(0)
    with pytest.raises(BusyError) as refused:
        await log.append(STREAM, events(8, 3))
    assert refused.value.retry_after_seconds > 0
    with pytest.raises(BusyError):
        await log.append(STREAM, [event(8, data=b"x" * 20_000)])
    await first
    assert [one.offset for one in await log.append(STREAM, events(8, 3))] == [8, 9, 10]
    await log.append(STREAM, [event(11, data=b"x" * 20_000)])
    await engine.close()


# A full disk refuses everyone of the group and remembers nothing of it; with space again all goes on.
async def test_a_full_disk_forgets_what_it_refused(engine):
    log = await engine.open()
    await log.append(STREAM, events(0, 5))
    pages = engine.store._writer.connection.pragma("page_count")
    engine.store._writer.connection.pragma("max_page_count", pages + 8)
    big = [event(number, data=random.Random(number).randbytes(9_000)) for number in range(5, 15)]
    answers = await asyncio.gather(*(log.append(STREAM, [one]) for one in big), return_exceptions=True)
    assert {type(answer) for answer in answers} == {StoreFull}
    engine.store._writer.connection.pragma("max_page_count", 1_000_000)
    placed = await log.append(STREAM, big)
    assert [(one.offset, one.duplicate) for one in placed] == [(offset, False) for offset in range(5, 15)]
    log = await engine.open()
    assert [found for _, found in await read_all(log)] == [*events(0, 5), *big]


# Where the disk fails, every caller is told, nothing is remembered, and the next commit works.
async def test_a_failing_disk_rejects_the_group(engine):
    with FaultyDisk(engine.path.parent) as disk:
        log = await engine.open()
        await log.append(STREAM, events(0, 2))
        disk.fail(Fault(at=1, lasting=True))
        answers = await asyncio.gather(
            *(log.append(STREAM, [event(number)]) for number in range(2, 6)), return_exceptions=True
        )
        assert {type(answer) for answer in answers} == {StoreError}
        disk.mend()
        placed = await log.append(STREAM, events(2, 4))
        assert [(one.offset, one.duplicate) for one in placed] == [(offset, False) for offset in range(2, 6)]
        await engine.close()


# An event that cannot be packed is refused alone: its neighbours of the same group are stored.
async def test_an_unpackable_event_harms_nobody_else(engine):
    log = await engine.open()
    bad = [msgspec.structs.replace(event(1), id="\ud800"), event(2)]
    answers = await asyncio.gather(
        log.append(STREAM, [event(0)]),
        log.append(STREAM, bad),
        log.append(STREAM, [event(2)]),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [list, StoreError, list]
    assert "\ud800" not in str(answers[1])
    assert [found.id for _, found in await read_all(log)] == ["id-0", "id-2"]


# With another sealing key the log does not open, and says which key the store wants.
async def test_another_key_is_told_at_the_start(engine):
    await (await engine.open()).append(STREAM, events(0, 1))
    await engine.close()
    store = Store(engine.path)
    with pytest.raises(Corrupt, match="put back the key"):
        await SqliteLog.open(store, Sealer(bytes(32)), engine.clock)
    await store.close()


# A page that somebody deleted is a gap that verify names, at the end of the stream too.
async def test_verify_tells_missing_pages(engine):
    log = await engine.open()
    for first in range(0, 8, 2):
        await log.append(STREAM, events(first, 2))
    engine.change("DELETE FROM page WHERE base IN (2, 6)")
    verdicts = [verdict async for verdict in log.verify()]
    assert [(one.base, one.count, one.fault[:12]) for one in verdicts] == [
        (0, 2, ""),
        (4, 2, "offsets 2 to"),
        (6, 2, "offsets 6 to"),
    ]
    engine.change("DELETE FROM page_body WHERE body = (SELECT body FROM page WHERE base = 0)")
    verdicts = [verdict async for verdict in log.verify()]
    assert "body is missing" in verdicts[0].fault


# Damaged fingerprints do not hide an event: the page itself is looked into.
async def test_damaged_fingerprints_do_not_hide(engine):
    log = await engine.open()
    await log.append(STREAM, events(0, 3))
    engine.change("UPDATE fingerprint SET prints = zeroblob(40)")
    assert [one.offset for one in await log.find(Query(id="id-1"))] == [1]


# While one process runs, others read beside it, wait for new events, and may not write.
async def test_readers_beside_the_owner(engine):
    log = await engine.open()
    await log.append(STREAM, events(0, 3))
    store = Store(engine.path, roles=())
    clock = ManualClock()
    reader = await SqliteLog.open(store, Sealer(KEY), clock)
    assert [found for _, found in await read_all(reader)] == events(0, 3)
    assert [verdict.fault async for verdict in reader.verify()] == [""]
    waiting = asyncio.ensure_future(reader.wait(STREAM, 3))
    await log.append(STREAM, events(3, 1))
    while not waiting.done():
        clock.advance(1)
        await asyncio.sleep(0)
    assert (await reader.read(STREAM, 3)).events == [event(3)]
    with pytest.raises(StoreError, match="reading only"):
        await reader.append(STREAM, events(4, 1))
    await store.close()


# A store that no log was ever opened on says so to a reader; a closed one refuses appends.
async def test_reading_before_writing_and_writing_after_closing(tmp_path):
    owner = Store(tmp_path / "s.db")
    store = Store(tmp_path / "s.db", roles=())
    with pytest.raises(StoreError, match="never opened"):
        await SqliteLog.open(store, Sealer(KEY), SystemClock())
    await store.close()
    log = await SqliteLog.open(owner, Sealer(KEY), SystemClock())
    await owner.close()
    with pytest.raises(StoreError, match="closed"):
        await log.append(STREAM, events(0, 1))
