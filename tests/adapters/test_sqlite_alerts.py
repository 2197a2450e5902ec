"""Alerts in the SQLite store: the suite, and what a restart finds."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from trunkline.adapters.sqlite.alerts import SqliteAlerts
from trunkline.adapters.sqlite.store import Store
from trunkline.kernel.errors import StoreError
from trunkline.observe.alerts.store import AlertQuery, Changes
from trunkline.testkit.alerts import ALERT, FIRED, MESSAGE, SILENCE, AlertStoreSuite


class TestSqliteAlerts(AlertStoreSuite):
    @pytest.fixture
    async def store(self, tmp_path):
        store = Store(tmp_path / "store.db")
        yield SqliteAlerts(store)
        await store.close()


# A restart finds every alert, what happened to it, what is kept quiet and what is still to be sent.
async def test_survives_a_restart(tmp_path):
    store = Store(tmp_path / "store.db")
    await SqliteAlerts(store).commit(Changes([ALERT], (), [FIRED], [MESSAGE]))
    await SqliteAlerts(store).put_silence(SILENCE)
    await store.close()
    again = Store(tmp_path / "store.db")
    alerts = SqliteAlerts(again)
    assert await alerts.alerts(AlertQuery()) == [replace(ALERT, revision=1)]
    assert await alerts.transitions(0, 99) == [FIRED]
    assert await alerts.messages("waiting", 1) == [MESSAGE]
    assert await alerts.silences(0) == [SILENCE]
    await again.close()


# A driver's error comes out as ours.
async def test_errors_are_translated(tmp_path):
    store = Store(tmp_path / "store.db")
    await store.write(lambda connection: connection.execute("DROP TABLE alert") and None)
    with pytest.raises(StoreError):
        await SqliteAlerts(store).alerts(AlertQuery())
    with pytest.raises(StoreError):
        await SqliteAlerts(store).commit(Changes([ALERT]))
    await store.close()
