"""A table of an SQLite file as a target.

The file belongs to its users: they may read and write it at the same time. Every call is one
``BEGIN IMMEDIATE`` transaction with ``synchronous=FULL`` on a connection that lives in a thread of its
own. SQLite has no decimals and turns texts of digits into binary floats in columns of the wrong
affinity; ``docs/reference/table-target.md`` says what is stored how, and what is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import apsw

from trunkline.adapters.sql import rows, statements
from trunkline.adapters.sql import sqlite_dialect as dialect
from trunkline.adapters.sql.blame import Refused, search, verdicts
from trunkline.adapters.sql.progress import floor, repeats, repeats_held_back
from trunkline.adapters.sql.sqlite_errors import failure, refusing
from trunkline.adapters.sql.table import TableSettings, check, plan
from trunkline.connectors.target import Features, Item, Progress
from trunkline.contracts.contract import Contract
from trunkline.kernel.errors import DeliveryError, Final, Retryable

T = TypeVar("T")

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -16000",
    "PRAGMA wal_autocheckpoint = 4000",
)


class SqliteTable:
    """A ``Target`` that writes to one table of one SQLite file."""

    features = Features(atomic=True, batch=1_000, concurrency=1)

    def __init__(self, name: str, path: Path, settings: TableSettings, contract: Contract) -> None:
        self.name = name
        self._file = _File(path, settings, contract)
        self._thread: ThreadPoolExecutor | None = None

    async def open(self) -> None:
        """Open the file and make the table or check it against the contract."""
        await self._run(self._file.open)

    async def deliver(self, items: Sequence[Item], progress: Progress | None) -> list[DeliveryError | None]:
        """Apply ``items`` and ``progress`` in one transaction, or blame items and apply nothing."""
        return await self._run(self._file.deliver, items, progress)

    async def progress(self, flow: str) -> Progress | None:
        """Return what the file has stored for ``flow``."""
        return await self._run(self._file.progress, flow)

    async def forget(self, flow: str, applied: Sequence[int]) -> None:
        """Drop ``applied`` marks of ``flow``."""
        await self._run(self._file.forget, flow, applied)

    async def close(self) -> None:
        """Close the file once the calls under way have finished."""
        if self._thread is None:
            return
        thread, self._thread = self._thread, None
        await asyncio.get_running_loop().run_in_executor(thread, self._file.close)
        thread.shutdown(wait=False)

    async def _run(self, call: Callable[..., T], *arguments: Any) -> T:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "trunkline-table")
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)


class _File:
    """The file and its table, used by one thread at a time.

    An error that is no item's fault drops the connection: the next call opens the file and checks the
    table anew.
    """

    def __init__(self, path: Path, settings: TableSettings, contract: Contract) -> None:
        self._path = path
        self._settings = settings
        self._contract = contract
        self._connection: apsw.Connection | None = None
        self._identity: tuple[int, int] | None = None

    def open(self) -> None:
        with self._ready():
            pass

    def deliver(self, items: Sequence[Item], progress: Progress | None) -> list[DeliveryError | None]:
        with self._ready() as connection:
            columns, guilty = rows.encode(self._table, self._cells, items)
            if not guilty:
                try:
                    self._deliver(connection, columns, items, progress)
                except Refused as refused:
                    guilty = {0: refused.verdict}
                    if len(items) > 1:
                        guilty = self._blame(connection, columns, items, progress)
        return verdicts(len(items), guilty)

    def progress(self, flow: str) -> Progress | None:
        with self._ready() as connection, _transaction(connection):
            stored: Any = connection.execute(statements.cursor_of(self._table, "?"), (flow,)).get
            marks: Any = connection.execute(statements.applied_of(self._table, "?"), (flow,)).fetchall()
        if stored is None:
            return None
        cursor, last_event = stored
        return Progress(flow, cursor, tuple(offset for (offset,) in marks), last_event)

    def forget(self, flow: str, applied: Sequence[int]) -> None:
        with self._ready() as connection, _transaction(connection):
            marks = [(flow, offset) for offset in applied]
            connection.executemany(statements.forget(self._table, "VALUES (?, ?)"), marks)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(
                apsw.Error
            ):  # all that was committed is durable; the disk has failed before
                connection.close()

    def _deliver(
        self,
        connection: apsw.Connection,
        columns: rows.Columns,
        items: Sequence[Item],
        progress: Progress | None,
    ) -> None:
        with _transaction(connection):
            if self._claim(connection, items, progress):
                self._apply(connection, columns)

    def _claim(self, connection: apsw.Connection, items: Sequence[Item], progress: Progress | None) -> bool:
        """Store progress and tell whether the items are still to be applied."""
        if progress is None:
            return True
        claim = (progress.flow, progress.cursor, progress.last_event, floor(items, progress))
        if not connection.execute(statements.claim(self._table, "?"), claim).fetchall():
            stored: Any = connection.execute(statements.cursor_of(self._table, "?"), claim[:1]).get
            return not repeats(progress, stored)
        if not progress.applied:
            return True
        marks = [(progress.flow, offset) for offset in progress.applied]
        made: Any = connection.executemany(statements.mark(self._table, "VALUES (?, ?)"), marks)
        return not repeats_held_back(items, progress, {offset for (offset,) in made})

    def _apply(self, connection: apsw.Connection, columns: rows.Columns) -> None:
        with refusing():
            written = rows.collapse(self._table, columns, dialect.plus)
            self._write(connection, list(zip(*written, strict=True)))
        if connection.status(apsw.SQLITE_DBSTATUS_DEFERRED_FKS)[0]:
            raise Refused(Final("constraint", "FOREIGN KEY constraint failed"))

    def _write(self, connection: apsw.Connection, values: Sequence[tuple[Any, ...]]) -> None:
        start = 0
        for count, statement in self._statements:
            while len(values) - start >= count:
                connection.execute(statement, tuple(chain.from_iterable(values[start : start + count])))
                start += count

    def _blame(
        self,
        connection: apsw.Connection,
        columns: rows.Columns,
        items: Sequence[Item],
        progress: Progress | None,
    ) -> dict[int, Final]:
        """Find whom to blame; where the batch went through in pieces there is nobody, and it is committed."""
        with _transaction(connection):
            if not self._claim(connection, items, progress):
                return {}
            guilty = self._search(connection, columns, len(items))
            if guilty:
                connection.execute("ROLLBACK")
        return guilty

    def _search(self, connection: apsw.Connection, columns: rows.Columns, count: int) -> dict[int, Final]:
        hunt = search(count)
        low, high = next(hunt)
        while True:
            verdict = self._attempt(connection, [values[low:high] for values in columns])
            try:
                low, high = hunt.send(verdict)
            except StopIteration as found:
                return dict(found.value)

    def _attempt(self, connection: apsw.Connection, columns: rows.Columns) -> Final | None:
        try:
            with connection:
                self._apply(connection, columns)
        except Refused as refused:
            return refused.verdict
        return None

    @contextlib.contextmanager
    def _ready(self) -> Iterator[apsw.Connection]:
        try:
            self._notice_another_file()
            if self._connection is None:
                self._connect()
            assert self._connection is not None
            yield self._connection
        except apsw.Error as error:
            self.close()
            raise failure(error, self._path) from None
        except DeliveryError:
            self.close()
            raise

    def _notice_another_file(self) -> None:
        """Refuse to write on into a file that was removed: SQLite would, and all of it would be lost."""
        if self._connection is not None and _identity(self._path) != self._identity:
            raise Retryable("replaced", f"{self._path} was replaced or removed while it was open")

    def _connect(self) -> None:
        self._table = plan(self._settings, self._contract)
        if self._table.schema:
            raise Final("settings", f"table {self._table}: SQLite has no schemas; name the table alone")
        self._cells = [dialect.cell(column) for column in self._table.columns]
        counts = dialect.steps(self._table)
        self._statements = [(count, dialect.statement(self._table, count)) for count in counts]
        self._connection = connection = apsw.Connection(str(self._path))
        connection.set_busy_timeout(round(self._settings.lock_seconds * 1000))
        connection.create_scalar_function("trunkline_add", dialect.plus_in_sql, 2, deterministic=True)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        with _transaction(connection):
            for name in statements.OURS:
                there = {column.name for column in dialect.look(connection, name).columns}
                for statement in statements.make_ours(self._table, name, there):
                    connection.execute(statement)
            self._check(connection)
        self._identity = _identity(self._path)

    def _check(self, connection: apsw.Connection) -> None:
        if self._settings.create:
            connection.execute(statements.create(self._table, dialect.type_of))
        found = dialect.look(connection, self._table.name)
        if not found.columns:
            raise Final("schema", f"table {self._table} is not in {self._path}; make it, or set create: true")
        decimals = self._settings.decimals
        check(self._table, found, lambda column, there: dialect.expected(column, there, decimals))


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116  a Path's stat costs three times as much, for every batch
    except OSError:
        return None
    return status.st_dev, status.st_ino


@contextlib.contextmanager
def _transaction(connection: apsw.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        if connection.in_transaction:
            connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
