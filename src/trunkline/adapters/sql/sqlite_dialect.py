"""How SQLite says it: stored values, types and affinities, statements, and a look at a real table.

SQLite has no decimals. In a column of numeric affinity a text of digits becomes a binary float
(https://sqlite.org/datatype3.html, section 3), so that decimals are kept as text, and a table that would
lose them is refused. The SQLite target calls all of this.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import apsw

from trunkline.adapters.sql import rows, statements
from trunkline.adapters.sql.table import Column, Found, FoundColumn, Table

_PARAMETERS = 1_500
"""The most in one statement: its text stays short enough for the driver to keep it prepared."""

_UTC_SECONDS = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}Z)*")
_PLAIN = re.compile(r"[-.0-9]*")
_TYPES = {"integer": "INTEGER", "boolean": "INTEGER"}
_TEXT = frozenset({"TEXT"})
_WHOLE = frozenset({"INTEGER", "NUMERIC"})
# NUMERIC is the affinity of columns declared as DATE, DATETIME or JSON: it leaves alone what is no number.
_NEVER_A_NUMBER = frozenset({"TEXT", "NUMERIC"})
_AFFINITIES = {
    "integer": _WHOLE,
    "boolean": _WHOLE,
    "date": _NEVER_A_NUMBER,
    "timestamp": _NEVER_A_NUMBER,
    "object": _NEVER_A_NUMBER,
    "array": _NEVER_A_NUMBER,
}


def steps(table: Table) -> list[int]:
    """Return how many rows one statement applies, most first, for a batch to be cut into.

    Every run of a statement hands Python's lock over and back, and may wait for it behind a busy thread:
    so a batch takes few of them. A deletion names its rows one by one.
    """
    most = 1 if table.mode == "delete" else max(1, _PARAMETERS // len(table.columns))
    return sorted({most, max(1, most // 8), 1}, reverse=True)


def statement(table: Table, count: int = 1) -> str:
    """Return what applies ``count`` rows; its parameters are the table's columns, row by row."""
    if table.mode == "delete":
        places = {column.name: f"?{place}" for place, column in enumerate(table.columns, 1)}
        return f"DELETE FROM {table.quoted} AS old WHERE {statements.gone(table, places.__getitem__)}"  # noqa: S608  names are quoted
    row = f"({', '.join('?' * len(table.columns))})"
    return statements.write(table, f"VALUES {', '.join([row] * count)}", _total)


def _total(column: Column, old: str, new: str) -> str:
    """Add in SQL where that is exact; SQLite turns an integer sum of more than 64 bits into a float."""
    exact = f"trunkline_add({old}, {new})"
    if column.kind != "integer":
        return exact
    total = f"coalesce({old}, 0) + {new}"
    return f"CASE typeof({total}) WHEN 'integer' THEN {total} ELSE {exact} END"


def plus(left: Any, right: Any) -> int | str:
    """Add two values of a ``sum`` column as SQLite holds them: integers, or decimals as text."""
    if isinstance(left, str) or isinstance(right, str) or isinstance(left, float) or isinstance(right, float):
        return _decimal_text(rows.add(_exact(left), _exact(right)))
    total = (left or 0) + (right or 0)
    if total not in rows.INTEGERS:
        raise OverflowError
    return int(total)


def plus_in_sql(*values: Any) -> int | str:
    """Add as SQLite calls it."""
    return plus(*values)


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


def _decimal_texts(values: list[Decimal]) -> list[str]:
    texts = list(map(str, values))
    if _PLAIN.fullmatch("".join(texts)):
        return texts
    raise ValueError


def _moment_texts(values: list[str]) -> list[str]:
    """Store moments in UTC and whole seconds, as nearly all are written, without taking them apart."""
    if not _UTC_SECONDS.fullmatch("".join(values)):
        raise ValueError
    for value in values:
        dt.datetime.fromisoformat(value)
    return [f"{value[:10]}T{value[11:19]}.000000Z" for value in values]


# How a column all of whose values have one type is stored without a look at each of them.
_AT_ONCE: dict[str, tuple[type, Callable[[list[Any]], list[Any]]]] = {
    "string": (str, list),
    "time": (str, list),
    "boolean": (bool, list),
    "integer": (int, rows.integers),
    "number": (Decimal, _decimal_texts),
    "timestamp": (str, _moment_texts),
}


def cell(column: Column) -> rows.Cell:
    """Return how values of a column are stored."""
    read, store = rows.reader(column), _TO_STORED.get(column.kind)
    convert = read if store is None else lambda value: store(read(value))
    own_format = column.read is not None
    return rows.Cell(convert, *(() if own_format else _AT_ONCE.get(column.kind, ())))


def type_of(column: Column) -> str:
    """Return the type of a column in a table that we make."""
    return _TYPES.get(column.kind, "TEXT")


def look(connection: apsw.Connection, table: str) -> Found:
    """Return what a table is; one without columns is not there."""
    query = 'SELECT name, type, "notnull" AND dflt_value IS NULL, pk FROM pragma_table_info(?)'
    described: list[Any] = connection.execute(query, (table,)).fetchall()
    key = [name for name, _, _, place in described if place]
    columns = [
        # A lone key column may be the row's own number, which SQLite gives.
        FoundColumn(name, declared, needed=bool(needed) and [name] != key)
        for name, declared, needed, _ in described
    ]
    keys = [frozenset(key)] if key else []
    return Found(tuple(columns), (*keys, *_unique_indexes(connection, table)))


def _unique_indexes(connection: apsw.Connection, table: str) -> Iterator[frozenset[str]]:
    query = 'SELECT name FROM pragma_index_list(?) WHERE "unique" AND NOT partial'
    for (index,) in connection.execute(query, (table,)).fetchall():
        names: list[Any] = connection.execute("SELECT name FROM pragma_index_info(?)", (index,)).fetchall()
        yield frozenset(name or "an expression" for (name,) in names)


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
    "REAL": ("REAL", "FLOA", "DOUB"),  # codespell:ignore doub
}


def expected(column: Column, there: str, decimals: str) -> str:
    """Return the type a column should have instead of the one that is there; empty where that will do.

    ``decimals`` is the setting of that name.
    """
    fits = _AFFINITIES.get(column.kind, _TEXT)
    if there and (_affinity(there) in fits or (column.kind == "number" and decimals == "float")):
        return ""
    if column.kind == "number" and there:
        return "TEXT, as SQLite would make a binary float of a decimal here (decimals: float accepts that)"
    return type_of(column)
