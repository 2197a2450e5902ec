"""One SQLite file, one writer, one fsync for everything that is waiting.

Log, ledger and quarantine hand their writes to the same ``Store``. Its writer thread takes all that
wait, runs them in one transaction and commits once with ``synchronous=FULL``: whoever awaited a
write goes on only after the fsync. Each write runs in a savepoint, so one that fails undoes itself
and nothing else. Readers use connections of their own in WAL mode and never wait for the writer.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import apsw

from trunkline.kernel.errors import Corrupt, StoreError, StoreFull

T = TypeVar("T")
Write = Callable[[apsw.Connection], T]

_READERS = 2
_BUSY_MILLISECONDS = 10_000
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -16000",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA wal_autocheckpoint = 4000",
)


class Store:
    """A project's SQLite file, opened; made and brought to the newest migration where needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pending: queue.SimpleQueue[tuple[Write[Any], Future[Any]] | None] = queue.SimpleQueue()
        with translated():
            self._writer = _connect(path)
            migrate(self._writer)
            self._idle_readers = [_connect(path, readonly=True) for _ in range(_READERS)]
        self._readers = asyncio.Semaphore(_READERS)
        self._thread = threading.Thread(target=self._commit_for_ever, name="trunkline-store", daemon=True)
        self._thread.start()

    async def write(self, write: Write[T]) -> T:
        """Run ``write`` on the writer's connection and return its result once it is durable.

        Raises ``StoreError`` where the commit failed: then nothing of it is there.
        """
        done: Future[T] = Future()
        self._pending.put((write, done))
        return await asyncio.wrap_future(done)

    async def read(self, read: Callable[[apsw.Connection], T]) -> T:
        """Run ``read`` in a thread on a read-only connection that sees all that was committed."""
        async with self._readers:
            connection = self._idle_readers.pop()
            try:
                return await asyncio.to_thread(_translated_call, read, connection)
            finally:
                self._idle_readers.append(connection)

    async def close(self) -> None:
        """Commit what waits, then close every connection."""
        self._pending.put(None)
        await asyncio.to_thread(self._thread.join)
        for connection in [*self._idle_readers, self._writer]:
            connection.close()
        self._idle_readers.clear()

    def _commit_for_ever(self) -> None:
        stopping = False
        while not stopping:
            group = [self._pending.get()]
            with contextlib.suppress(queue.Empty):
                while True:
                    group.append(self._pending.get_nowait())
            stopping = None in group
            self._commit([entry for entry in group if entry is not None])

    def _commit(self, group: list[tuple[Write[Any], Future[Any]]]) -> None:
        answers: list[tuple[Future[Any], Any]] = []
        try:
            with translated(), self._writer:
                for write, done in group:
                    try:
                        with self._writer:
                            answers.append((done, write(self._writer)))
                    except Exception as error:  # noqa: BLE001  handed to whoever awaits this write
                        done.set_exception(_as_store_error(error))
        except StoreError as error:
            for done, _ in answers:
                done.set_exception(error)
            return
        for done, answer in answers:
            done.set_result(answer)


def _connect(path: Path, *, readonly: bool = False) -> apsw.Connection:
    flags = apsw.SQLITE_OPEN_READONLY if readonly else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    connection = apsw.Connection(str(path), flags=flags)
    connection.set_busy_timeout(_BUSY_MILLISECONDS)
    for pragma in _PRAGMAS if not readonly else _PRAGMAS[3:4]:
        connection.execute(pragma)
    return connection


def migrations() -> list[tuple[int, str]]:
    """Return the numbered migrations, oldest first, as (number, SQL)."""
    folder = resources.files(__package__) / "migrations"
    files = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    return [(int(name[:4]), (folder / name).read_text("utf-8")) for name in files]


def migrate(connection: apsw.Connection) -> None:
    """Bring a store to the newest migration; raises ``StoreError`` for one that a newer release wrote."""
    steps = migrations()
    newest = steps[-1][0] if steps else 0
    [(version,)] = connection.execute("PRAGMA user_version")
    if version > newest:
        raise StoreError(
            f"the store has format {version}, this release knows {newest}: use the newer release"
        )
    for number, sql in steps:
        if number > version:
            with connection:
                connection.execute(sql)
                connection.execute(f"PRAGMA user_version = {number}")


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
        return StoreFull("the disk that holds the store is full; free some space and intake goes on")
    if isinstance(error, (apsw.CorruptError, apsw.NotADBError)):
        return Corrupt(f"SQLite finds the store damaged: {error}; restore it from a backup")
    if isinstance(error, apsw.Error):
        return StoreError(f"SQLite refused: {error}")
    return error
