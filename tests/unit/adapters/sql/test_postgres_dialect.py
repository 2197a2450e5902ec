"""PostgreSQL's types: what fits, what travels as which array, and what is refused before it is cut."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.sql_places import contract

from trunkline.adapters.sql import postgres_dialect as dialect
from trunkline.adapters.sql.table import Column, Found, FoundColumn, TableSettings, plan

FITS = {
    "string": ["text", "character varying(10)", "uuid", "public.mood", "citext"],
    "integer": ["smallint", "bigint", "numeric(10,0)"],
    "number": ["numeric", "numeric(10,2)"],
    "boolean": ["boolean"],
    "date": ["date"],
    "timestamp": ["timestamp(3) with time zone", "timestamp without time zone"],
    "object": ["jsonb", "json", "text"],
}
MISFITS = {
    "string": ["bigint", "jsonb", "text[]", "bytea", "boolean"],
    "integer": ["text", "double precision"],
    "number": ["double precision", "bigint", "text", "money"],
    "boolean": ["integer"],
    "date": ["timestamp with time zone", "text"],
    "timestamp": ["date", "text"],
    "object": ["character varying(10)"],
}


def _expected(kind, there, decimals="exact"):
    return dialect.expected(Column("c", kind, required=False), there, decimals)


@pytest.mark.parametrize(
    ("kind", "there"), [(kind, there) for kind, all_of in FITS.items() for there in all_of]
)
def test_a_type_that_keeps_the_value_fits(kind, there):
    """Types that hold a kind exactly, or refuse aloud, are accepted."""
    assert _expected(kind, there) == ""


@pytest.mark.parametrize(
    ("kind", "there"), [(kind, there) for kind, all_of in MISFITS.items() for there in all_of]
)
def test_a_type_that_would_change_the_value_does_not_fit(kind, there):
    """Types that round, cut or reinterpret are named with what was expected."""
    assert _expected(kind, there).startswith(dialect.type_of(Column("c", kind, required=False)))


def test_floats_fit_decimals_only_when_accepted():
    """``decimals: float`` lets a float column by, for decimals and nothing else."""
    assert _expected("number", "double precision", "float") == ""
    assert _expected("integer", "double precision", "float") == "bigint"


def test_stated_digits_become_the_type_of_a_column_we_make():
    """A contract that states precision and scale gets just that."""
    assert dialect.type_of(Column("c", "number", required=False, precision=10, scale=2)) == "numeric(10,2)"
    assert dialect.type_of(Column("c", "number", required=False)) == "numeric"


@pytest.mark.parametrize(
    ("kind", "there", "good", "bad"),
    [
        ("string", "character varying(3)", "abc", "abcd"),
        ("number", "numeric(6,2)", Decimal("1.5000"), Decimal("1.005")),
        ("number", "numeric(6)", Decimal("1.0"), Decimal("1.5")),
    ],
)
def test_what_a_column_would_cut_or_round_is_refused(kind, there, good, bad):
    """Lengths and scales of real columns are checked for each value."""
    cell = dialect.cell(Column("c", kind, required=True), there)
    assert cell.convert(good) == good
    assert cell.ready is None
    with pytest.raises(ValueError, match="at most"):
        cell.convert(bad)


def test_a_batch_is_one_statement_of_arrays():
    """Each column is one array; texts become the types that are there by a cast."""
    table = plan(
        TableSettings(table="stock", mode="insert"), contract("sku string!", "price number", "box object")
    )
    there = Found(
        (FoundColumn("sku", "uuid"), FoundColumn("price", "numeric(6,2)"), FoundColumn("box", "jsonb")), ()
    )
    assert dialect.statement(table, dialect.shapes(table, there)) == (
        'INSERT INTO "stock" AS old ("sku", "price", "box") SELECT'
        ' new."sku"::uuid, new."price", new."box"::jsonb'
        ' FROM unnest(%b::text[], %b::numeric[], %b::text[]) AS new ("sku", "price", "box")'
    )


def test_a_delete_casts_its_key_too():
    """A key of another type than text is compared as that type, so that its index is used."""
    table = plan(TableSettings(table="stock", mode="delete"), contract("sku string!"))
    travels = dialect.shapes(table, Found((FoundColumn("sku", "uuid"),), ()))
    assert dialect.statement(table, travels) == (
        'DELETE FROM "stock" AS old USING unnest(%b::text[]) AS new ("sku") WHERE old."sku" = new."sku"::uuid'
    )
