"""The testkit's target suite on both table targets, and what only real databases can show."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from tests.postgres import PostgresServer
from tests.sql_places import PostgresPlace, SqlitePlace, contract, exact

from trunkline.testkit.target import POISON, AtomicTargetSuite, Effect

RECORD = contract("key string!", "value integer!", "amount number!", key=["key"])


class _Harness:
    """A stock table with a check constraint that refuses the poison."""

    history = False

    def __init__(self, place) -> None:
        self.place = place
        self._mend = []
        decimal_type = place.decimal_type
        place.ask(
            "CREATE TABLE stock (key varchar(40) NOT NULL PRIMARY KEY, value bigint NOT NULL,"
            f" amount {decimal_type} NOT NULL, CONSTRAINT no_poison CHECK (key <> '{POISON}'))"
        )

    def target(self):
        return self.place.target(RECORD)

    async def effects(self):
        rows = await asyncio.to_thread(self.place.ask, "SELECT key, value, amount FROM stock ORDER BY value")
        return [Effect(subject=key, value=value, amount=exact(amount)) for key, value, amount in rows]

    async def break_it(self, way):
        if way == "locked":
            lock = self.place.locked("stock")
            lock.__enter__()
            self._mend.append(lambda: lock.__exit__(None, None, None))
        elif way == "folder gone":
            there, away = self.place.path.parent, self.place.path.parent.with_suffix(".away")
            there.rename(away)
            self._mend.append(lambda: away.rename(there))
        elif way == "sessions ended":
            self.place.ask(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE application_name = 'trunkline' AND datname = current_database()"
            )
        elif way == "server stopped":
            await asyncio.to_thread(self.place.server.stop)
            self._mend.append(self.place.server.start)

    async def mend(self):
        while self._mend:
            await asyncio.to_thread(self._mend.pop())


class TestSqliteTable(AtomicTargetSuite):
    @pytest.fixture
    def harness(self, tmp_path):
        folder = tmp_path / "database"
        folder.mkdir()
        harness = _Harness(SqlitePlace(folder))
        harness.ways = ["locked", "folder gone"]
        return harness


class TestPostgresTable(AtomicTargetSuite):
    @pytest.fixture
    def harness(self, postgres: PostgresServer):
        place = PostgresPlace(postgres)
        harness = _Harness(place)
        harness.ways = ["locked", "sessions ended", "server stopped"]
        yield harness
        place.remove()


def test_amounts_are_decimals():
    """The suite's amounts have more digits than a binary float holds, so that it can tell."""
    assert Decimal(float(Decimal("12345678901234567.01"))) != Decimal("12345678901234567.01")
