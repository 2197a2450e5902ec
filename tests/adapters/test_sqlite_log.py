"""The SQLite engine passes the port's suite, agrees with a model, and keeps its word when killed."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import apsw
import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from trunkline.adapters.sqlite.appending import LogSettings
from trunkline.adapters.sqlite.dedupe import Shape
from trunkline.adapters.sqlite.log import SqliteLog
from trunkline.adapters.sqlite.store import Store
from trunkline.eventlog.memory import MemoryLog
from trunkline.eventlog.port import Query, Retention
from trunkline.eventlog.seal import Sealer
from trunkline.kernel.clock import SECOND, SystemClock
from trunkline.kernel.errors import BusyError, Corrupt, StoreError, StoreFull
from trunkline.kernel.limits import Limits
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.eventlog import STREAM, WINDOW_SECONDS, EventLogSuite, event, events, read_all

KEY = bytes(range(32))


class SqliteEngine:
    def __init__(self, folder: Path, **chosen):
        self.clock = ManualClock()
        self.path = folder / "trunkline.db"
        self.settings = LogSettings(window_seconds=WINDOW_SECONDS, **chosen)
        self.store = None

    async def open(self):
        await self.close()
        self.store = Store(self.path)
        return await SqliteLog.open(self.store, Sealer(KEY), self.clock, self.settings)

    async def close(self):
        if self.store is not None:
            await self.store.close()
            self.store = None

    def stored(self):
        return b"".join(file.read_bytes() for file in self.path.parent.glob("trunkline.db*"))

    def change(self, sql, *values):
        with closing(apsw.Connection(str(self.path))) as connection:
            connection.execute(sql, values)

    def damage(self, stream, base):
        with closing(apsw.Connection(str(self.path))) as connection:
            place = "SELECT body FROM page JOIN stream USING (stream) WHERE name = ? AND base = ?"
            [(body,)] = connection.execute(place, (stream, base))
            [(sealed,)] = connection.execute("SELECT sealed FROM page_body WHERE body = ?", (body,))
            flipped = sealed[:60] + bytes([sealed[60] ^ 0x10]) + sealed[61:]
            connection.execute("UPDATE page_body SET sealed = ? WHERE body = ?", (flipped, body))


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
    pages = engine.store._writer.pragma("page_count")
    engine.store._writer.pragma("max_page_count", pages + 8)
    big = [event(number, data=random.Random(number).randbytes(9_000)) for number in range(5, 15)]
    answers = await asyncio.gather(*(log.append(STREAM, [one]) for one in big), return_exceptions=True)
    assert {type(answer) for answer in answers} == {StoreFull}
    engine.store._writer.pragma("max_page_count", 1_000_000)
    placed = await log.append(STREAM, big)
    assert [(one.offset, one.duplicate) for one in placed] == [(offset, False) for offset in range(5, 15)]
    log = await engine.open()
    assert [found for _, found in await read_all(log)] == [*events(0, 5), *big]


class _FailingFile(apsw.VFSFile):
    failing = False

    def xSync(self, flags):  # noqa: N802
        if _FailingFile.failing:
            raise apsw.IOError("no")
        return super().xSync(flags)


class _FailingVfs(apsw.VFS):
    def __init__(self):
        self.base = apsw.vfs_names()[0]
        super().__init__("failing", self.base, makedefault=True)

    def xOpen(self, name, flags):  # noqa: N802
        return _FailingFile(self.base, name, flags)


# Where the disk fails to sync, every caller is told, nothing is remembered, and the next commit works.
async def test_a_failed_sync_rejects_the_group(engine):
    vfs = _FailingVfs()
    try:
        log = await engine.open()
        await log.append(STREAM, events(0, 2))
        _FailingFile.failing = True
        answers = await asyncio.gather(
            *(log.append(STREAM, [event(number)]) for number in range(2, 6)), return_exceptions=True
        )
        assert {type(answer) for answer in answers} == {StoreError}
        _FailingFile.failing = False
        placed = await log.append(STREAM, events(2, 4))
        assert [(one.offset, one.duplicate) for one in placed] == [(offset, False) for offset in range(2, 6)]
        await engine.close()
    finally:
        _FailingFile.failing = False
        vfs.unregister()


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
    store = Store(engine.path, readonly=True)
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
    store = Store(tmp_path / "s.db", readonly=True)
    with pytest.raises(StoreError, match="never opened"):
        await SqliteLog.open(store, Sealer(KEY), SystemClock())
    await store.close()
    log = await SqliteLog.open(owner, Sealer(KEY), SystemClock())
    await owner.close()
    with pytest.raises(StoreError, match="closed"):
        await log.append(STREAM, events(0, 1))


class LogModel(RuleBasedStateMachine):
    """Both engines against a list and a dictionary, over window ends, trims and restarts."""

    shape = Shape()

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.engine = SqliteEngine(Path(self.folder.name), recent_bytes=4_000, dedupe_shape=self.shape)
        self.clock = self.engine.clock
        self.sqlite = self.runner.run(self.engine.open())
        self.memory = MemoryLog(self.clock, WINDOW_SECONDS)
        self.stored = []
        self.seen = {}
        self.first = [0, 0]

    def teardown(self):
        self.runner.run(self.engine.close())
        self.runner.close()
        self.folder.cleanup()

    def _expected(self, batch):
        now, placed = self.clock.now() // SECOND, []
        for one in batch:
            offset, second = self.seen.get(one.id, (-1, -1))
            duplicate = offset >= 0 and now - second < WINDOW_SECONDS
            if not duplicate:
                offset = len(self.stored)
                self.seen[one.id] = (offset, now)
                self.stored.append(one)
            placed.append((offset, duplicate))
        return placed

    @rule(numbers=st.lists(st.integers(0, 60), max_size=12))
    def append(self, numbers):
        batch = [event(number, recorded=self.clock.now()) for number in numbers]
        expected = self._expected(batch)
        for log in (self.sqlite, self.memory):
            placed = self.runner.run(log.append(STREAM, batch))
            assert [(one.offset, one.duplicate) for one in placed] == expected

    @rule(seconds=st.sampled_from([1, 100, WINDOW_SECONDS // 2, WINDOW_SECONDS - 1, WINDOW_SECONDS]))
    def advance(self, seconds):
        self.clock.advance(seconds)

    @rule(
        keep=st.integers(0, 100), age=st.integers(0, 2 * WINDOW_SECONDS), size=st.sampled_from([None, 0, 500])
    )
    def trim(self, keep, age, size):
        before = self.clock.now() - age * SECOND
        for index, log in enumerate((self.sqlite, self.memory)):
            went = self.runner.run(log.trim(STREAM, Retention(keep, before, size)))
            gone = self.stored[self.first[index] : self.first[index] + went]
            self.first[index] += went
            assert went == 0 or self.first[index] <= keep
            assert size is not None or all(one.recorded < before for one in gone)

    @rule(number=st.integers(0, 60), limit=st.integers(1, 5))
    def find(self, number, limit):
        for index, log in enumerate((self.sqlite, self.memory)):
            there = range(len(self.stored) - 1, self.first[index] - 1, -1)
            wanted = [offset for offset in there if self.stored[offset].id == f"id-{number}"]
            found = self.runner.run(log.find(Query(id=f"id-{number}", limit=limit)))
            assert [one.offset for one in found] == wanted[:limit]

    @rule()
    def reopen(self):
        self.sqlite = self.runner.run(self.engine.open())

    @invariant()
    def both_hold_the_stream(self):
        for first, log in zip(self.first, (self.sqlite, self.memory), strict=True):
            found = self.runner.run(read_all(log, limit=7))
            assert found == list(enumerate(self.stored))[first:]


class TinyRunsModel(LogModel):
    shape = Shape(run_keys=8, runs_in_segment=3, filter_words=64, runs_in_snapshot=2)


# Any sequence of appends, repeats, trims, finds, window ends and restarts goes as the model says.
# With tiny runs the same moves close runs, fill segments, keep filters and drop what is forgotten.
@pytest.mark.parametrize("model", [LogModel, TinyRunsModel])
def test_both_engines_agree_with_the_model(model):
    run_state_machine_as_test(
        model,
        settings=settings(
            max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


_CHILD = """
import asyncio, sys
from pathlib import Path
from trunkline.adapters.sqlite.log import SqliteLog
from trunkline.adapters.sqlite.store import Store
from trunkline.eventlog.seal import Sealer
from trunkline.kernel.clock import SystemClock
from trunkline.testkit.eventlog import STREAM, event

