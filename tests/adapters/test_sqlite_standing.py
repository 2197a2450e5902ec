"""The standing of targets in the SQLite store: the suite, and what a restart finds."""

from __future__ import annotations

import pytest

from trunkline.adapters.sqlite.standing import SqliteStandings
from trunkline.adapters.sqlite.store import Store
from trunkline.delivery.standing import Standing
from trunkline.kernel.errors import StoreError
from trunkline.testkit.standing import ISOLATION, OUTAGE, StandingsSuite


class TestSqliteStandings(StandingsSuite):
    @pytest.fixture
    async def standings(self, tmp_path):
        store = Store(tmp_path / "store.db")
        yield SqliteStandings(store)
        await store.close()


# A restart finds who isolated a target, why and when, and the outage that was under way.
async def test_survives_a_restart(tmp_path):
    store = Store(tmp_path / "store.db")
    await SqliteStandings(store).isolate("shop.stock", ISOLATION)
    await SqliteStandings(store).note("desk.orders", OUTAGE)
    await store.close()
    again = Store(tmp_path / "store.db")
    assert await SqliteStandings(again).load() == {
        "shop.stock": Standing(ISOLATION),
        "desk.orders": Standing(outage=OUTAGE),
    }
    await again.close()


# A driver's error comes out as ours.
async def test_errors_are_translated(tmp_path):
    store = Store(tmp_path / "store.db")
    await store.write(lambda connection: connection.execute("DROP TABLE target_standing") and None)
    with pytest.raises(StoreError):
        await SqliteStandings(store).load()
    with pytest.raises(StoreError):
        await SqliteStandings(store).isolate("shop.stock", ISOLATION)
    await store.close()
