"""One SQLite file, one writer, one fsync for everything that is waiting.

Log, ledger and quarantine hand their writes to the same ``Store``. Its writer thread takes all that
wait, runs them in one transaction and commits once with ``synchronous=FULL``: whoever awaited a
write goes on only after the fsync. Nothing waits for a group to fill: an idle store commits at once,
and what arrives during a commit is the next group. Each write runs in a savepoint, so one that fails
undoes itself and nothing else. Readers use connections of their own in WAL mode and never wait for
the writer.

A process writes in its roles: for each it holds an exclusive lock on ``<store>.<role>.lock`` until it
ends, however it ends. So there is one writer, or two, one a role, that take turns: who waits to write
holds ``<store>.lock``, and who has just written has to queue behind. Without roles the store is open
for reading only.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterator
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import apsw
import msgspec

from trunkline.kernel.errors import Corrupt, StoreError, StoreFull, StoreHeld
from trunkline.kernel.roles import ROLES, Role

T = TypeVar("T")
Write = Callable[[apsw.Connection], T]

_READERS = 2
_BUSY_MILLISECONDS = 10_000
_LOOK_SECONDS = 0.001
_WRITABLE = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -16000",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA wal_autocheckpoint = 4000",
)
_FULL = "the disk that holds the store is full; free some space and intake goes on"
_READER_PRAGMAS = ("PRAGMA cache_size = -4000",)


class _Entry(msgspec.Struct, frozen=True):
    write: Write[Any]
    committed: Callable[[], None] | None
    done: asyncio.Future[Any]


class _Failed(msgspec.Struct, frozen=True):
    error: Exception


Outcomes = list[tuple[_Entry, Any]]


class Store:
    """A project's SQLite file, opened; made and brought to the newest migration where needed.

    Without ``roles`` it must be there already, nothing is changed, and other processes may write to it.
    ``keep_free_bytes`` of its disk are left to what follows from events taken before: see ``ask_for_room``.
    Raises ``StoreHeld`` where another process has one of ``roles``, ``StoreError`` for a format that
    is not ours.
    """

    def __init__(self, path: Path, roles: Collection[Role] = ROLES, *, keep_free_bytes: int = 0) -> None:
        self.path = path
        self.roles = frozenset(roles)
        self.keep_free_bytes = keep_free_bytes
        self._pending: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._closed = False
        self._owned: contextlib.ExitStack = contextlib.ExitStack()
        with translated(), contextlib.ExitStack() as opened:
            self._writer = _Writer(path, self.roles, opened) if self.roles else None
            self._idle_readers = [_open_reader(path, opened) for _ in range(_READERS)]
            self._owned = opened.pop_all()
        self._readers = asyncio.Semaphore(_READERS)
        self._thread = threading.Thread(target=self._commit_for_ever, name="trunkline-store", daemon=True)
        if self._writer:
            self._thread.start()

    @property
    def readonly(self) -> bool:
        """Whether this process has no role in the store."""
        return not self.roles

    async def write(self, write: Write[T]) -> T:
        """Run ``write`` on the writer's connection and return its result once it is durable.

        Raises ``StoreError`` where the commit failed: then nothing of it is there.
        """
        return await self.submit(write)

    def submit(self, write: Write[T], committed: Callable[[], None] | None = None) -> asyncio.Future[T]:
        """Queue ``write`` behind all that were queued before, and return the future of its result.

        ``committed`` is called in the writer's thread once the write is durable, before any later
        write runs: what a writer remembers of the store is settled there. It is not called on failure.
        """
        if self._closed or self.readonly:
            raise StoreError("the store is closed" if self._closed else "the store is open for reading only")
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._pending.put(_Entry(write, committed, done))
        return done

    def ask_for_room(self, connection: apsw.Connection) -> None:
        """Ask in a write that takes in something new; raises ``StoreFull`` where the disk is too full for it.

        Refusing before the disk is full leaves the ledger its room: deliveries go on and are recorded. What
        a trim left free inside the file counts as free.
        """
        if self._free(connection) < self.keep_free_bytes:
            raise StoreFull(_FULL)

    def _free(self, connection: apsw.Connection) -> int:
        free = shutil.disk_usage(self.path.parent).free
        if free < self.keep_free_bytes:
            free += connection.pragma("freelist_count") * connection.pragma("page_size")
        return free

    async def free_bytes(self) -> int:
        """Return how many bytes of the disk are free, as ``ask_for_room`` counts them."""
        return await self.read(self._free)

    async def read(self, read: Callable[[apsw.Connection], T]) -> T:
        """Run ``read`` in a thread on a read-only connection that sees all that was committed."""
        await self._readers.acquire()
        if self._closed:
            self._readers.release()
            raise StoreError("the store is closed")
        connection = self._idle_readers.pop()
        running = asyncio.get_running_loop().run_in_executor(None, _translated_call, read, connection)
        running.add_done_callback(partial(self._give_back, connection))
        return await asyncio.shield(running)

    def _give_back(self, connection: apsw.Connection, running: asyncio.Future[Any]) -> None:
        """Let others read on a connection once its thread is done, also where the caller gave up before."""
        running.exception()
        self._idle_readers.append(connection)
        self._readers.release()

    async def close(self) -> None:
        """Commit what waits, let the reads under way finish, then close every connection.

        Raises ``StoreError`` where the disk fails; what was written is durable all the same.
        """
        if self._closed:
            return
        self._closed = True
        if not self.readonly:
            self._pending.put(None)
            await asyncio.to_thread(self._thread.join)
        for _ in range(_READERS):
            await self._readers.acquire()
        for _ in range(_READERS):
            self._readers.release()
        with translated():
            self._owned.close()

    def _commit_for_ever(self) -> None:
        assert self._writer is not None
        stopping = False
        while not stopping:
            group = [self._pending.get()]
            with contextlib.suppress(queue.Empty):
                while True:
                    group.append(self._pending.get_nowait())
            stopping = None in group
            _answer(self._writer.commit([entry for entry in group if entry is not None]))


class _Writer:
    """The connection that writes, and the turn it takes where another process writes as well."""

    def __init__(self, path: Path, roles: Collection[Role], opened: contextlib.ExitStack) -> None:
        self._turn = _connect(path.with_name(f"{path.name}.lock"), _WRITABLE, opened)
        self._turn.set_busy_handler(_patient)
        self._is_alone = set(roles) == set(ROLES)
        with self._in_turn(), contextlib.ExitStack() as starting:
            for role in sorted(roles, key=ROLES.index):
                _take_role(path, role, opened)
            self.connection = _connect(path, _WRITABLE, opened)
            self.connection.set_busy_handler(_patient)
            if (
                self.connection.pragma("journal_mode", "wal") != "wal"
            ):  # where it cannot, it keeps what it had
                raise StoreError(f"the store {path} cannot be written beside its readers: look at its disk")
            for pragma in _PRAGMAS:
                self.connection.execute(pragma)
            if _version(self.connection) < _newest():
                for role in set(ROLES).difference(roles):  # nobody writes while the format changes
                    _take_role(path, role, starting)
                migrate(self.connection)

    def commit(self, group: list[_Entry]) -> Outcomes:
        """Run a group in one transaction; where that fails, every one of the group failed."""
        connection = self.connection
        try:
            with contextlib.nullcontext() if self._is_alone else self._in_turn():
                connection.execute("BEGIN IMMEDIATE")
            outcomes = [(entry, _attempt(connection, entry.write)) for entry in group]
            connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001  handed to whoever awaits a write of this group
            with contextlib.suppress(apsw.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            return [(entry, _Failed(_as_store_error(error))) for entry in group]
        for entry, outcome in outcomes:
            if entry.committed is not None and not isinstance(outcome, _Failed):
                entry.committed()
        return outcomes

    @contextlib.contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Be the next to write: alone in waiting for whoever writes now."""
        self._turn.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            self._turn.execute("ROLLBACK")


