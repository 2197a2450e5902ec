"""What only a PostgreSQL server can do to a target: be away, refuse us, or stop."""

from __future__ import annotations

import asyncio
import sys
from decimal import Decimal

import pytest
from tests.sql_places import STOCK, PostgresPlace, at, contract, items, opened

from trunkline.adapters.sql.postgres import PostgresTable
from trunkline.adapters.sql.table import TableSettings
from trunkline.kernel.errors import Final, Retryable
from trunkline.vault.secret import Secret


@pytest.fixture
def place(postgres):
    made = PostgresPlace(postgres)
    yield made
    made.remove()


def _target(url, password, **settings):
    given = TableSettings(**{"table": "stock", "timeout_seconds": 5.0, **settings})
    return PostgresTable("stock", url, None if password is None else Secret(password), given, STOCK)


async def test_what_keeps_us_from_connecting_is_told_apart(place):
    """Away is retried; a wrong password, user or database, or no password at all, needs a person."""
    server = place.server
    cases = [
        (f"postgresql://{server.user}@127.0.0.1:1/postgres", server.password, Retryable, "connection"),
        (place.url, "wrong-password", Final, "auth"),
        (place.url, None, Final, "auth"),
        (place.url.replace(server.user, "stranger"), server.password, Final, "auth"),
        (place.url.replace(place.database, "nowhere"), server.password, Final, "schema"),
        (place.url + "?connect_timeout=soon", server.password, Final, "settings"),
        ("postgresql://%zz/", server.password, Final, "settings"),
        (place.url.replace("@", ":hush@"), server.password, Final, "settings"),
    ]
    for url, password, verdict, kind in cases:
        with pytest.raises(verdict) as caught:
            await _target(url, password).open()
        assert caught.value.kind == kind, (url, caught.value)
        assert "wrong-password" not in str(caught.value)
        assert "hush" not in str(caught.value)
        assert caught.value.__cause__ is None


async def test_a_user_without_rights_is_told_so(place):
    """A user who may not make or write the table gets a final error, not a retry."""
    place.ask(f"CREATE ROLE reader_{place.database} LOGIN PASSWORD 'reader'")
    place.ask(
        "CREATE TABLE stock (sku text PRIMARY KEY, quantity bigint, price numeric, changed timestamptz)"
    )
    url = place.url.replace(f"//{place.server.user}@", f"//reader_{place.database}@")
    with pytest.raises(Final) as caught:
        await _target(url, "reader").open()
    assert caught.value.kind == "permission"


async def test_a_user_who_may_only_write_the_tables_is_enough(place):
    """With all tables there, a user needs no right to make any."""
    async with opened(place.target(STOCK)):
        pass
    place.ask(f"CREATE ROLE writer_{place.database} LOGIN PASSWORD 'writer'")
    place.ask(
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO writer_{place.database}"
    )
    url = place.url.replace(f"//{place.server.user}@", f"//writer_{place.database}@")
    async with opened(_target(url, "writer")) as target:
        assert await target.deliver(items({"sku": "a"}), at(1)) == [None]
    place.ask(f"DROP OWNED BY writer_{place.database}")


async def test_a_table_of_a_schema_has_its_progress_beside_it(place):
    """``schema.table`` is that table, and the flow's progress stands in the same schema."""
    place.ask("CREATE SCHEMA sales")
    async with opened(place.target(STOCK, table="sales.stock")) as target:
        assert await target.deliver(items({"sku": "a"}), at(1)) == [None]
    assert place.ask("SELECT count(*) FROM sales.stock") == [(1,)]
    assert place.ask("SELECT cursor FROM sales.trunkline_progress") == [(1,)]
    with pytest.raises(Final, match="schema does not exist"):
        await place.target(STOCK, table="nowhere.stock").open()


