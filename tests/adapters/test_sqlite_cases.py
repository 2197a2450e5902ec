"""A case in the embedded store: what a person wrote is sealed, and cases of older stores are read."""

from __future__ import annotations

from contextlib import closing

import apsw
import pytest
from tests.sqlite_engine import ledger_of

from trunkline.adapters.sqlite.store import Store, migrations
from trunkline.delivery.ledger import CaseQuery, Edit, Record
from trunkline.kernel.errors import Corrupt
from trunkline.testkit.ledger import FLOW, NOW
from trunkline.testkit.letters import died


# An edited record is nowhere in the file as it is, and one that was moved to another letter is refused.
async def test_an_edited_record_is_sealed(tmp_path):
    store = Store(tmp_path / "store.db")
    ledger = ledger_of(store)
    await ledger.record(Record(FLOW, NOW, cases=[died(1, "a"), died(2, "b")]))
    await ledger.resolve(FLOW, 1, Edit(b'{"mail":"ann@example.com"}', ("mail",), "eve", "typo"), NOW)
    move = "UPDATE flow_case SET edited = (SELECT edited FROM flow_case WHERE event = 1) WHERE event = 2"
    await store.write(lambda connection: connection.execute(move) and None)
    with pytest.raises(Corrupt):
        await ledger.cases(FLOW, [2])
    await store.close()
    assert not any(b"ann@example.com" in path.read_bytes() for path in tmp_path.iterdir())


# Dead letters of a store that an older release wrote are there, and grouped by what they said.
async def test_letters_of_an_older_store(tmp_path):
    path = tmp_path / "store.db"
    with closing(apsw.Connection(str(path))) as old:
        for number, sql in migrations()[:3]:
            old.execute(sql)
            old.execute(f"PRAGMA user_version = {number}")
        old.execute("INSERT INTO flow VALUES (1, 'suite-flow', 5)")
        tries = b'[{"at":1,"kind":"timeout","detail":""},{"at":2,"kind":"http-422","detail":"sku 7"}]'
        row = (3, "a", "dead", 1, 2, 0, 0, NOW, 1, "c" * 32, "", tries)
        held = (4, "a", "held", 1, 0, 0, 0, NOW, 0, "", "", None)
        for one in (row, held):
            old.execute("INSERT INTO flow_case VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", one)
    store = Store(path)
    ledger = ledger_of(store)
    [group] = await ledger.groups(CaseQuery(kind="http-422"))
    assert (group.cause, group.cases, group.example, group.holds_back) == ("sku 7", 1, 3, 1)
    [(_, letter)] = await ledger.find(CaseQuery(FLOW))
    assert (letter.answers, letter.edited, letter.tries[-1].kind) == ((), b"", "http-422")
    await store.close()
