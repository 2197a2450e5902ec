"""The shared SQL holds names that were let by, in quotes, and values nowhere."""

from __future__ import annotations

from tests.sql_places import STOCK, contract

from trunkline.adapters.sql import statements
from trunkline.adapters.sql.table import TableSettings, plan


def _table(kept=STOCK, **settings):
    return plan(TableSettings(**{"table": "sales.stock", **settings}), kept)


def _total(_column, old, new):
    return f"{old} + {new}"


def test_a_table_is_made_with_key_and_unique_fields():
    """What the contract calls required, key and unique becomes NOT NULL, PRIMARY KEY and UNIQUE."""
    kept = contract("sku string!", "code string unique: true", "site integer")
    assert statements.create(_table(kept), lambda column: column.kind.upper()) == (
        'CREATE TABLE IF NOT EXISTS "sales"."stock" ("sku" STRING NOT NULL, "code" STRING, "site" INTEGER,'
        ' PRIMARY KEY ("sku"), UNIQUE ("code"))'
    )


def test_an_upsert_replaces_adds_and_guards_as_set():
    """Each setting shows in the statement: replaced, added to, or guarded by the version."""
    kept = contract("sku string!", "n integer", "v integer")
    start = 'INSERT INTO "sales"."stock" AS old ("sku", "n", "v") VALUES'
    update = f'{start} ON CONFLICT ("sku") DO UPDATE SET'
    n, v = '"n" = excluded."n"', '"v" = excluded."v"'
    assert statements.write(_table(kept), "VALUES", _total) == f"{update} {n}, {v}"
    assert statements.write(_table(kept, sum=("n",)), "VALUES", _total) == (
        f'{update} "n" = old."n" + excluded."n", {v}'
    )
    assert statements.write(_table(kept, version="v"), "VALUES", _total) == (
        f'{update} {n}, {v} WHERE old."v" IS NULL OR old."v" < excluded."v"'
    )
    assert statements.write(_table(kept, mode="insert"), "VALUES", _total) == start


def test_a_table_of_its_key_alone_is_upserted_by_doing_nothing():
    """Where there is nothing but the key, a row that is there stays."""
    statement = statements.write(_table(contract("sku string!")), "VALUES", _total)
    assert statement.endswith('ON CONFLICT ("sku") DO NOTHING')


def test_a_delete_takes_equal_versions_too():
    """A delete carries the last version of its row, so the guard lets an equal one by."""
    kept = contract("sku string!", "v integer")
    assert statements.gone(_table(kept, mode="delete", version="v"), lambda name: f":{name}") == (
        'old."sku" = :sku AND (old."v" IS NULL OR old."v" <= :v)'
    )


def test_progress_stands_beside_its_table():
    """The tables of progress are in the schema of the table they belong to."""
    table = _table()
    for statement in (
        *(made for name in statements.OURS for made in statements.make_ours(table, name, ())),
        statements.claim(table, "?"),
        statements.mark(table, "VALUES (?, ?)"),
        statements.forget(table, "VALUES (?, ?)"),
        statements.cursor_of(table, "?"),
        statements.applied_of(table, "?"),
    ):
        assert '"sales"."trunkline_' in statement


def test_our_tables_are_made_once_and_get_what_later_releases_added():
    """A table that is missing is made, one of an earlier release gets its column, a whole one is left."""
    table, add = _table(), 'ALTER TABLE "sales"."trunkline_progress" ADD COLUMN "last_event"'
    made, added = statements.make_ours(table, statements.PROGRESS, ())
    assert made.startswith("CREATE TABLE")
    assert added.startswith(add)
    assert statements.make_ours(table, statements.PROGRESS, {"flow", "cursor"}) == [added]
    assert statements.make_ours(table, statements.PROGRESS, {"flow", "cursor", "last_event"}) == []
    assert statements.make_ours(table, statements.APPLIED, {"flow", "offset"}) == []
