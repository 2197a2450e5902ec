"""Replies on the embedded store pass the suite of the port, are sealed, and are found by index."""

from __future__ import annotations

import pytest
from tests.sqlite_engine import ledger_of

from trunkline.adapters.sqlite import replies
from trunkline.adapters.sqlite.store import Store
from trunkline.connectors.reply import Reply
from trunkline.kernel.errors import Corrupt
from trunkline.testkit.ledger import FLOW
from trunkline.testkit.replies import ANSWER, RepliesSuite, stored, told


@pytest.fixture
async def store(tmp_path):
    store = Store(tmp_path / "store.db")
    yield store
    await store.close()


class TestSqliteReplies(RepliesSuite):
    @pytest.fixture
    def ledger(self, store):
        return ledger_of(store)


# A reply is there again after the store was closed and opened, and nothing of it can be read in the file.
async def test_a_reply_survives_sealed(tmp_path):
    store = Store(tmp_path / "store.db")
    await told(ledger_of(store), stored(1, reply=Reply(b'"a customer in the clear"')))
    await store.close()
    stored_bytes = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"customer" not in stored_bytes
    assert b"tl_1" not in stored_bytes
    store = Store(tmp_path / "store.db")
    assert await ledger_of(store).reply(FLOW, 1) == Reply(b'"a customer in the clear"')
    await store.close()


# A reply that was put in another's place is refused, not told.
async def test_a_reply_keeps_its_place(store):
    ledger = ledger_of(store)
    await told(ledger, stored(1), stored(2, reply=Reply(b'"another"')))
    swap = "UPDATE reply SET sealed = (SELECT sealed FROM reply WHERE event = 2) WHERE event = 1"
    await store.write(lambda connection: connection.execute(swap).fetchall())
    with pytest.raises(Corrupt):
        await ledger.reply(FLOW, 1)
    assert (await ledger.reply(FLOW, 2)).body == b'"another"'


# Whoever asks again is told by an index, however many replies there are.
@pytest.mark.parametrize(
    ("statement", "index"),
    [(replies.OF, "(flow=? AND event=?)"), (replies.NAMED, "reply_name (flow=? AND name=?)")],
)
async def test_replies_are_found_by_index(store, statement, index):
    given = {"flow": FLOW, "offset": 1, "name": ANSWER.correlation}
    plan = await store.read(
        lambda connection: [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", given)]
    )
    assert index in " ".join(plan)
    assert not [step for step in plan if "SCAN" in step]
