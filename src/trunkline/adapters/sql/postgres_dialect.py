"""How PostgreSQL says it: types, arrays of values, statements, and a look at a real table.

A batch is one array a column, unnested by the server: several times faster than a statement a row. What
a type would silently change (a decimal rounded to the scale of its column) is refused instead. The
PostgreSQL target calls all of this; nothing here needs the driver.
"""

from __future__ import annotations

import decimal
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from trunkline.adapters.sql import rows, statements
from trunkline.adapters.sql.table import Column, Found, FoundColumn, Table, quoted

_TYPES = {
    "string": "text",
    "time": "text",
    "integer": "bigint",
    "number": "numeric",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp with time zone",
    "object": "jsonb",
    "array": "jsonb",
    "any": "jsonb",
}
_WHOLE = frozenset({"smallint", "integer", "bigint", "numeric"})
_FLOATS = frozenset({"real", "double precision"})
_TEXTS = frozenset({"text", "character varying", "character", "citext"})
_DOCUMENTS = frozenset({"jsonb", "json", "text"})
_FITS = {
    "integer": _WHOLE,
    "number": frozenset({"numeric"}),
    "boolean": frozenset({"boolean"}),
    "date": frozenset({"date"}),
    "timestamp": frozenset({"timestamp with time zone", "timestamp without time zone"}),
    "object": _DOCUMENTS,
    "array": _DOCUMENTS,
    "any": _DOCUMENTS,
}
# A text can be read as any other type (uuid, inet, an enumeration) that has no kind of its own.
_NOT_FROM_TEXT = frozenset(
    {"bytea", "json", "jsonb", *_WHOLE, *_FLOATS, *_FITS["boolean"], *_FITS["date"], *_FITS["timestamp"]}
)
_ARRAYS = {
    "integer": "bigint",
    "number": "numeric",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamptz",
}
_MODIFIER = re.compile(r"\((\d+)(?:,(-?\d+))?\)")
_WIDE = decimal.Context(prec=1000)

LOOK = """
SELECT a.attname,
       format_type(CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE a.atttypid END,
                   CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE a.atttypmod END),
       a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
"""Ask for the columns of a table: name, type as SQL, and whether a row needs a value for it."""

LOOK_KEYS = """
SELECT array_agg(a.attname::text)
FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
     AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
WHERE i.indrelid = to_regclass(%s) AND i.indisunique AND i.indimmediate AND i.indisvalid
      AND i.indpred IS NULL AND i.indexprs IS NULL
GROUP BY i.indexrelid
"""
"""Ask for the sets of columns that ``ON CONFLICT`` can find a row by."""


def _finite(values: list[Decimal]) -> list[Decimal]:
    if all(map(Decimal.is_finite, values)):
        return values
    raise ValueError


# How a column all of whose values have one type is sent without a look at each of them.
_AT_ONCE: dict[str, tuple[type, Callable[[list[Any]], list[Any]]]] = {
    "string": (str, list),
    "time": (str, list),
    "boolean": (bool, list),
    "integer": (int, rows.integers),
    "number": (Decimal, _finite),
}


class Shape(NamedTuple):
    """How the values of one column travel: as an array of which type, cast to what, read how."""

    array: str
    cast: str
    cell: rows.Cell


def found(columns: Sequence[tuple[str, str, bool]], keys: Sequence[tuple[list[str]]]) -> Found:
    """Return what the answers to ``LOOK`` and ``LOOK_KEYS`` say; a table without columns is not there."""
    return Found(
        columns=tuple(FoundColumn(*column) for column in columns),
        unique=tuple(frozenset(names) for (names,) in keys),
    )


def shapes(table: Table, there: Found) -> list[Shape]:
    """Return how the values of each column travel, given the types that are there."""
    types = {column.name: column.type for column in there.columns}
    return [_shape(column, types[column.name]) for column in table.columns]


def _shape(column: Column, there: str) -> Shape:
    array = _ARRAYS.get(column.kind, "text")
    # An explicit cast to a length or scale would cut silently; these types are assigned instead.
    plain = _MODIFIER.sub("", there) in _TEXTS or array != "text"
    return Shape(array, "" if plain else f"::{there}", cell(column, there))


def cell(column: Column, there: str) -> rows.Cell:
    """Return how values of a column are sent to the type that is there."""
    read, limit = rows.reader(column), _limit(there)
    if limit is not None:
        return rows.Cell(_limited(read, limit))
    return rows.Cell(read, *_AT_ONCE.get(column.kind, ()))


def _limit(there: str) -> Callable[[Any], None] | None:
    base, modifier = _MODIFIER.sub("", there), _MODIFIER.search(there)
    if modifier is None:
        return None
    if base in ("character varying", "character"):
        return _longest(int(modifier[1]))
    return _finest(int(modifier[2] or 0)) if base == "numeric" else None


def _limited(read: Callable[[Any], Any], limit: Callable[[Any], None]) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        value = read(value)
        limit(value)
        return value

    return convert


def _longest(characters: int) -> Callable[[Any], None]:
    def limit(value: str) -> None:
        if len(value) > characters:
            raise ValueError(f"at most {characters} characters")

    return limit


def _finest(scale: int) -> Callable[[Any], None]:
    """Refuse digits that the column would round away."""

    def limit(value: Decimal | int) -> None:
        if isinstance(value, Decimal) and -int(_WIDE.normalize(value).as_tuple().exponent) > scale:
            raise ValueError(f"at most {scale} decimal places")

    return limit


def type_of(column: Column) -> str:
    """Return the type of a column in a table that we make."""
    if column.kind == "number" and column.precision is not None:
        return f"numeric({column.precision},{column.scale or 0})"
    return _TYPES[column.kind]


def expected(column: Column, there: str, decimals: str) -> str:
    """Return the type a column should have instead of the one that is there; empty where that will do.

    ``decimals`` is the setting of that name.
    """
    base = _MODIFIER.sub("", there)
    if column.kind in ("string", "time"):
        fits = bool(base) and base not in _NOT_FROM_TEXT and not base.endswith("[]")
    else:
        fits = base in _FITS[column.kind]
    if fits or (decimals == "float" and column.kind == "number" and base in _FLOATS):
        return ""
    lossy = " (decimals: float accepts binary floats)" if base in _FLOATS and column.kind == "number" else ""
    return type_of(column) + lossy


def statement(table: Table, travels: Sequence[Shape]) -> str:
    """Return what applies a batch; its parameters are arrays, one for each of the table's columns."""
    names = [quoted(column.name) for column in table.columns]
    arrays = ", ".join(f"%b::{shape.array}[]" for shape in travels)
    values = ", ".join(f"new.{name}{shape.cast}" for name, shape in zip(names, travels, strict=True))
    source = f"unnest({arrays}) AS new ({', '.join(names)})"
    if table.mode != "delete":
        return statements.write(table, f"SELECT {values} FROM {source}", _total)  # noqa: S608  names are quoted
    casts = {column.name: shape.cast for column, shape in zip(table.columns, travels, strict=True)}
    match = statements.gone(table, lambda name: f"new.{quoted(name)}{casts[name]}")
    return f"DELETE FROM {table.quoted} AS old USING {source} WHERE {match}"  # noqa: S608  names are quoted


def _total(_column: Column, old: str, new: str) -> str:
    return f"coalesce({old}, 0) + {new}"
