"""Paused flows in the SQLite store: the suite, and what a restart finds."""

from __future__ import annotations

import pytest

from trunkline.adapters.sqlite.pausing import SqlitePauses
from trunkline.adapters.sqlite.store import Store
from trunkline.kernel.errors import StoreError
from trunkline.testkit.pausing import PAUSE, PausesSuite


class TestSqlitePauses(PausesSuite):
    @pytest.fixture
    async def pauses(self, tmp_path):
        store = Store(tmp_path / "store.db")
        yield SqlitePauses(store)
        await store.close()


# A restart finds who paused a flow, why and when.
async def test_survives_a_restart(tmp_path):
    store = Store(tmp_path / "store.db")
    await SqlitePauses(store).put("orders-to-shop", PAUSE)
    await store.close()
    again = Store(tmp_path / "store.db")
    assert await SqlitePauses(again).load() == {"orders-to-shop": PAUSE}
    await again.close()


# A driver's error comes out as ours.
async def test_errors_are_translated(tmp_path):
    store = Store(tmp_path / "store.db")
    await store.write(lambda connection: connection.execute("DROP TABLE flow_pause") and None)
    with pytest.raises(StoreError):
        await SqlitePauses(store).load()
    with pytest.raises(StoreError):
        await SqlitePauses(store).put("orders-to-shop", PAUSE)
    await store.close()
