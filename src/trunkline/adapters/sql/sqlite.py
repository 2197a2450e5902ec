"""A table of an SQLite file as a target.

The file belongs to its users: they may read and write it at the same time. Every call is one
``BEGIN IMMEDIATE`` transaction with ``synchronous=FULL`` on a connection that lives in a thread of its
own. SQLite has no decimals and turns texts of digits into binary floats in columns of the wrong
affinity; ``docs/reference/table-target.md`` says what is stored how, and what is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import decimal
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import apsw

from trunkline.adapters.sql import rows, statements
from trunkline.adapters.sql.blame import Refused, search, verdicts
from trunkline.adapters.sql.progress import applied_before, floor, overtaken
from trunkline.adapters.sql.table import Column, Found, FoundColumn, Table, TableSettings, check, plan
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
_TYPES = {"integer": "INTEGER", "boolean": "INTEGER"}
_TEXT = frozenset({"TEXT", ""})
_WHOLE = frozenset({"INTEGER", "NUMERIC", ""})
# NUMERIC is the affinity of columns declared as DATE, DATETIME or JSON: it leaves alone what is no number.
_NEVER_A_NUMBER = frozenset({"TEXT", "NUMERIC", ""})
_AFFINITIES = {
    "integer": _WHOLE,
    "boolean": _WHOLE,
    "date": _NEVER_A_NUMBER,
    "timestamp": _NEVER_A_NUMBER,
    "object": _NEVER_A_NUMBER,
    "array": _NEVER_A_NUMBER,
}


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
            cursor = connection.execute(statements.cursor_of(self._table, "?"), (flow,)).get
            marks = connection.execute(statements.applied_of(self._table, "?"), (flow,)).fetchall()
        if cursor is None:
            return None
        return Progress(flow=flow, cursor=cursor, applied=tuple(offset for (offset,) in marks))

    def forget(self, flow: str, applied: Sequence[int]) -> None:
        with self._ready() as connection, _transaction(connection):
            marks = [(flow, offset) for offset in applied]
            connection.executemany(statements.forget(self._table, "?, ?"), marks)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _deliver(
        self, connection: apsw.Connection, columns: rows.Columns, items: Sequence[Item], progress: Progress | None
    ) -> None:
        with _transaction(connection):
            self._claim(connection, items, progress)
            self._apply(connection, columns)

    def _claim(self, connection: apsw.Connection, items: Sequence[Item], progress: Progress | None) -> None:
        if progress is None:
            return
        claim = (progress.flow, progress.cursor, floor(items, progress))
        if not connection.execute(statements.claim(self._table, "?"), claim).fetchall():
            raise overtaken(progress)
        marks = [(progress.flow, offset) for offset in progress.applied]
        made = connection.executemany(statements.mark(self._table, "VALUES (?, ?)"), marks)
        if applied_before(items, progress, {offset for (offset,) in made}):
            raise overtaken(progress)

    def _apply(self, connection: apsw.Connection, columns: rows.Columns) -> None:
        with _refusing():
            written = rows.collapse(self._table, columns, _plus)
            connection.executemany(self._statement, zip(*written, strict=True))
        if connection.status(apsw.SQLITE_DBSTATUS_DEFERRED_FKS)[0]:
            raise Refused(Final("constraint", "FOREIGN KEY constraint failed"))

    def _blame(
        self, connection: apsw.Connection, columns: rows.Columns, items: Sequence[Item], progress: Progress | None
    ) -> dict[int, Final]:
        """Find whom to blame; where the batch went through in pieces there is nobody, and it is committed."""
        with _transaction(connection):
            self._claim(connection, items, progress)
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
            raise failure(error, self._path, self._settings.lock_seconds) from None
        except DeliveryError:
            self.close()
            raise

    def _notice_another_file(self) -> None:
        """Refuse to write on into a file that was deleted or replaced: SQLite would, and all would be lost."""
        if self._connection is not None and _identity(self._path) != self._identity:
            raise Retryable("replaced", f"{self._path} was replaced or removed while it was open")

    def _connect(self) -> None:
        self._table = plan(self._settings, self._contract)
        if self._table.schema:
            raise Final("settings", f"table {self._table}: SQLite has no schemas; name the table alone")
        self._cells = [_cell(column) for column in self._table.columns]
        self._statement = _statement(self._table)
        self._connection = connection = apsw.Connection(str(self._path))
        connection.set_busy_timeout(round(self._settings.lock_seconds * 1000))
        connection.create_scalar_function("trunkline_add", _plus, 2, deterministic=True)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        with _transaction(connection):
            for statement in statements.create_progress(self._table):
                connection.execute(statement)
            self._check(connection)
        self._identity = _identity(self._path)

    def _check(self, connection: apsw.Connection) -> None:
        if self._settings.create:
            connection.execute(statements.create(self._table, _type_of))
        found = _look(connection, self._table.name)
        if not found.columns:
            raise Final("schema", f"table {self._table} is not in {self._path}; make it, or set create: true")
        check(self._table, found, lambda column, there: _expected(column, there, self._settings.decimals))


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


def _statement(table: Table) -> str:
    if table.mode == "delete":
        places = {column.name: f"?{place}" for place, column in enumerate(table.columns, 1)}
        return f"DELETE FROM {table.quoted} AS old WHERE {statements.gone(table, places.__getitem__)}"  # noqa: S608
    values = f"VALUES ({', '.join('?' * len(table.columns))})"
    return statements.write(table, values, _total)


def _total(column: Column, old: str, new: str) -> str:
    """Add in SQL where that is exact; SQLite turns an integer sum of more than 64 bits into a float."""
    exact = f"trunkline_add({old}, {new})"
    if column.kind != "integer":
        return exact
    total = f"coalesce({old}, 0) + {new}"
    return f"CASE typeof({total}) WHEN 'integer' THEN {total} ELSE {exact} END"


def _plus(left: Any, right: Any) -> int | str:
    """Add two values of a ``sum`` column as SQLite holds them: integers, or decimals as text."""
    if isinstance(left, str) or isinstance(right, str) or isinstance(left, float) or isinstance(right, float):
        return _decimal_text(rows.add(_exact(left), _exact(right)))
    total = (left or 0) + (right or 0)
    if total not in rows.INTEGERS:
        raise OverflowError
    return int(total)


def _exact(value: str | float | None) -> Decimal:
    # The shortest text that reads back as a float is the decimal its writer meant.
    return Decimal(repr(value) if isinstance(value, float) else value or 0)


def _decimal_text(value: Decimal | int) -> str:
    return format(value, "f")


def _moment_text(value: dt.datetime) -> str:
    return value.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


_TO_STORED: dict[str, Callable[[Any], Any]] = {
    "number": _decimal_text,
    "date": dt.date.isoformat,
    "timestamp": _moment_text,
}
_READY = {"string": str, "time": str, "integer": int, "boolean": bool}


def _cell(column: Column) -> rows.Cell:
    read, store = rows.reader(column), _TO_STORED.get(column.kind)
    convert = read if store is None else lambda value: store(read(value))
    return rows.Cell(_READY.get(column.kind), convert)


def _type_of(column: Column) -> str:
    return _TYPES.get(column.kind, "TEXT")


def _look(connection: apsw.Connection, table: str) -> Found:
    described = connection.execute('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)', (table,))
    info = described.fetchall()
    key = [name for name, _, _, _, place in info if place]
    unique = [frozenset(key)] if key else []
    query = 'SELECT name FROM pragma_index_list(?) WHERE "unique" AND NOT partial'
    for (index,) in connection.execute(query, (table,)):
        names = connection.execute("SELECT name FROM pragma_index_info(?)", (index,))
        unique.append(frozenset(name or "an expression" for (name,) in names))
    return Found(
        columns=tuple(
            FoundColumn(name, declared, needed=bool(required and default is None and [name] != key))
            for name, declared, required, default, _ in info
        ),
        unique=tuple(unique),
    )


def _affinity(declared: str) -> str:
    """Return the affinity of a declared type (https://sqlite.org/datatype3.html, section 3.1)."""
    declared = declared.upper()
    if not declared:
        return ""
    for affinity, parts in _AFFINITY_OF.items():
        if any(part in declared for part in parts):
            return affinity
    return "NUMERIC"


_AFFINITY_OF = {
    "INTEGER": ("INT",),
    "TEXT": ("CHAR", "CLOB", "TEXT"),
    "BLOB": ("BLOB",),
    "REAL": ("REAL", "FLOA", "DOUB"),
}


def _expected(column: Column, there: str, decimals: str) -> str:
    fits = _AFFINITIES.get(column.kind, _TEXT)
    if there and (_affinity(there) in fits or (column.kind == "number" and decimals == "float")):
        return ""
    if column.kind == "number" and there:
        return "TEXT, as SQLite would make a binary float of a decimal here (decimals: float accepts that)"
    return _type_of(column)


_SPEAKING = frozenset(
    {
        apsw.SQLITE_CONSTRAINT_CHECK,
        apsw.SQLITE_CONSTRAINT_DATATYPE,
        apsw.SQLITE_CONSTRAINT_FOREIGNKEY,
        apsw.SQLITE_CONSTRAINT_NOTNULL,
        apsw.SQLITE_CONSTRAINT_PRIMARYKEY,
        apsw.SQLITE_CONSTRAINT_ROWID,
        apsw.SQLITE_CONSTRAINT_UNIQUE,
    }
)
"""Refusals whose text names columns and constraints only; a trigger's text may hold values."""


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """Turn what is wrong with rows into ``Refused``, without their values."""
    try:
        yield
    except apsw.ConstraintError as error:
        told = str(error) if error.extendedresult in _SPEAKING else "a trigger of the table refused it"
        raise Refused(Final("constraint", told)) from None
    except (apsw.TooBigError, apsw.MismatchError):
        raise Refused(Final("type", "a value is too large, or not of its column's type")) from None
    except OverflowError:
        raise Refused(Final("range", "a whole number has more than 64 bits")) from None
    except decimal.DecimalException:
        raise Refused(Final("range", "a stored value cannot be added to exactly")) from None
    except UnicodeError:
        raise Refused(Final("type", "a text holds half a surrogate pair, which is no Unicode text")) from None


def failure(error: apsw.Error, path: Path, lock_seconds: float) -> DeliveryError:
    """Return what an SQLite error that no item is to blame for means to delivery."""
    match error:
        case apsw.BusyError() | apsw.LockedError():
            return Retryable("locked", f"{path}: another program held its lock for {lock_seconds:g} s")
        case apsw.FullError():
            return Retryable("full", f"{path}: the disk is full; free some space")
        case apsw.CantOpenError():
            return Retryable("unreachable", f"{path} cannot be opened; is its folder there, and ours to write?")
        case apsw.ReadOnlyError() | apsw.PermissionsError() | apsw.AuthError():
            return Final("permission", f"{path} cannot be written; give this user the right to")
        case apsw.CorruptError() | apsw.NotADBError():
            return Final("damaged", f"{path} is not a whole SQLite file; restore it from a backup")
        case apsw.SQLError():
            return Final("schema", f"{path}: SQLite refused the statement; was the table changed?")
        case _:
            return Retryable("database", f"{path}: SQLite failed ({type(error).__name__})")
