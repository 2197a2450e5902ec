"""The sums of the embedded store pass the suite of the port, and an older store's ledger is counted."""

from __future__ import annotations

import pytest
from tests.sqlite_engine import KEY, ledger_of

from trunkline.adapters.sqlite.log import SqliteLog
from trunkline.adapters.sqlite.quarantine import SqliteQuarantine
from trunkline.adapters.sqlite.rollups import SqliteRollups
from trunkline.adapters.sqlite.store import Store
from trunkline.eventlog.seal import Sealer
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.rollups import Counted, RollupsSuite


async def counted_on(store, clock):
    sealer = Sealer(KEY)
    log = await SqliteLog.open(store, sealer, clock)
    return Counted(clock, ledger_of(store), log, SqliteQuarantine(store, sealer), SqliteRollups(store))


class TestSqliteRollups(RollupsSuite):
    @pytest.fixture
    async def counted(self, tmp_path):
        store = Store(tmp_path / "store.db")
        yield await counted_on(store, ManualClock())
        await store.close()
