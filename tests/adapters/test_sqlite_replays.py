"""Replays on the embedded store pass the suite of their port, and outlive the process."""

from __future__ import annotations

import pytest

from trunkline.adapters.sqlite.replays import SqliteReplays
from trunkline.adapters.sqlite.store import Store
from trunkline.testkit.replays import WHOLE, ReplaysSuite


@pytest.fixture
async def store(tmp_path):
    store = Store(tmp_path / "store.db")
    yield store
    await store.close()


class TestSqliteReplays(ReplaysSuite):
    @pytest.fixture
    def replays(self, store):
        return SqliteReplays(store)


# A replay is there again, with all it knows, after the store was closed and opened.
async def test_a_replay_survives_its_process(tmp_path):
    store = Store(tmp_path / "store.db")
    await SqliteReplays(store).add(WHOLE)
    await store.close()
    store = Store(tmp_path / "store.db", roles=())
    assert await SqliteReplays(store).all() == [WHOLE]
    await store.close()
