"""SQLite's types and affinities: what a column would do to a value decides whether it will do."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sql_places import contract

from trunkline.adapters.sql import sqlite_dialect as dialect
from trunkline.adapters.sql.table import Column, TableSettings, plan

STORED = {
    "string": "007",
    "integer": 7,
    "number": "0.10",
    "boolean": True,
    "date": "2026-01-31",
    "timestamp": "2026-01-31T12:00:00.000000Z",
    "time": "12:00:00",
    "object": "{}",
    "array": "[1]",
    "any": "1.0",
}
DECLARED = [
    "TEXT",
    "VARCHAR(20)",
    "INTEGER",
    "BIGINT",
    "DECIMAL(10,2)",
    "NUMERIC",
    "REAL",
    "DOUBLE",
    "BOOLEAN",
    "DATE",
]


@pytest.mark.parametrize("declared", DECLARED)
@pytest.mark.parametrize("kind", STORED)
def test_a_type_is_accepted_only_where_sqlite_keeps_the_value(kind, declared):
    """A column that is accepted gives back exactly what was put in, type and all: asked of SQLite itself."""
    connection = apsw.Connection(":memory:")
    connection.execute(f"CREATE TABLE t (c {declared})")
    connection.execute("INSERT INTO t VALUES (?)", (STORED[kind],))
    kept = connection.execute("SELECT c FROM t").get
    same = type(kept) is type(int(kept) if kind == "boolean" else STORED[kind]) and kept == STORED[kind]
    if dialect.expected(Column("c", kind, required=False), declared, "exact") == "":
        assert same, f"{declared} turned {STORED[kind]!r} into {kept!r}"


@pytest.mark.parametrize("kind", STORED)
def test_the_type_we_make_is_one_we_accept(kind):
    """A table made from a contract fits that contract."""
    column = Column("c", kind, required=False)
    assert dialect.expected(column, dialect.type_of(column), "exact") == ""
    assert dialect.expected(column, "", "exact") == dialect.type_of(column)


@pytest.mark.parametrize(
    ("left", "right", "total"),
    [
        (1, 2, 3),
        (None, 2, 2),
        ("0.1", "0.2", "0.3"),
        (None, "0.2", "0.2"),
        (0.1, "0.2", "0.3"),
        ("1E+2", "1", "101"),
        ("9" * 40, "0.01", "9" * 40 + ".01"),
    ],
)
def test_sums_are_exact_in_every_form_sqlite_holds(left, right, total):
    """Integers, texts, floats of an accepted column and null are added without rounding."""
    assert dialect.plus(left, right) == total


def test_a_sum_never_becomes_a_float():
    """SQLite would turn an integer sum of 65 bits into a float; here it is an error."""
    with pytest.raises(OverflowError):
        dialect.plus(2**63 - 1, 1)


def test_decimals_are_written_without_exponents():
    """A stored decimal reads as a plain number, whichever way it was computed."""
    cell = dialect.cell(Column("c", "number", required=True))
    assert cell.convert(Decimal("1E+3")) == "1000"
    with pytest.raises(ValueError, match=r"^$"):
        cell.whole([Decimal("1E+3")])


def test_a_look_finds_columns_and_keys():
    """What a table is made of is read from SQLite: needed columns and whole unique keys only."""
    connection = apsw.Connection(":memory:")
    connection.execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b TEXT NOT NULL DEFAULT '', c TEXT)"
    )
    connection.execute("CREATE UNIQUE INDEX ab ON t (a, b)")
    connection.execute("CREATE UNIQUE INDEX c_some ON t (c) WHERE a > ''")
    connection.execute("CREATE UNIQUE INDEX c_lower ON t (lower(c))")
    found = dialect.look(connection, "t")
    assert [(column.name, column.needed) for column in found.columns] == [
        ("id", False),
        ("a", True),
        ("b", False),
        ("c", False),
    ]
    assert set(found.unique) == {frozenset({"id"}), frozenset({"a", "b"}), frozenset({"an expression"})}
    assert dialect.look(connection, "nothing").columns == ()


MOMENTS = st.datetimes(timezones=st.just(dt.UTC)).map(lambda at: at.replace(microsecond=0))


# A column of moments that are all in UTC and whole seconds is stored as each would be by itself.
@given(st.lists(MOMENTS, min_size=1), st.sampled_from("T "))
def test_moments_stored_at_once_are_stored_as_each_by_itself(moments, between):
    cell = dialect.cell(Column("at", "timestamp", required=True))
    texts = [at.isoformat(sep=between).replace("+00:00", "Z") for at in moments]
    assert cell.whole(texts) == [cell.convert(text) for text in texts]


@pytest.mark.parametrize("text", ["2026-02-30T00:00:00Z", "2026-01-31T12:00:00+01:00", "2026-01-31", "noon"])
def test_other_moments_are_not_stored_at_once(text):
    cell = dialect.cell(Column("at", "timestamp", required=True))
    with pytest.raises(ValueError):  # noqa: PT011  the caller goes on one by one
        cell.whole(["2026-01-31T12:00:00Z", text])


@pytest.mark.parametrize("columns", [1, 6, 40, 1_000, 2_000])
def test_a_batch_of_any_length_can_be_cut_into_steps_of_few_parameters(columns):
    fields = [f"c{number} string!" for number in range(columns)]
    table = plan(TableSettings(table="t"), contract(*fields, key=["c0"]))
    steps = dialect.steps(table)
    assert steps == sorted(steps, reverse=True)
    assert steps[-1] == 1
    assert steps[0] == 1 or steps[0] * columns <= 1_500
    assert dialect.statement(table, steps[0]).count("?") == steps[0] * columns
