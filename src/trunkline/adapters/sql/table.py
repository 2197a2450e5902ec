"""A table as a target: its settings, what follows from them and a contract, and whether a real table fits.

The SQLite and PostgreSQL targets are built on it, and ``trunkline check`` asks ``settings_faults``. All
of it is pure: the engines look at the database and say what they found as a ``Found``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import msgspec

from trunkline.contracts.contract import Contract
from trunkline.contracts.field import Field, Kind
from trunkline.contracts.moments import moment
from trunkline.kernel.errors import Final
from trunkline.kernel.faults import did_you_mean

_NAME = re.compile(r"[^\W\d]\w*")
_NAME_BYTES = 63
_KEY_KINDS = frozenset({"string", "integer", "boolean", "date", "timestamp", "time"})
_VERSION_KINDS = frozenset({"integer", "date", "timestamp"})
_SUM_KINDS = frozenset({"integer", "number"})


class TableSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="via", tag="table"):
    """What a system accepts into a table: ``via: table``."""

    table: str
    """The table, as ``name`` or (PostgreSQL) ``schema.name``."""

    mode: Literal["upsert", "insert", "delete"] = "upsert"
    """``upsert`` makes or replaces the row of the key, ``insert`` adds a row, ``delete`` removes the row."""

    key: tuple[str, ...] = ()
    """The columns that name a row; by default the contract's primary key."""

    version: str = ""
    """A column that grows with each state of a row (a whole number, date or timestamp): an older state
    never overwrites or deletes a newer one."""

    sum: tuple[str, ...] = ()
    """Columns that are added to instead of replaced, such as the quantity of a stock movement."""

    create: bool = True
    """Make the table from the contract where it is missing; otherwise a missing table is an error."""

    decimals: Literal["exact", "float"] = "exact"
    """``exact`` refuses a table whose column would turn decimals into binary floats; ``float`` accepts it."""

    timeout_seconds: float = 30.0
    """The longest that one statement may take, and that connecting may."""

    lock_seconds: float = 5.0
    """How long to wait for a lock that others hold before the attempt is put off."""


class Column(msgspec.Struct, frozen=True):
    """A column that is written: a field of the contract. ``precision`` and ``scale`` are for decimals."""

    name: str
    kind: Kind
    required: bool
    precision: int | None = None
    scale: int | None = None
    read: Callable[[str], int] | None = None
    """Reads a date or timestamp that the contract gives a format of its own, as microseconds."""


class Table(msgspec.Struct, frozen=True):
    """What is written where: settings and contract, brought together.

    ``fields`` are all names a record may have; ``columns`` those this mode writes or looks at.
    """

    schema: str
    name: str
    mode: Literal["upsert", "insert", "delete"]
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    version: str
    sum: tuple[str, ...]
    fields: frozenset[str]
    unique: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name

    @property
    def quoted(self) -> str:
        """The name as SQL."""
        return self.beside(self.name)

    def beside(self, name: str) -> str:
        """Return the SQL name of another table of the same schema."""
        return f"{quoted(self.schema)}.{quoted(name)}" if self.schema else quoted(name)

    def position(self, name: str) -> int:
        """Return the place of a column in ``columns``."""
        return [column.name for column in self.columns].index(name)


class FoundColumn(msgspec.Struct, frozen=True):
    """A column of a real table. ``needed`` means that a row cannot be made without giving it a value."""

    name: str
    type: str
    needed: bool = False


class Found(msgspec.Struct, frozen=True):
    """A real table as an engine sees it: its columns, and the sets of columns that are unique."""

    columns: tuple[FoundColumn, ...]
    unique: tuple[frozenset[str], ...]


def quoted(name: str) -> str:
    """Return a name as an SQL identifier; raises ``ValueError`` for one that is not on the allowlist.

    Allowed are letters, digits and underscores, not beginning with a digit, in at most 63 bytes.
    """
    if not _NAME.fullmatch(name) or len(name.encode()) > _NAME_BYTES:
        raise ValueError(
            f'"{name}" cannot name a table or column: use letters, digits and _, 63 bytes at most'
        )
    return f'"{name}"'


def settings_faults(settings: TableSettings, contract: Contract) -> list[str]:
    """Return everything that is wrong with the settings of a table for a contract; empty where all fits."""
    fields = {field.name: field for field in _top(contract)}
    key = settings.key or tuple(contract.primary_key)
    written = {*key, settings.version} - {""} if settings.mode == "delete" else set(fields)
    return [
        *_name_faults(settings, [name for name in fields if name in written]),
        *_role_faults("key", key, fields, _KEY_KINDS),
        *_role_faults("version", [settings.version] if settings.version else [], fields, _VERSION_KINDS),
        *_role_faults("sum", settings.sum, fields, _SUM_KINDS),
        *_mode_faults(settings, key),
    ]


