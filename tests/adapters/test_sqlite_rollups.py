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
from trunkline.kernel.clock import SECOND
from trunkline.kernel.rollup import DAY, HOUR, MINUTE, STEPS, Deliveries, floor_to
from trunkline.kernel.sketch import sketch_of
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


async def older_store(path, monkeypatch, before):
    """Make a store as of a release whose migrations end below ``before``."""
    older = [one for one in migrations() if one[0] < before]
    with monkeypatch.context() as patched:
        patched.setattr("trunkline.adapters.sqlite.store.migrations", lambda: older)
        await Store(path).close()
    return closing(apsw.Connection(str(path)))


def starts(path, table, step):
    with closing(apsw.Connection(str(path))) as connection:
        found = connection.execute(
            f"SELECT DISTINCT start FROM {table} WHERE step = ? ORDER BY start", (step,)
        )
        return [start for (start,) in found]


# A store of a release without totals says the same before they are made up, some at a time, and after; then
# each span has its total, and a trimmed one has none.
async def test_totals_of_an_older_store_are_made_up(tmp_path, monkeypatch):
    path, folded, rows = tmp_path / "store.db", 3 * DAY + 7 * MINUTE, {}
    for number in range(9):
        at, done = number * 8 * HOUR + 6 * MINUTE, Deliveries(delivered=1, lags=sketch_of([number * SECOND]))
        for step in STEPS:
            key = (step, floor_to(step, at), 1 + number % 2)
            rows[key] = rows.get(key, Deliveries()) + done
    with await older_store(path, monkeypatch, 18) as connection:
        connection.execute("INSERT INTO flow (id, name, cursor) VALUES (1, 'a', 0), (2, 'b', 0)")
        connection.execute("UPDATE rollup_state SET folded = ?", (folded,))
        for key, sums in rows.items():
            values = (*key, sums.delivered, 0, 0, 0, 0, 0, 0, 0, sums.lags.packed())
            connection.execute(f"INSERT INTO flow_rollup VALUES ({', '.join('?' * 12)})", values)
    monkeypatch.setattr("trunkline.adapters.sqlite.rollups._MOST_MADE_UP", 4)
    store = Store(path)
    rollups, expected = (
        SqliteRollups(store),
        Deliveries(delivered=9, lags=sketch_of(range(0, 9 * SECOND, SECOND))),
    )
    made_up = []
    for _ in range(7):
        assert await rollups.together(0, 4 * DAY) == expected
        course = await rollups.delivery_course(0, 4 * DAY, DAY)
        assert [one.delivered for one in course.values()] == [3, 3, 3]
        made_up.append(len(starts(path, "total_rollup", MINUTE)))
        await rollups.fold(folded + 3 * MINUTE)
    assert made_up == [0, 2, 4, 6, 8, 9, 9]
    for step in STEPS:
        assert starts(path, "total_rollup", step) == starts(path, "flow_rollup", step)
    await rollups.trim(2 * DAY, DAY)
    assert starts(path, "total_rollup", MINUTE) == [
        2 * DAY + hours * HOUR + 6 * MINUTE for hours in (0, 8, 16)
    ]
    assert starts(path, "total_rollup", HOUR)[0] == DAY
    assert await rollups.together(0, 4 * DAY) == expected
    await store.close()


# The ledger of a store that an older release wrote is counted when it is opened, all but how late it was.
async def test_an_older_store_is_counted(tmp_path, monkeypatch):
    path = tmp_path / "store.db"
    tries = '[{"at": 65000000, "kind": "timeout", "detail": ""}]'
    with await older_store(path, monkeypatch, 10) as connection:
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
