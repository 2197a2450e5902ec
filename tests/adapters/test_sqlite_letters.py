"""Finding and grouping dead letters in the embedded store passes the suite, by the indices meant for it."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace
from tests.sqlite_engine import ledger_of

from trunkline.adapters.sqlite import letters
from trunkline.adapters.sqlite.store import Store
from trunkline.delivery.ledger import CaseQuery
from trunkline.testkit.ledger import FLOW, case, put
from trunkline.testkit.letters import LettersSuite


@pytest.fixture
async def store(tmp_path):
    store = Store(tmp_path / "store.db")
    yield store
    await store.close()


class TestSqliteLetters(LettersSuite):
    @pytest.fixture
    def ledger(self, store):
        return ledger_of(store)


async def plan(store, statement):
    """Return the steps SQLite would take for a statement, in one text."""
    given = dict.fromkeys(("id", "offsets", "limit", "start", "kind", "text", "since"), "[]")
    rows = await store.read(
        lambda connection: list(connection.execute(f"EXPLAIN QUERY PLAN {statement}", given))
    )
    return " ".join(row[3] for row in rows)


# Dead letters are paged by the index of dead letters and grouped by that of causes, whatever else is there.
@pytest.mark.parametrize("query", [CaseQuery(), CaseQuery(FLOW, kind="http-422", text="x", since=5)])
async def test_dead_letters_are_found_by_their_own_index(store, query):
    assert "case_dead (flow=? AND event>?)" in await plan(store, letters.page_of(query))
    assert "case_cause (flow=?" in await plan(store, letters.causes_of(query))
    behind = await plan(store, letters.held_of(query))
    assert "SEARCH k USING PRIMARY KEY (flow=?)" in behind
    assert "PRIMARY KEY (flow=? AND event=?)" in behind
    counted = await plan(store, letters._HOLDS_BACK)
    assert "SEARCH k USING PRIMARY KEY (flow=? AND key=?)" in counted
    assert "case_key (flow=? AND key=?)" in counted


# What is held is counted as it comes and goes, and nothing has to count it again.
async def test_the_count_of_held_events_is_exact(store):
    ledger = ledger_of(store)
    chance = random.Random(3)
    states = ("held", "waiting", "dead", "delivered", "discarded")
    for turn in range(300):
        cases = [case(chance.randrange(60), f"k{n % 4}", chance.choice(states)) for n in range(3)]
        await put(ledger, *{one.offset: replace(one, key=f"k{one.offset % 4}") for one in cases}.values())
        if turn % 40 == 0:
            await ledger.rewind(FLOW, 30)
    counted = "SELECT flow, key, count(*) FROM flow_case WHERE state = 'held' GROUP BY flow, key"
    kept, there = await store.read(
        lambda connection: [connection.execute(sql).fetchall() for sql in ("SELECT * FROM key_held", counted)]
    )
    assert kept == there != []


# Grouping a plain question of causes reads an index and no case.
async def test_causes_are_grouped_from_the_index_alone(store):
    steps = await plan(store, letters.causes_of(CaseQuery()))
    assert "COVERING INDEX case_cause (flow=?)" in steps
    assert "FOR GROUP BY" not in steps
