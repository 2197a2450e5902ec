"""The ledger on the embedded store passes the suite of the port, survives, and stays fast when large."""

from __future__ import annotations

import pytest
from tests.sqlite_engine import ledger_of

from trunkline.adapters.sqlite import ledger as statements
from trunkline.adapters.sqlite.store import Store
from trunkline.delivery.ledger import Case, CaseQuery, Position, Range, Record, Try
from trunkline.kernel.errors import StoreError
from trunkline.testkit.ledger import FLOW, NOW, LedgerSuite, case


async def plan(store, statement):
    """Return the steps SQLite would take for a statement."""
    given = dict.fromkeys(
        ("flow", "id", "at", "key", "keys", "offset", "offsets", "limit", "start", "kind", "text", "since"),
        "[]",
    )
    return await store.read(
        lambda connection: [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + statement, given)]
    )


@pytest.fixture
async def store(tmp_path):
    store = Store(tmp_path / "store.db")
    yield store
    await store.close()


class TestSqliteLedger(LedgerSuite):
    @pytest.fixture
    def ledger(self, store):
        return ledger_of(store)


# Everything is there again after the store was closed and opened.
async def test_a_ledger_survives_its_process(tmp_path):
    whole = Case(offset=3, key="a", state="dead", holds=True, attempts=2, at=NOW, tries=(Try(1, "x", "y"),))
    store = Store(tmp_path / "store.db")
    await ledger_of(store).record(Record(FLOW, NOW, 9, Range(0, 8, 1, 2, 1, 8, (4,)), [whole]))
    await store.close()
    store = Store(tmp_path / "store.db")
    ledger = ledger_of(store)
    assert await ledger.position(FLOW) == Position(9, owes=True, dead=True)
    assert await ledger.cases(FLOW, [3]) == [whole]
    assert (await ledger.fate(FLOW, 4)).state == "dropped"
    await store.close()


# A record that fails in its middle leaves nothing of itself, and the error is ours, not the driver's.
async def test_a_record_is_stored_whole_or_not_at_all(store):
    ledger = ledger_of(store)
    await ledger.record(Record(FLOW, NOW, 1))
    broken = Record(FLOW, NOW, 5, Range(1, 4, 0, 0, 2**70), [case(2, "a", "waiting")])
    with pytest.raises((StoreError, OverflowError)):
        await ledger.record(broken)
    assert await ledger.position(FLOW) == Position(1, owes=False)


# The queries a running flow makes search the index meant for them: a million held events cost others nothing.
@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("_WAITING", "case_due (flow=?)"),
        ("_WAITING", "case_key (flow=? AND key=? AND event<?)"),
        ("_OPEN", "case_key (flow=? AND key=?)"),
        ("_BLOCKED", "case_key (flow=? AND key=?)"),
        ("_HELD_HEAD", "case_key (flow=? AND key=?)"),
        ("_LET_GO", "PRIMARY KEY (flow=? AND event=?)"),
        ("_CASES", "PRIMARY KEY (flow=? AND event=?)"),
        ("_RANGE_OF", "PRIMARY KEY (flow=? AND last>?)"),
    ],
)
async def test_a_running_flow_searches_by_index(store, name, index):
    assert index in " ".join(await plan(store, getattr(statements, name)))


# How a flow stands is told without going through what it holds: every part of it searches an index.
async def test_status_scans_no_cases(store):
    steps = await plan(store, statements._STATUS)
    assert [step for step in steps if "SCAN" in step] == ["SCAN f USING INDEX sqlite_autoindex_flow_1"]
    assert not [step for step in steps if step.startswith("SEARCH c USING PRIMARY KEY")]
    assert not [step for step in steps if step.startswith("SEARCH c USING INDEX")]


# A hundred thousand held events behind one key: looking up other keys and the head stays a matter of moments.
async def test_a_long_queue_behind_one_key_is_cheap(store):
    ledger = ledger_of(store)
    await ledger.record(Record(FLOW, NOW, cases=[case(0, "hot", "waiting", due=5)]))
    for start in range(1, 100_001, 10_000):
        held = [case(start + n, "hot", "held") for n in range(10_000)]
        await ledger.record(Record(FLOW, NOW, start + 10_000, cases=held))
    assert await ledger.blocked(FLOW, ["hot", "cold"]) == {"hot"}
    assert len(await ledger.held(FLOW, ["hot"], 100)) == 100
    [status] = await ledger.status()
    assert (status.held, status.waiting) == (100_000, 1)
    found = await ledger.find(CaseQuery(FLOW, "held", after=(FLOW, 50_000), limit=2))
    assert [one.offset for _, one in found] == [50_001, 50_002]
