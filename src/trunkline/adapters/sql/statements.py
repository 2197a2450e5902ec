"""The SQL that SQLite and PostgreSQL share, written once; what differs is passed in.

Names come from ``table.quoted``, which lets only an allowlist by; values are parameters, always. A row
that is there is ``old``, one that comes is ``excluded`` (the two engines' word).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from trunkline.adapters.sql.table import Column, Table, quoted

PROGRESS = "trunkline_progress"
APPLIED = "trunkline_applied"
OURS = (PROGRESS, APPLIED)
"""The tables of progress, beside the table that is written."""

_MADE = {
    PROGRESS: '"flow" TEXT NOT NULL PRIMARY KEY, "cursor" BIGINT NOT NULL',
    APPLIED: '"flow" TEXT NOT NULL, "offset" BIGINT NOT NULL, PRIMARY KEY ("flow", "offset")',
}
_ADDED_SINCE = {PROGRESS: {"last_event": "TEXT NOT NULL DEFAULT ''"}}


def create(table: Table, type_of: Callable[[Column], str]) -> str:
    """Make the table of a contract where it is missing."""
    parts = [
        f"{quoted(column.name)} {type_of(column)}{' NOT NULL' if column.required else ''}"
        for column in table.columns
    ]
    if table.key:
        parts.append(f"PRIMARY KEY ({_listed(table.key)})")
    parts += [f"UNIQUE ({quoted(name)})" for name in table.unique if (name,) != table.key]
    return f"CREATE TABLE IF NOT EXISTS {table.quoted} ({', '.join(parts)})"


def make_ours(table: Table, name: str, there: Collection[str]) -> list[str]:
    """Make one of ``OURS`` where it is missing, and add the columns that an earlier release did not make.

    ``there`` names the columns that it has.
    """
    make = [] if there else [f"CREATE TABLE {table.beside(name)} ({_MADE[name]})"]
    return make + [
        f"ALTER TABLE {table.beside(name)} ADD COLUMN {quoted(column)} {kind}"
        for column, kind in _ADDED_SINCE.get(name, {}).items()
        if column not in there
    ]


def write(table: Table, rows: str, total: Callable[[Column, str, str], str]) -> str:
    """Insert or upsert ``rows``: a VALUES or SELECT of the table's columns.

    ``total`` is the engine's expression for the sum of an old and a new value of a column.
    """
    names = [column.name for column in table.columns]
    into = f"INSERT INTO {table.quoted} AS old ({_listed(names)}) {rows}"
    if table.mode == "insert":
        return into
    changes = [_change(table, column, total) for column in table.columns if column.name not in table.key]
    if not changes:
        return f"{into} ON CONFLICT ({_listed(table.key)}) DO NOTHING"
    update = f"{into} ON CONFLICT ({_listed(table.key)}) DO UPDATE SET {', '.join(changes)}"
    return f"{update} WHERE {_newer(table)}" if table.version else update


def _change(table: Table, column: Column, total: Callable[[Column, str, str], str]) -> str:
    name = quoted(column.name)
    new = f"excluded.{name}"
    return f"{name} = {total(column, f'old.{name}', new) if column.name in table.sum else new}"


def _newer(table: Table) -> str:
    """Let only a newer state by; a row without a version was there before there were versions."""
    version = quoted(table.version)
    return f"old.{version} IS NULL OR old.{version} < excluded.{version}"


def gone(table: Table, new: Callable[[str], str]) -> str:
    """Return the condition by which a delete finds its row; ``new`` writes a value of the delete.

    A delete carries the last version of what it removes, so that it removes an equal one too.
    """
    conditions = [f"old.{quoted(name)} = {new(name)}" for name in table.key]
    if table.version:
        version = quoted(table.version)
        conditions.append(f"(old.{version} IS NULL OR old.{version} <= {new(table.version)})")
    return " AND ".join(conditions)


def claim(table: Table, mark: str) -> str:
    """Move a flow's cursor on, with its last event.

    Parameters: flow, cursor, last event, and the lowest offset that must not be settled. Answers with the
    cursor, or with nothing where another runner has settled that offset. The row stays locked until the
    transaction ends. A cursor never goes back.
    """
    changes = ", ".join(
        f'"{name}" = CASE WHEN old."cursor" > excluded."cursor" THEN old."{name}" ELSE excluded."{name}" END'
        for name in ("cursor", "last_event")
    )
    return (
        f'INSERT INTO {table.beside(PROGRESS)} AS old ("flow", "cursor", "last_event")'  # noqa: S608  names are quoted
        f' VALUES ({mark}, {mark}, {mark}) ON CONFLICT ("flow") DO UPDATE SET {changes}'
        f' WHERE old."cursor" <= {mark} RETURNING "cursor"'
    )


def mark(table: Table, rows: str) -> str:
    """Add applied marks, flow and offset, answering with the offsets that were not marked before."""
    return (
        f'INSERT INTO {table.beside(APPLIED)} ("flow", "offset") {rows}'
        ' ON CONFLICT DO NOTHING RETURNING "offset"'
    )


def forget(table: Table, rows: str) -> str:
    """Drop applied marks, flow and offset."""
    return f'DELETE FROM {table.beside(APPLIED)} WHERE ("flow", "offset") IN ({rows})'  # noqa: S608  names are quoted


def cursor_of(table: Table, mark: str) -> str:
    """Ask for the cursor of a flow and its last event."""
    return f'SELECT "cursor", "last_event" FROM {table.beside(PROGRESS)} WHERE "flow" = {mark}'  # noqa: S608  names are quoted


def applied_of(table: Table, mark: str) -> str:
    """Ask for the applied marks of a flow, in order."""
    return f'SELECT "offset" FROM {table.beside(APPLIED)} WHERE "flow" = {mark} ORDER BY "offset"'  # noqa: S608  names are quoted


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(quoted, names))
