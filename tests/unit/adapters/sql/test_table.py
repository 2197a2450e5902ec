"""Settings of a table, what follows from them and a contract, and whether a real table fits."""

from __future__ import annotations

import msgspec
import pytest
from tests.sql_places import STOCK, contract

from trunkline.adapters.sql.table import (
    Found,
    FoundColumn,
    TableSettings,
    mismatches,
    plan,
    quoted,
    settings_faults,
)
from trunkline.kernel.errors import Final


def _read(text):
    return msgspec.yaml.decode(text, type=TableSettings)


def test_settings_are_read_as_a_user_writes_them():
    """The settings of a target are its YAML, with sensible defaults."""
    given = _read("{via: table, table: sales.stock, key: [sku], sum: [quantity]}")
    assert given == TableSettings(table="sales.stock", key=("sku",), sum=("quantity",))
    assert (given.mode, given.create, given.decimals) == ("upsert", True, "exact")


@pytest.mark.parametrize(
    "text", ["{table: t, mod: upsert}", "{table: t, mode: replace}", "{via: http, table: t}"]
)
def test_an_unknown_setting_or_value_is_refused(text):
    """Nothing a user writes is ignored."""
    with pytest.raises(msgspec.ValidationError):
        _read(text)


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("stock", True),
        ("_stock2", True),
        ("größe", True),
        ("2stock", False),
        ("", False),
        ("a b", False),
        ('x"; DROP TABLE y; --', False),
        ("a" * 63, True),
        ("a" * 64, False),
        ("ü" * 32, False),
        ("a\n", False),
    ],
)
def test_only_names_on_the_allowlist_reach_sql(name, allowed):
    """A name is letters, digits and underscores in 63 bytes, or it is never put into a statement."""
    if allowed:
        assert quoted(name) == f'"{name}"'
    else:
        with pytest.raises(ValueError, match="cannot name"):
            quoted(name)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"table": "a.b.c"}, "too many dots"),
        ({"table": "stock; --"}, "cannot name"),
        ({"key": ("skus",)}, 'key: the contract has no field "skus" did you mean "sku"?'),
        ({"key": ("price",)}, 'key: "price" is declared as number'),
        (
            {"version": "price"},
            'version: "price" is declared as number; expected one of date, integer, timestamp',
        ),
        ({"sum": ("sku",)}, 'sum: "sku" is declared as string'),
        ({"sum": ("quantity",), "mode": "insert"}, "sum: works with mode upsert only"),
        ({"version": "quantity", "mode": "insert"}, "version: works with modes upsert and delete only"),
        ({"sum": ("price",), "version": "quantity"}, "use one of the two"),
        ({"key": ("quantity",), "sum": ("quantity",)}, "a key column can be neither"),
    ],
)
def test_settings_that_do_not_fit_the_contract_are_told(given, told):
    """Each contradiction between settings and contract is said in words, by check and by open alike."""
    settings = TableSettings(**{"table": "stock", **given})
    assert any(told in fault for fault in settings_faults(settings, STOCK)), settings_faults(settings, STOCK)
    with pytest.raises(Final):
        plan(settings, STOCK)


def test_all_faults_come_at_once():
    """Two mistakes are two messages, not one after the other."""
    keyless = contract("sku string", "a-b string", key=())
    faults = settings_faults(TableSettings(table="stock", version="when"), keyless)
    assert len(faults) == 3
    assert "key: mode upsert needs one; name its columns, or give the contract a primary key" in faults


def test_a_delete_looks_at_its_key_and_version_only():
    """A delete takes whole records, but uses key and version; other names of columns do not matter."""
    odd = contract("sku string!", "a-b string", "revision integer")
    table = plan(TableSettings(table="stock", mode="delete", version="revision"), odd)
    assert [column.name for column in table.columns] == ["sku", "revision"]
    assert all(column.required for column in table.columns)
    assert table.fields == {"sku", "a-b", "revision"}


def test_only_fields_of_the_record_itself_are_columns():
    """What is nested inside an object is not a column of its own."""
    nested = contract("sku string!", "box object properties: [{name: size, logicalType: integer}]")
    table = plan(TableSettings(table="stock"), nested)
    assert [column.name for column in table.columns] == ["sku", "box"]


def test_a_real_table_is_compared_column_by_column():
    """Missing columns with the near miss, columns we cannot fill, and a missing key are all told."""
    table = plan(TableSettings(table="stock"), contract("sku string!", "quantity integer"))
    found = Found(
        columns=(
            FoundColumn("sku", "TEXT"),
            FoundColumn("quantty", "INT"),
            FoundColumn("site", "TEXT", needed=True),
        ),
        unique=(frozenset({"sku", "site"}),),
    )
    told = mismatches(table, found, lambda column, there: "" if there == "TEXT" else column.kind)
    assert told == [
        'column quantity is missing; expected integer did you mean "quantty"?',
        "column site is NOT NULL without a default, and the contract has no such field",
        "no unique key on (sku); expected a primary key or unique index of just these",
    ]
