"""The SQLite quarantine has the behaviour of the suite, survives a restart, and shows no payload on disk."""

from __future__ import annotations

import pytest

from trunkline.adapters.sqlite.quarantine import SqliteQuarantine, groups_of, list_of
from trunkline.adapters.sqlite.store import Store
from trunkline.eventlog.seal import KEY_BYTES, Sealer
from trunkline.intake.quarantine import QuarantineLimits, Query
from trunkline.kernel.errors import Corrupt, StoreError
from trunkline.testkit.quarantine import RELEASED, QuarantineSuite, held

KEY = bytes(range(KEY_BYTES))


class TestSqliteQuarantine(QuarantineSuite):
    @pytest.fixture
    async def open_quarantine(self, tmp_path):
        store = Store(tmp_path / "store.db")

        async def opened(limits: QuarantineLimits) -> SqliteQuarantine:
            return SqliteQuarantine(store, Sealer(KEY), limits)

        yield opened
        await store.close()


# A closed and reopened store has every entry, and still knows how full it is.
async def test_survives_a_restart(tmp_path):
    limits = QuarantineLimits(entries=1)
    store = Store(tmp_path / "store.db")
    await SqliteQuarantine(store, Sealer(KEY), limits).put([held(1)])
    await store.close()
    again = Store(tmp_path / "store.db")
    quarantine = SqliteQuarantine(again, Sealer(KEY), limits)
    assert await quarantine.get(held(1).entry.id) == held(1)
    with pytest.raises(Exception, match="holds its 1 entries"):
        await quarantine.put([held(2)])
    assert await quarantine.resolve(held(1).entry.id, RELEASED)
    await quarantine.put([held(2)])
    await again.close()


# Neither the bytes nor the identity of a refused arrival are readable in the file.
async def test_payload_is_sealed(tmp_path):
    store = Store(tmp_path / "store.db")
    quarantine = SqliteQuarantine(store, Sealer(KEY))
    await quarantine.put([held(1, raw=b"ann@example.com", identity="ann-key", fields={"mail": "ann@x"})])
    await store.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"till.csv line 17" in content
    assert not any(secret in content for secret in (b"ann@example.com", b"ann-key", b"ann@x"))


# A sealed value that was moved to another entry is refused as corrupt, not shown.
async def test_damage_is_refused(tmp_path):
    store = Store(tmp_path / "store.db")
    quarantine = SqliteQuarantine(store, Sealer(KEY))
    await quarantine.put([held(1), held(2)])
    swap = "UPDATE quarantine SET sealed = (SELECT sealed FROM quarantine WHERE id = ?) WHERE id = ?"
    await store.write(
        lambda connection: connection.execute(swap, (held(1).entry.id, held(2).entry.id)) and None
    )
    with pytest.raises(Corrupt):
        await quarantine.get(held(2).entry.id)
    await store.close()


# A driver's error comes out as ours.
async def test_errors_are_translated(tmp_path):
    store = Store(tmp_path / "store.db")
    quarantine = SqliteQuarantine(store, Sealer(KEY))
    await store.write(lambda connection: connection.execute("DROP TABLE quarantine") and None)
    with pytest.raises(StoreError):
        await quarantine.list(Query())
    with pytest.raises(StoreError):
        await quarantine.put([held(1)])
    await store.close()


# A list goes along the ids and sorts nothing; groups are counted from an index that holds all they tell.
async def test_a_hundred_thousand_entries_are_read_by_index(tmp_path):
    store = Store(tmp_path / "store.db")

    async def plan(statement):
        given = dict.fromkeys(("status", "source", "before", "after", "limit"), "")
        rows = await store.read(
            lambda connection: list(connection.execute(f"EXPLAIN QUERY PLAN {statement}", given))
        )
        return " ".join(row[3] for row in rows)

    for query in (Query(source="a"), Query(before="a"), Query(after="a")):
        assert "B-TREE" not in await plan(list_of(query))
    assert "PRIMARY KEY (id<?)" in await plan(list_of(Query(before="a")))
    steps = await plan(groups_of(Query()))
    assert "COVERING INDEX quarantine_cause (status=?)" in steps
    assert "FOR GROUP BY" not in steps
    await store.close()