def _patient(looks: int) -> bool:
    """Wait for a lock by looking every millisecond: SQLite's own way comes to a tenth of a second."""
    time.sleep(_LOOK_SECONDS)
    return looks * _LOOK_SECONDS * 1_000 < _BUSY_MILLISECONDS


def _attempt(connection: apsw.Connection, write: Write[Any]) -> Any:
    connection.execute("SAVEPOINT one_write")
    try:
        outcome = write(connection)
    except Exception as error:
        if not connection.in_transaction:
            raise  # SQLite has undone the whole transaction (full disk, I/O error): the group failed
        connection.execute("ROLLBACK TO one_write")
        outcome = _Failed(_as_store_error(error))
    connection.execute("RELEASE one_write")
    return outcome


def _answer(outcomes: Outcomes) -> None:
    """Resume everyone of a group with one wake-up of their event loop."""
    for loop in {entry.done.get_loop() for entry, _ in outcomes}:
        mine = [(entry, outcome) for entry, outcome in outcomes if entry.done.get_loop() is loop]
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody is left to tell
            loop.call_soon_threadsafe(_resolve, mine)


def _resolve(outcomes: Outcomes) -> None:
    for entry, outcome in outcomes:
        if entry.done.done():
            continue
        if isinstance(outcome, _Failed):
            entry.done.set_exception(outcome.error)
        else:
            entry.done.set_result(outcome)


