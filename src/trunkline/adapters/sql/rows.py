"""From items to the rows of one statement: values checked and converted, repeated keys collapsed.

Both table targets call it. It works column by column, because a column whose values all have the type
the database wants is recognised in one step and passed on untouched. Collapsing gives what applying
the items one by one would have given, in one row a key.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import decimal
import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from trunkline.adapters.sql.table import Column, Table
from trunkline.connectors.target import Item
from trunkline.contracts.field import Kind
from trunkline.kernel import json
from trunkline.kernel.errors import Final

Columns: TypeAlias = list[list[Any]]
"""The values of a batch, a list for each of ``Table.columns``."""

_EXACT = decimal.Context(
    prec=1000, Emin=-1000, Emax=1000, traps=[decimal.Overflow, decimal.Inexact, decimal.InvalidOperation]
)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
INTEGERS = range(-(2**63), 2**63)
"""The whole numbers that a column of either engine holds."""


class Cell(NamedTuple):
    """How the values of one column reach a database: a converter, and a short way for a whole column.

    ``convert`` raises ``ValueError`` naming what it expected. Where all values are of type ``ready``,
    ``whole`` converts them at once, or raises ``ValueError`` to have each looked at.
    """

    convert: Callable[[Any], Any]
    ready: type | None = None
    whole: Callable[[list[Any]], list[Any]] = list


def encode(table: Table, cells: Sequence[Cell], items: Sequence[Item]) -> tuple[Columns, dict[int, Final]]:
    """Return the values of ``items`` by column, and verdicts on items that the table cannot hold."""
    records = [item.record for item in items]
    guilty = _strangers(table, records)
    columns: Columns = []
    for column, cell in zip(table.columns, cells, strict=True):
        values = _values(column.name, records)
        columns.append(_encoded(column, cell, values, guilty))
    return columns, guilty


def _values(name: str, records: Sequence[Mapping[str, Any]]) -> list[Any]:
    try:
        return list(map(operator.itemgetter(name), records))
    except KeyError:
        return [record.get(name) for record in records]


def _strangers(table: Table, records: Sequence[Mapping[str, Any]]) -> dict[int, Final]:
    """Blame records that carry what the contract does not know: dropping it in silence loses data."""
    guilty: dict[int, Final] = {}
    if set().union(*records) <= table.fields:
        return guilty
    for position, record in enumerate(records):
        if not record.keys() <= table.fields:
            names = ", ".join(sorted(record.keys() - table.fields))
            guilty[position] = Final("field", f"table {table} has no column for: {names}; change the mapping")
    return guilty


def _encoded(column: Column, cell: Cell, values: list[Any], guilty: dict[int, Final]) -> list[Any]:
    if set(map(type, values)) == {cell.ready}:
        with contextlib.suppress(ValueError):
            return cell.whole(values)
    return _converted(column, cell.convert if column.required else _optional(cell.convert), values, guilty)


def _optional(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def _converted(
    column: Column, convert: Callable[[Any], Any], values: list[Any], guilty: dict[int, Final]
) -> list[Any]:
    try:
        return [convert(value) for value in values]
    except ValueError:
        return [_judged(column, convert, place, value, guilty) for place, value in enumerate(values)]


def _judged(
    column: Column, convert: Callable[[Any], Any], position: int, value: Any, guilty: dict[int, Final]
) -> Any:
    try:
        return convert(value)
    except ValueError as error:
        found = "nothing" if value is None else f"a value of type {type(value).__name__}"
        verdict = Final("type", f"{column.name}: expected {error}, found {found}")
        guilty.setdefault(position, verdict)
        return None


def string(value: Any) -> str:
    """Return a text as it is."""
    if isinstance(value, str):
        return value
    raise ValueError("a string")


def integer(value: Any) -> int:
    """Return a whole number of 64 bits; a decimal without a fraction is one."""
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value in INTEGERS:
        return value
    raise ValueError("a whole number of 64 bits")


def integers(values: list[int]) -> list[int]:
    """Return whole numbers that all have 64 bits at most, as ``integer`` returns one."""
    if min(values) in INTEGERS and max(values) in INTEGERS:
        return values
    raise ValueError


def number(value: Any) -> Decimal:
    """Return an exact number; a binary float is refused, because it no longer is what was sent."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, Decimal) and value.is_finite():
        return value
    raise ValueError("an exact number (int or Decimal, no binary float)")


