"""From items to rows: values are checked and converted, and repeated keys collapsed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sql_places import STOCK, contract, items

from trunkline.adapters.sql import postgres_dialect, rows, sqlite_dialect
from trunkline.adapters.sql.table import Column, TableSettings, plan

LOCAL = dt.datetime.fromisoformat("2026-01-31T10:00:00")


def _encode(table, *records):
    cells = [rows.Cell(rows.reader(column)) for column in table.columns]
    return rows.encode(table, cells, items(*records))


def test_every_wrong_value_is_blamed_on_its_record():
    """One pass finds all records that cannot be written, and says of each what was expected."""
    table = plan(TableSettings(table="stock"), STOCK)
    _, guilty = _encode(
        table, {"sku": "a"}, {"sku": 1}, {"sku": "b", "quantity": "x"}, {"sku": "c", "size": 1}
    )
    assert {place: verdict.detail for place, verdict in guilty.items()} == {
        1: "sku: expected a string, found a value of type int",
        2: "quantity: expected a whole number of 64 bits, found a value of type str",
        3: "table stock has no column for: size; change the mapping",
    }


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("integer", Decimal("5.0"), 5),
        ("number", 5, Decimal(5)),
        ("date", dt.date(2026, 1, 31), dt.date(2026, 1, 31)),
        ("timestamp", "2026-01-31T12:00:00+02:00", dt.datetime(2026, 1, 31, 10, tzinfo=dt.UTC)),
        (
            "timestamp",
            dt.datetime(2026, 1, 31, 10, tzinfo=dt.UTC),
            dt.datetime(2026, 1, 31, 10, tzinfo=dt.UTC),
        ),
        ("object", {"a": Decimal("1.10")}, '{"a":1.10}'),
        ("array", [1], "[1]"),
        ("any", "text", '"text"'),
        ("boolean", False, False),
    ],
)
def test_a_value_is_read_as_its_kind(kind, value, stored):
    """What a mapping may give for a kind becomes one exact value."""
    assert rows.reader(Column("c", kind, required=True))(value) == stored


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", 5),
        ("integer", True),
        ("integer", Decimal("5.5")),
        ("integer", 2**63),
        ("number", 0.1),
        ("number", True),
        ("number", Decimal("Infinity")),
        ("boolean", 1),
        ("date", "31.01.2026"),
        ("date", dt.datetime(2026, 1, 31, tzinfo=dt.UTC)),
        ("timestamp", "noon"),
        ("timestamp", 5),
        ("timestamp", "0001-01-01T00:00:00+14:00"),
        ("object", "{}"),
        ("any", None),
    ],
)
def test_a_value_of_another_kind_is_refused(kind, value):
    """Nothing is guessed: a flag is no number, a float no decimal, a text no object."""
    with pytest.raises(ValueError, match=r"\w"):
        rows.reader(Column("c", kind, required=True))(value)


def test_a_format_of_the_contract_is_understood():
    """A contract that writes its dates otherwise is read by its own format and zone."""
    written = contract(
        "sku string!",
        "day date logicalTypeOptions: {format: dd.MM.yyyy}",
        "at timestamp logicalTypeOptions: {format: 'yyyy-MM-dd HH:mm', defaultTimezone: Europe/Berlin}",
    )
    table = plan(TableSettings(table="stock"), written)
    columns, guilty = _encode(table, {"sku": "a", "day": "31.01.2026", "at": "2026-01-31 13:00"})
    assert guilty == {}
    assert columns[1:] == [[dt.date(2026, 1, 31)], [dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)]]
    _, guilty = _encode(table, {"sku": "a", "day": "2026-01-31"})
    assert "a date in the format of the contract" in guilty[0].detail


VALUES = {
    "string": st.text(),
    "integer": st.integers(-(2**63), 2**63 - 1),
    "number": st.decimals(allow_nan=False, allow_infinity=False) | st.integers(),
    "boolean": st.booleans(),
}


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize(
    "cell_of", [sqlite_dialect.cell, lambda c: postgres_dialect.cell(c, "")], ids=["sqlite", "postgres"]
)
@given(data=st.data())
def test_the_short_way_of_a_column_gives_what_each_value_gives(kind, cell_of, data):
    """A column converted at once holds what its values give one by one."""
    values = data.draw(st.lists(VALUES[kind], min_size=1, max_size=5))
    cell = cell_of(Column("c", kind, required=True))
    if set(map(type, values)) != {cell.ready}:
        return
    try:
        short = cell.whole(values)
    except ValueError:
        return
    assert list(map(str, short)) == [str(cell.convert(value)) for value in values]


def test_collapsing_keeps_the_last_of_each_key_in_order_of_first_sight():
    """Of several states of a key the last one is written, in the place of the first."""
    table = plan(TableSettings(table="stock"), contract("sku string!", "quantity integer"))
    assert rows.collapse(table, [["a", "b", "a"], [1, 2, 3]]) == [["a", "b"], [3, 2]]


def test_collapsing_keeps_the_first_of_the_newest():
    """With a version the newest state is written; of equal ones the first, as no equal one overwrites."""
    table = plan(
        TableSettings(table="stock", version="v"), contract("sku string!", "note string", "v integer")
    )
    assert rows.collapse(table, [["a", "a", "a"], ["old", "new", "again"], [1, 2, 2]]) == [
        ["a"],
        ["new"],
        [2],
    ]


def test_collapsing_adds_up_exactly():
    """Sums of one key become one row, null adding nothing, without rounding to any precision."""
    table = plan(TableSettings(table="stock", sum=("price",)), contract("sku string!", "price number"))
    prices = [Decimal("1e40"), None, Decimal("0.01")]
    assert rows.collapse(table, [["a", "b", "a"], prices]) == [
        ["a", "b"],
        [Decimal("10000000000000000000000000000000000000000.01"), 0],
    ]


def test_inserts_are_never_collapsed():
    """Mode insert keeps every row: what is equal is for the table to judge."""
    table = plan(TableSettings(table="stock", mode="insert"), contract("sku string!"))
    assert rows.collapse(table, [["a", "a"]]) == [["a", "a"]]