async def test_column_limits_are_checked_before_anything_is_cut_or_rounded(place):
    """Neither a text nor a decimal is shortened to fit its column; the verdict names the column."""
    place.ask("CREATE TABLE stock (sku varchar(3) PRIMARY KEY, price numeric(6, 2))")
    async with opened(place.target(contract("sku string!", "price number"))) as target:
        records = [
            {"sku": "abcd"},
            {"sku": "abc", "price": Decimal("1.005")},
            {"sku": "abc", "price": Decimal("1.5000")},
        ]
        verdicts = await target.deliver(items(*records), at(3))
        assert "sku: expected at most 3 characters" in verdicts[0].detail
        assert "price: expected at most 2 decimal places" in verdicts[1].detail
        assert verdicts[2] is None
        [verdict] = await target.deliver(items({"sku": "a", "price": Decimal(10) ** 5}), at(1))
        assert (verdict.kind, "12345" in verdict.detail) == ("range", False)


async def test_texts_go_into_types_of_their_own(place):
    """A text field may stand in a uuid or an enumeration; one that is none is blamed without its value."""
    place.ask("CREATE TYPE mood AS ENUM ('good', 'bad')")
    place.ask("CREATE TABLE stock (sku uuid PRIMARY KEY, mood mood, note jsonb)")
    kinds = contract("sku string!", "mood string", "note -")
    sku = "0190b3c4-0000-7000-8000-000000000001"
    async with opened(place.target(kinds)) as target, opened(place.target(kinds, mode="delete")) as remover:
        assert await target.deliver(items({"sku": sku, "mood": "good", "note": 1}), at(1)) == [None]
        assert place.ask("SELECT mood::text, note FROM stock") == [("good", 1)]
        [verdict] = await target.deliver(items({"sku": sku, "mood": "furious"}, first=1), at(2))
        assert (verdict.kind, "furious" in str(verdict)) == ("type", False)
        [verdict] = await target.deliver(items({"sku": sku, "mood": "a\0b"}, first=1), at(2))
        assert "character that the database cannot store" in verdict.detail
        await remover.deliver(items({"sku": sku}), None)
        assert place.ask("SELECT count(*) FROM stock") == [(0,)]


async def test_a_slow_statement_is_cancelled_and_retried(place):
    """A statement over its time is cancelled by the server and may be tried again."""
    async with opened(place.target(STOCK, lock_seconds=30.0, timeout_seconds=0.3)) as target:
        with place.locked("stock"), pytest.raises(Retryable) as caught:
            await target.deliver(items({"sku": "a"}), at(1))
        assert caught.value.kind == "timeout"
        assert await target.deliver(items({"sku": "a"}), at(1)) == [None]


async def test_a_missing_driver_says_what_to_install(place, monkeypatch):
    """Without psycopg the error is the line that installs it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(Final, match=r"pip install 'trunkline\[postgres\]'"):
        await place.target(STOCK).open()


async def test_sessions_are_found_by_their_name(place):
    """An administrator sees whose sessions these are, with their limits set."""
    async with opened(place.target(STOCK)):
        told = place.ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'trunkline'")
    assert told == [(1,)]


async def test_progress_waits_for_a_call_that_is_under_way(place):
    """Who asks how far a flow is, as after a restart, is told of the commit of the runner before."""
    before, after = place.target(STOCK, lock_seconds=10.0), place.target(STOCK, lock_seconds=10.0)
    async with opened(before), opened(after):
        with place.locked("stock"):
            call = asyncio.create_task(before.deliver(items({"sku": "a", "quantity": 1}), at(1)))
            await waiting(place, 1)
            asked = asyncio.create_task(after.progress(at(1).flow))
            await waiting(place, 2, unless=asked)
        assert await call == [None]
        assert await asked == at(1)


async def waiting(place, count, unless=None):
    """Return once so many sessions of the database wait for a lock, or a task ended that should not."""
    ours = "datname = current_database() AND wait_event_type = 'Lock'"
    query = f"SELECT count(*) FROM pg_stat_activity WHERE {ours}"
    while place.ask(query)[0][0] < count and not (unless and unless.done()):  # noqa: ASYNC110  a server tells nobody
        await asyncio.sleep(0)
