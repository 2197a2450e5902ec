"""The audit on the embedded store has the behaviour of the suite, and is there after a restart."""

from __future__ import annotations

import pytest

from trunkline.adapters.sqlite.audit import SqliteAudit
from trunkline.adapters.sqlite.store import Store
from trunkline.observe.audit import AuditQuery
from trunkline.testkit.audit import RETRIED, AuditSuite


class TestSqliteAudit(AuditSuite):
    @pytest.fixture
    async def audit(self, tmp_path):
        store = Store(tmp_path / "store.db")
        yield SqliteAudit(store)
        await store.close()


# An act that the process did not outlive is still told as begun.
async def test_an_act_survives_its_process(tmp_path):
    store = Store(tmp_path / "store.db")
    await SqliteAudit(store).begin(RETRIED)
    await store.close()
    again = Store(tmp_path / "store.db")
    [entry] = await SqliteAudit(again).list(AuditQuery())
    assert (entry.by, entry.outcome) == ("ann", "begun")
    await again.close()
