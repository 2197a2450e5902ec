"""The sums of the embedded store pass the suite of the port, and an older store's ledger is counted."""

from __future__ import annotations

from contextlib import closing

import apsw
import pytest
from tests.sqlite_engine import KEY, ledger_of

from trunkline.adapters.sqlite.log import SqliteLog
from trunkline.adapters.sqlite.quarantine import SqliteQuarantine
from trunkline.adapters.sqlite.rollups import SqliteRollups
from trunkline.adapters.sqlite.store import Store, migrations
from trunkline.eventlog.seal import Sealer
from trunkline.kernel.rollup import DAY, MINUTE, Deliveries
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.rollups import FLOW, Counted, RollupsSuite


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


# The ledger of a store that an older release wrote is counted when it is opened, all but how late it was.
async def test_an_older_store_is_counted(tmp_path, monkeypatch):
    path, older = tmp_path / "store.db", [one for one in migrations() if one[0] < 10]
    with monkeypatch.context() as patched:
        patched.setattr("trunkline.adapters.sqlite.store.migrations", lambda: older)
        await Store(path).close()
    tries = '[{"at": 65000000, "kind": "timeout", "detail": ""}]'
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("INSERT INTO flow (id, name, cursor) VALUES (1, ?, 30)", (FLOW,))
        connection.execute("INSERT INTO settled VALUES (1, 9, 0, 0, 60000000, 1, 8, 2, NULL)")
        connection.execute("INSERT INTO settled VALUES (1, 29, 10, 0, 119000000, 1, 20, 0, NULL)")
        for event, state, attempts in ((3, "dead", 2), (4, "delivered", 3), (5, "discarded", 1)):
            connection.execute(
                "INSERT INTO flow_case (flow, event, key, state, holds, attempts, forgiven, due, at, since,"
                " correlation, reason, tries) VALUES (1, ?, 'a', ?, 0, ?, 0, 0, 125000000, 0, '', '', ?)",
                (event, state, attempts, tries.encode()),
            )
    store = Store(path)
    found = await SqliteRollups(store).delivery_course(0, DAY, MINUTE)
    await store.close()
    assert found == {
        MINUTE: Deliveries(delivered=28, dropped=2, first_failures=3),
        2 * MINUTE: Deliveries(late=1, discarded=1, died=1, failures=5),
    }
