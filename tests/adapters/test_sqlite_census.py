"""The census on SQLite: the suite, and any history beside the reference, with restarts in between."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline.adapters.sqlite import census as adapter
from trunkline.adapters.sqlite.census import SqliteCensus
from trunkline.adapters.sqlite.store import Store
from trunkline.kernel.errors import StoreError
from trunkline.observe.census import MemoryCensus
from trunkline.testkit.census import STREAM, CensusSuite, hashed, match, piece

FEW = st.sampled_from("abcdefgh")
VALUES = st.lists(st.sampled_from(["e1", "e2", "e3", "p1", "p2"]), max_size=3, unique=True).map(" ".join)
PIECES = st.lists(st.dictionaries(FEW, VALUES, max_size=6), min_size=1, max_size=8)
FORGETTING = st.integers(min_value=-20, max_value=7)


class TestSqliteCensus(CensusSuite):
    @pytest.fixture
    async def census(self, tmp_path, monkeypatch):
        monkeypatch.setattr(adapter, "_BITE", 2)
        store = Store(tmp_path / "store.db")
        yield SqliteCensus(store)
        await store.close()


# Whatever happens to entities, and wherever the process begins again, counts and lists are the reference's.
@settings(max_examples=40, deadline=None)
@given(PIECES, st.sets(st.integers(0, 7)), FORGETTING)
def test_any_history(pieces, restarts, forgets):
    async def play(path):
        reference, store, offset = MemoryCensus(), Store(path), 0
        for index, states in enumerate(pieces):
            if index in restarts:
                await store.close()
                store = Store(path)
            census = SqliteCensus(store)
            for one in (reference, census):
                if index == forgets:
                    await one.forget(STREAM)
                await one.count(STREAM, piece(offset, states))
                await one.count("other@1", piece(offset, {"a": "e1"}))
            offset += len(states)
            assert await census.marks() == await reference.marks()
            assert await census.shared(STREAM, 10, 10) == await reference.shared(STREAM, 10, 10)
        await store.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder) / "store.db"))


# A stream whose forgetting was cut short says so by a mark without rules, and is forgotten to the end later.
async def test_forgetting_is_taken_up_again(tmp_path, monkeypatch):
    monkeypatch.setattr(adapter, "_BITE", 1)
    store = Store(tmp_path / "store.db")
    census = SqliteCensus(store)
    await census.count(STREAM, piece(0, {"a": "e1", "b": "e1", "c": "e1"}))
    await store.write(lambda connection: adapter._forget(connection, STREAM))
    await store.close()
    store = Store(tmp_path / "store.db")
    census = SqliteCensus(store)
    assert (await census.marks())[STREAM].rules == b""
    await census.forget(STREAM)
    assert await census.marks() == {}
    rows = "SELECT (SELECT count(*) FROM census_key) + (SELECT count(*) FROM census_entity)"
    rows += " + (SELECT count(*) FROM census_match)"
    assert await store.read(lambda connection: connection.execute(rows).fetchall()) == [(0,)]
    await store.close()


# A value is found by the B-tree: neither counting nor listing sorts, or reads a table through.
async def test_looks_nothing_through(tmp_path):
    store = Store(tmp_path / "store.db")
    for statement in (adapter._OLDEST, adapter._NUMBERS, adapter._MATCHES):
        given = (1, None) if "stream" in statement else (None,)
        plan = await store.read(
            lambda connection, statement=statement, given=given: [
                row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", given)
            ]
        )
        assert not [step for step in plan if step.startswith("SCAN census")], plan
    await store.close()


# A driver's error comes out as ours.
async def test_errors_are_translated(tmp_path):
    store = Store(tmp_path / "store.db")
    await store.write(lambda connection: connection.execute("DROP TABLE census_stream") and None)
    with pytest.raises(StoreError):
        await SqliteCensus(store).marks()
    with pytest.raises(StoreError):
        await SqliteCensus(store).count(STREAM, piece(0, {"a": "e1"}))
    await store.close()


# A match value's group can be read from it.
def test_the_group_of_a_match_value():
    assert len(match("e1")) == adapter.MATCH_BYTES == len(hashed("e1")) + 1