def _take_role(path: Path, role: Role, opened: contextlib.ExitStack) -> None:
    """Hold SQLite's own file lock, which every system releases when its process ends."""
    lock = _connect(path.with_name(f"{path.name}.{role}.lock"), _WRITABLE, opened)
    lock.set_busy_timeout(0)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except apsw.BusyError:
        raise StoreHeld(
            f"another process runs on the store {path} ({role}): stop it first;"
            " commands that only read work beside it"
        ) from None


def _open_reader(path: Path, opened: contextlib.ExitStack) -> apsw.Connection:
    if not path.exists():
        raise StoreError(f"there is no store at {path} yet: `trunkline run` makes it")
    connection = _connect(path, apsw.SQLITE_OPEN_READONLY, opened)
    for pragma in _READER_PRAGMAS:
        connection.execute(pragma)
    if _version(connection) < _newest():
        raise StoreError(
            f"the store {path} was written by an older release: `trunkline run` brings it forward"
        )
    return connection


def _connect(path: Path, flags: int, opened: contextlib.ExitStack) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=flags)
    opened.callback(connection.close)
    connection.set_busy_timeout(_BUSY_MILLISECONDS)
    return connection


def migrations() -> list[tuple[int, str]]:
    """Return the numbered migrations, oldest first, as (number, SQL)."""
    folder = resources.files(__package__) / "migrations"
    files = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    return [(int(name[:4]), (folder / name).read_text("utf-8")) for name in files]


def migrate(connection: apsw.Connection) -> None:
    """Bring a store to the newest migration; raises ``StoreError`` for one that a newer release wrote."""
    version = _version(connection)
    for number, sql in migrations():
        if number > version:
            with connection:
                connection.execute(sql)
                connection.execute(f"PRAGMA user_version = {number}")


def _newest() -> int:
    return max((number for number, _ in migrations()), default=0)


def _version(connection: apsw.Connection) -> int:
    """Return the number of the newest migration a store has; one of a newer release is refused."""
    [(version,)] = connection.execute("PRAGMA user_version")
    if version > _newest():
        raise StoreError(
            f"the store has format {version}, this release knows {_newest()}: use the newer release"
        )
    return int(version)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn SQLite's errors into ours: full disk, damaged file, anything else."""
    try:
        yield
    except apsw.Error as error:
        raise _as_store_error(error) from error


def _translated_call(read: Callable[[apsw.Connection], T], connection: apsw.Connection) -> T:
    with translated():
        return read(connection)


def _as_store_error(error: Exception) -> Exception:
    if isinstance(error, apsw.FullError):
        return StoreFull(_FULL)
    if isinstance(error, (apsw.CorruptError, apsw.NotADBError)):
        return Corrupt(f"SQLite finds the store damaged: {error}; restore it from a backup")
    if isinstance(error, apsw.Error):
        return StoreError(f"SQLite refused: {error}")
    return error