def _name_faults(settings: TableSettings, columns: Iterable[str]) -> Iterable[str]:
    parts = settings.table.split(".")
    if len(parts) > 2:  # noqa: PLR2004  schema and name
        yield f'table: "{settings.table}" has too many dots; expected name or schema.name'
    for name in [*parts, *columns]:
        try:
            quoted(name)
        except ValueError as error:
            yield str(error)


def _role_faults(
    role: str, names: Sequence[str], fields: dict[str, Field], kinds: frozenset[str]
) -> Iterable[str]:
    for name in names:
        if name not in fields:
            yield f'{role}: the contract has no field "{name}" {did_you_mean(name, fields)}'.rstrip()
        elif fields[name].kind not in kinds:
            expected = ", ".join(sorted(kinds))
            yield f'{role}: "{name}" is declared as {fields[name].kind}; expected one of {expected}'


def _mode_faults(settings: TableSettings, key: Sequence[str]) -> Iterable[str]:
    if settings.mode != "insert" and not key:
        yield f"key: mode {settings.mode} needs one; name its columns, or give the contract a primary key"
    if settings.sum and settings.mode != "upsert":
        yield f"sum: works with mode upsert only, not {settings.mode}"
    if settings.version and settings.mode == "insert":
        yield "version: works with modes upsert and delete only; an inserted row replaces nothing"
    if settings.sum and settings.version:
        yield "sum: every event adds, while version drops older ones; use one of the two"
    if set(settings.sum) & set(key) or settings.version in key:
        yield "key: a key column can be neither the version nor a sum"


def plan(settings: TableSettings, contract: Contract) -> Table:
    """Return what is written where; raises ``Final`` with all of ``settings_faults``."""
    faults = settings_faults(settings, contract)
    if faults:
        raise Final("settings", f"table {settings.table}: " + "; ".join(faults))
    schema, _, name = settings.table.rpartition(".")
    key = settings.key or tuple(contract.primary_key)
    fields = _top(contract)
    written = {*key, settings.version} if settings.mode == "delete" else {field.name for field in fields}
    always = {*key, settings.version} if settings.mode != "insert" else set()
    return Table(
        schema=schema,
        name=name,
        mode=settings.mode,
        columns=tuple(
            _column(field, required=field.required or field.name in always)
            for field in fields
            if field.name in written
        ),
        key=key,
        version=settings.version,
        sum=settings.sum,
        fields=frozenset(field.name for field in fields),
        unique=tuple(field.name for field in fields if field.unique and field.name in written),
    )


def _top(contract: Contract) -> list[Field]:
    return [field for field in contract.fields if len(field.path) == 1]


def _column(field: Field, *, required: bool) -> Column:
    return Column(
        name=field.name,
        kind=field.kind,
        required=required,
        precision=field.precision,
        scale=field.scale,
        read=_reader(field),
    )


def _reader(field: Field) -> Callable[[str], int] | None:
    form, zone = field.options.get("format", ""), field.options.get("defaultTimezone", "")
    if field.kind not in ("date", "timestamp") or not (form or zone):
        return None
    return moment(field.kind, form, zone=zone, offset=field.options.get("timezone")).read


def mismatches(table: Table, found: Found, expected: Callable[[Column, str], str]) -> list[str]:
    """Return why a real table does not fit, naming each column, what is there and what was expected.

    ``expected`` is the engine's: for a column and the type that is there, what type it should have
    instead, or an empty text where it will do.
    """
    return [
        *_column_mismatches(table, found, expected),
        *_needed_columns(table, found),
        *_key_mismatches(table, found),
    ]


def _column_mismatches(table: Table, found: Found, expected: Callable[[Column, str], str]) -> Iterable[str]:
    there = {column.name: column.type for column in found.columns}
    for column in table.columns:
        if column.name not in there:
            near = did_you_mean(column.name, there)
            yield f"column {column.name} is missing; expected {expected(column, '')} {near}".rstrip()
        elif wanted := expected(column, there[column.name]):
            yield f"column {column.name} is {there[column.name] or 'untyped'}; expected {wanted}"


def _needed_columns(table: Table, found: Found) -> Iterable[str]:
    if table.mode == "delete":
        return
    written = {column.name for column in table.columns}
    for column in found.columns:
        if column.needed and column.name not in written:
            yield f"column {column.name} is NOT NULL without a default, and the contract has no such field"


def _key_mismatches(table: Table, found: Found) -> Iterable[str]:
    if table.mode == "upsert" and frozenset(table.key) not in found.unique:
        columns = ", ".join(table.key)
        yield f"no unique key on ({columns}); expected a primary key or unique index of just these"


def check(table: Table, found: Found, expected: Callable[[Column, str], str]) -> None:
    """Raise ``Final`` with all ``mismatches`` where a real table does not fit."""
    faults = mismatches(table, found, expected)
    if faults:
        raise Final("schema", f"table {table} does not fit its contract: " + "; ".join(faults))