async def main(path, first):
    log = await SqliteLog.open(Store(path), Sealer(bytes(range(32))), SystemClock())
    async def caller(lane):
        number = first + lane
        while True:
            [placed] = await log.append(STREAM, [event(number)])
            print(number, placed.offset, flush=True)
            number += 8
    await asyncio.gather(*(caller(lane) for lane in range(8)))

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
"""


# A process killed in the middle of its commits, ten times over: everything acknowledged is there, once.
async def test_killed_ten_times_nothing_acknowledged_is_lost(engine):
    chance = random.Random(20_110_501)
    acknowledged = {}
    for round_number in range(10):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _CHILD, str(engine.path), str(round_number * 1_000_000), stdout=-1
        )
        for _ in range(chance.randint(1, 60)):
            number, offset = (await child.stdout.readline()).split()
            acknowledged[int(offset)] = int(number)
        child.send_signal(signal.SIGKILL)
        rest, _ = await child.communicate()
        for line in rest.decode().splitlines():
            if len(line.split()) == 2 and line.split()[1]:
                acknowledged.setdefault(int(line.split()[1]), int(line.split()[0]))
    log = await engine.open()
    stored = dict(await read_all(log))
    assert list(stored) == list(range(len(stored)))
    assert len({one.id for one in stored.values()}) == len(stored)
    assert {offset: stored[offset].id for offset in acknowledged} == {
        offset: f"id-{number}" for offset, number in acknowledged.items()
    }
    assert [verdict.fault async for verdict in log.verify() if verdict.fault] == []
