"""One writer, one fsync for all who wait, one owner, readers beside it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import subprocess
import sys
import threading
from types import SimpleNamespace

import apsw
import pytest

from trunkline.adapters.sqlite import store as module
from trunkline.adapters.sqlite.store import Store, migrate, migrations
from trunkline.kernel.errors import Corrupt, StoreError, StoreFull
from trunkline.kernel.roles import ROLES
from trunkline.testkit.disk import Fault, FaultyDisk


@pytest.fixture
async def store(tmp_path):
    store = Store(tmp_path / "s.db")
    await store.write(
        lambda connection: connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)") and None
    )
    yield store
    await store.close()


def _insert(number):
    return lambda connection: connection.execute("INSERT INTO t VALUES (?)", (number,)) and number


def _numbers(connection):
    return [number for (number,) in connection.execute("SELECT n FROM t ORDER BY n")]


# The file is opened so that what was committed survives a power cut.
async def test_the_store_is_synchronous(store):
    assert await store.write(lambda c: (c.pragma("synchronous"), c.pragma("journal_mode"))) == (2, "wal")


async def _hold(store):
    """Keep the writer busy, so that what is queued now is one group; the event returned lets it go on."""
    started, gate = threading.Event(), threading.Event()
    store.submit(lambda connection: (started.set(), gate.wait(10)))
    await asyncio.to_thread(started.wait, 10)
    return gate


# Writes that wait together are one commit, in the order they were queued in.
async def test_what_waits_is_one_commit(store):
    commits = []
    await store.write(lambda connection: connection.set_commit_hook(lambda: bool(commits.append(1))))
    gate = await _hold(store)
    commits.clear()
    writes = [store.submit(_insert(number)) for number in range(20)]
    seen = store.submit(_numbers)
    gate.set()
    assert await asyncio.gather(*writes) == list(range(20))
    assert await seen == list(range(20))
    assert len(commits) == 2  # the one that was held, and the group
    await store.write(lambda connection: connection.set_commit_hook(None))


# A write that fails undoes itself and nothing else of its group; its caller gets the error, translated.
async def test_a_failing_write_fails_alone(store):
    def half(connection):
        _insert(50)(connection)
        raise ValueError("half done")

    writes = [
        store.submit(_insert(1)),
        store.submit(half),
        store.submit(_insert(1)),
        store.submit(_insert(2)),
    ]
    answers = await asyncio.gather(*writes, return_exceptions=True)
    assert answers[0] == 1
    assert isinstance(answers[1], ValueError)
    assert type(answers[2]) is StoreError
    assert answers[3] == 2
    assert await store.read(_numbers) == [1, 2]


# ``committed`` is called before any later write runs, and never for a write that failed.
async def test_committed_tells_durable_writes_only(store):
    told = []

    def look(connection):
        return list(told)

    first = store.submit(_insert(1), lambda: told.append(1))
    await first
    failed = store.submit(_insert(1), lambda: told.append("never"))
    seen = store.submit(look)
    await asyncio.gather(failed, return_exceptions=True)
    assert await seen == [1]
    assert told == [1]


# Where SQLite undoes the whole transaction, everyone of the group is told and the next commit works.
async def test_a_full_disk_fails_the_group(store):
    await store.write(lambda connection: connection.execute("CREATE TABLE big (b BLOB)") and None)
    pages = await store.write(lambda connection: connection.pragma("page_count"))
    await store.write(lambda connection: connection.pragma("max_page_count", pages + 2))
    gate = await _hold(store)
    group = [
        store.submit(_insert(1)),
        store.submit(lambda c: c.execute("INSERT INTO big VALUES (zeroblob(100000))") and None),
        store.submit(_insert(2)),
    ]
    gate.set()
    answers = await asyncio.gather(*group, return_exceptions=True)
    assert [type(answer) for answer in answers] == [StoreFull] * 3
    assert await store.write(_insert(3)) == 3
    assert await store.read(_numbers) == [3]


# A caller that gives up does not stop its write, nor the answers of others.
async def test_a_cancelled_caller_is_not_answered(store):
    gone, stays = store.submit(_insert(1)), store.submit(_insert(2))
    gone.cancel()
    assert await stays == 2
    assert await store.read(_numbers) == [1, 2]


# A reader that gives up keeps its connection until its thread is done: nobody else reads on it meanwhile.
async def test_a_cancelled_read_keeps_its_connection(store):
    started, gate, used = threading.Event(), threading.Event(), []

    def slow(connection):
        used.append(id(connection))
        started.set()
        gate.wait(10)

    reading = asyncio.ensure_future(store.read(slow))
    await asyncio.to_thread(started.wait, 10)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    others = await asyncio.gather(*(store.read(id) for _ in range(4)))
    gate.set()
    assert used[0] not in others
    assert len({*used, *await asyncio.gather(*(store.read(id) for _ in range(4)))}) <= 2


# A second owner is refused while the first runs, in this process or another, and taken after it ended.
async def test_one_process_owns_a_store(store):
    with pytest.raises(StoreError, match="stop it first"):
        Store(store.path)
    code = "from pathlib import Path; from trunkline.adapters.sqlite.store import Store; Store(Path('s.db'))"
    command = [sys.executable, "-c", code]
    other = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, check=False, cwd=store.path.parent
    )
    assert b"another process runs on the store" in other.stderr
    await store.close()
    await Store(store.path).close()


# The roles of a store are held one by one: who has one refuses it to others and leaves them the rest.
async def test_one_process_has_a_role(tmp_path):
    intake = Store(tmp_path / "s.db", ["intake"])
    delivery = Store(tmp_path / "s.db", ["delivery"])
    for roles in (["intake"], ["delivery"], ROLES):
        with pytest.raises(StoreError, match=rf"{roles[0]}.*stop it first"):
            Store(tmp_path / "s.db", roles)
    await intake.write(lambda c: c.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)") and None)
    await asyncio.gather(
        *(store.write(_insert(n)) for n in range(20) for store in [(intake, delivery)[n % 2]])
    )
    assert await delivery.read(_numbers) == list(range(20))
    await intake.close()
    with pytest.raises(StoreError, match=r"delivery.*stop it first"):
        Store(tmp_path / "s.db")
    await delivery.close()
    await Store(tmp_path / "s.db").close()


# Two that write take turns: who waits is next, however much the other has to write.
async def test_writers_take_turns(tmp_path):
    intake, delivery = Store(tmp_path / "s.db", ["intake"]), Store(tmp_path / "s.db", ["delivery"])
    await intake.write(lambda c: c.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)") and None)
    written = []
    gate = await _hold(intake)
    waits = delivery.submit(lambda _: written.append("delivery"))
    await _until_locked(tmp_path / "s.db.lock")
    again = intake.submit(lambda _: written.append("intake"))
    gate.set()
    await asyncio.gather(waits, again)
    assert written == ["delivery", "intake"]
    await intake.close()
    await delivery.close()


async def _until_locked(path):
    """Return once somebody else holds the lock."""
    with contextlib.closing(apsw.Connection(str(path))) as lock, contextlib.suppress(apsw.BusyError):
        while True:
            lock.execute("BEGIN IMMEDIATE; ROLLBACK")
            await asyncio.sleep(0)


# The format of a store does not change while another process writes to it.
async def test_no_migration_beside_another_process(tmp_path, monkeypatch):
    delivery = Store(tmp_path / "s.db", ["delivery"])
    newest = max(number for number, _ in migrations())
    later = [*migrations(), (newest + 1, "CREATE TABLE later (n)")]
    monkeypatch.setattr(module, "migrations", lambda: later)
    with pytest.raises(StoreError, match=r"delivery.*stop it first"):
        Store(tmp_path / "s.db", ["intake"])
    await delivery.close()
    intake = Store(tmp_path / "s.db", ["intake"])
    assert await intake.read(lambda c: c.pragma("user_version")) == newest + 1
    await Store(tmp_path / "s.db", ["delivery"]).close()
    await intake.close()


# Readers open beside the owner and see what it commits; they cannot write, and say so.
async def test_reading_beside_the_owner(store):
    reader = Store(store.path, roles=())
    await store.write(_insert(7))
    assert await reader.read(_numbers) == [7]
    with pytest.raises(StoreError, match="reading only"):
        await reader.write(_insert(8))
    with pytest.raises(StoreError):
        await reader.read(_insert(8))
    await reader.close()


# A store that is not there, damaged, older or newer is refused with what to do.
async def test_what_cannot_be_opened_says_why(tmp_path):
    with pytest.raises(StoreError, match="no store at"):
        Store(tmp_path / "none.db", roles=())
    (tmp_path / "noise.db").write_bytes(b"this is no database" * 500)
    with pytest.raises(Corrupt, match="restore it from a backup"):
        Store(tmp_path / "noise.db")
    with contextlib.closing(apsw.Connection(str(tmp_path / "old.db"))) as old:
        old.execute("CREATE TABLE anything (n)")
    with pytest.raises(StoreError, match="older release"):
        Store(tmp_path / "old.db", roles=())
    with contextlib.closing(apsw.Connection(str(tmp_path / "new.db"))) as new:
        new.execute("PRAGMA user_version = 9999")
    with pytest.raises(StoreError, match="use the newer release"):
        Store(tmp_path / "new.db")


# New events leave room on the disk to what follows from those that were taken; what follows is written.
async def test_new_events_leave_room(tmp_path, monkeypatch):
    store = Store(tmp_path / "s.db", keep_free_bytes=1_000)
    free = [1_000]
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: SimpleNamespace(free=free[0]))

    def take_in(connection):
        store.ask_for_room(connection)
        return "taken"

    assert await store.write(take_in) == "taken"
    free[0] = 999
    with pytest.raises(StoreFull, match="free some space"):
        await store.write(take_in)
    assert await store.write(lambda connection: "recorded") == "recorded"
    free[0] = 1_000
    assert await store.write(take_in) == "taken"
    free[0] = 0
    for sql in ("CREATE TABLE big (b BLOB)", "INSERT INTO big VALUES (zeroblob(9000))", "DELETE FROM big"):
        await store.write(lambda connection, sql=sql: connection.execute(sql) and None)
    assert await store.write(take_in) == "taken"  # a trim left as much free inside the file
    await store.close()


# SQLite keeps its old journal without an error where it cannot change to WAL: then the store is not opened.
def test_a_store_without_wal_is_not_opened(tmp_path):
    modes = []
    for call in itertools.count(1, 5):
        folder = tmp_path / f"{call}"
        folder.mkdir()
        with FaultyDisk(folder) as disk:
            disk.fail(Fault(call))
            with contextlib.suppress(StoreError), module.translated(), contextlib.ExitStack() as opened:
                writer = module._Writer(folder / "s.db", ROLES, opened)
                modes.append(writer.connection.pragma("journal_mode"))
        if disk.calls < call:
            break
    assert set(modes) == {"wal"}


# A store written at any version opens in a release with later migrations, and keeps what it holds.
async def test_an_older_store_is_brought_forward(tmp_path, monkeypatch):
    await Store(tmp_path / "s.db").close()
    newest = max(number for number, _ in migrations())
    later = [*migrations(), (newest + 1, "CREATE TABLE later (n); INSERT INTO later VALUES (5)")]
    monkeypatch.setattr(module, "migrations", lambda: later)
    store = Store(tmp_path / "s.db")
    assert await store.read(lambda c: c.execute("SELECT n FROM later").fetchall()) == [(5,)]
    assert await store.read(lambda c: c.pragma("user_version")) == newest + 1
    await store.close()


# A migration that fails leaves the version before it: the next start tries it again, whole.
def test_a_failed_migration_leaves_no_half(monkeypatch):
    connection = apsw.Connection(":memory:")
    monkeypatch.setattr(
        module, "migrations", lambda: [(1, "CREATE TABLE a (n)"), (2, "CREATE TABLE b (n); oops")]
    )
    with pytest.raises(apsw.SQLError):
        migrate(connection)
    assert connection.pragma("user_version") == 1
    assert connection.table_exists("main", "a")
    assert not connection.table_exists("main", "b")
    connection.close()


# The migrations are one sequence without a gap or a number used twice.
def test_migrations_are_one_sequence():
    numbers = [number for number, _ in migrations()]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1


# Closing twice is closing; a closed store takes no more writes and reads.
async def test_a_closed_store_refuses(tmp_path):
    store = Store(tmp_path / "s.db")
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.write(_numbers)
    with pytest.raises(StoreError, match="closed"):
        await store.read(_numbers)