def boolean(value: Any) -> bool:
    """Return a truth value as it is."""
    if isinstance(value, bool):
        return value
    raise ValueError("true or false")


def date(value: Any) -> dt.date:
    """Return the day of an ISO 8601 date."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    try:
        return dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("a date, such as 2026-01-31") from None


def timestamp(value: Any) -> dt.datetime:
    """Return the instant of an RFC 3339 date-time, in UTC, in whole microseconds; a local one is UTC."""
    try:
        moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)
        return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("an RFC 3339 date-time, such as 2026-01-31T12:00:00Z") from None


def document(value: Any) -> str:
    """Return an object or array as JSON text; its numbers keep every digit."""
    if isinstance(value, (dict, list, tuple)):
        return json.encode(value).decode()
    raise ValueError("an object or an array")


def anything(value: Any) -> str:
    """Return any value as JSON text; null is no value."""
    if value is None:
        raise ValueError("a value")
    return json.encode(value).decode()


_READERS: dict[Kind, Callable[[Any], Any]] = {
    "string": string,
    "time": string,
    "integer": integer,
    "number": number,
    "boolean": boolean,
    "date": date,
    "timestamp": timestamp,
    "object": document,
    "array": document,
    "any": anything,
}


def reader(column: Column) -> Callable[[Any], Any]:
    """Return what reads the values of a column: a ``ValueError`` of it names what was expected."""
    if column.read is None:
        return _READERS[column.kind]
    read, whole_day = column.read, column.kind == "date"

    def moment(value: Any) -> dt.datetime | dt.date:
        try:
            when = _EPOCH + dt.timedelta(microseconds=read(value))
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"a {column.kind} in the format of the contract") from None
        return when.date() if whole_day else when

    return moment


def add(left: Decimal | int, right: Decimal | int) -> Decimal | int:
    """Add exactly, whatever the number of digits; raises ``decimal.DecimalException`` beyond 1,000."""
    if isinstance(left, int) and isinstance(right, int):
        return left + right
    return _EXACT.add(Decimal(left), Decimal(right))


def collapse(table: Table, columns: Columns, plus: Callable[[Any, Any], Any] = add) -> Columns:
    """Return one row a key with the effect of all rows of that key, in the order keys first appear.

    ``plus`` adds two values of a ``sum`` column as the engine's cells made them. Without a key to
    collapse by (mode ``insert``) every row stays.
    """
    if table.mode == "insert":
        return columns
    keys = _keys(table, columns)
    chosen = _newest(keys, columns[table.position(table.version)]) if table.version else _last(keys)
    if len(chosen) == len(keys) and not table.sum:
        return columns
    picked = list(chosen.values())
    collapsed = [[values[row] for row in picked] for values in columns]
    for name in table.sum:
        collapsed[table.position(name)] = _totals(keys, columns[table.position(name)], plus)
    return collapsed


def _keys(table: Table, columns: Columns) -> list[Any]:
    parts = [columns[table.position(name)] for name in table.key]
    return parts[0] if len(parts) == 1 else list(zip(*parts, strict=True))


def _last(keys: Sequence[Any]) -> dict[Any, int]:
    return {key: row for row, key in enumerate(keys)}


def _newest(keys: Sequence[Any], versions: Sequence[Any]) -> dict[Any, int]:
    """Pick the newest version of each key; of equal ones the first, as the guard lets no equal one by."""
    newest: dict[Any, int] = {}
    for row, key in enumerate(keys):
        known = newest.setdefault(key, row)
        if versions[row] > versions[known]:
            newest[key] = row
    return newest


def _totals(keys: Sequence[Any], values: Sequence[Any], plus: Callable[[Any, Any], Any]) -> list[Any]:
    totals: dict[Any, Any] = {}
    for key, value in zip(keys, values, strict=True):
        known = totals.get(key)
        totals[key] = (value or 0) if known is None else plus(known, value or 0)
    return list(totals.values())
