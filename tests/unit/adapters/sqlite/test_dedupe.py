"""Keys are found exactly, whatever run, segment or filter they lie in, and forgotten when they may be."""

from __future__ import annotations

import random

import apsw
import pytest

from trunkline.adapters.sqlite.dedupe import Dedupe, Shape
from trunkline.adapters.sqlite.store import migrate
from trunkline.testkit.eventlog import event

SHAPE = Shape(run_keys=100, runs_in_segment=4, filter_words=64, runs_in_snapshot=3)
FILTER_BYTES = 16 * 64
CHANCE = random.Random(3)


@pytest.fixture
def connection():
    connection = apsw.Connection(":memory:")
    migrate(connection)
    yield connection
    connection.close()


def _filled(connection, memory_bytes=100 * FILTER_BYTES, batches=50, second=lambda batch: batch):
    """Remember 40 keys a second and return them with their offsets."""
    dedupe = Dedupe(bytes(32), memory_bytes, SHAPE)
    dedupe.load(connection)
    offsets = {}
    for batch in range(batches):
        keys = [CHANCE.randbytes(16) for _ in range(40)]
        dedupe.make_room(connection, -1)
        dedupe.remember(connection, keys, 40 * batch, second(batch))
        offsets.update(zip(keys, range(40 * batch, 40 * batch + 40), strict=True))
    return dedupe, offsets


def _count(connection, table):
    [(count,)] = connection.execute(f"SELECT count(*) FROM {table}")
    return count


# Every key of every age is found with its offset, strangers are not: with all filters, some, or none.
@pytest.mark.parametrize("filters", [100, 2, 1, 0])
def test_every_key_is_found(connection, filters):
    dedupe, offsets = _filled(connection, filters * FILTER_BYTES)
    strangers = [CHANCE.randbytes(16) for _ in range(500)]
    assert dedupe.known(connection, [*strangers, *offsets], -1) == offsets
    assert _count(connection, "dedupe_key") > 1_500


# Memory holds no more filters than the bound allows: those of the newest segments.
def test_filters_are_bounded(connection):
    dedupe, _ = _filled(connection, 2 * FILTER_BYTES)
    assert [segment.bloom is not None for segment in dedupe._segments][-3:] == [False, True, True]


# A start finds all keys again, from kept filters, from runs closed since, and from the open run.
@pytest.mark.parametrize("batches", [1, 3, 11, 12, 13, 14, 30, 50])
def test_a_start_remembers(connection, batches):
    _, offsets = _filled(connection, batches=batches)
    again = Dedupe(bytes(32), 100 * FILTER_BYTES, SHAPE)
    again.load(connection)
    assert again.known(connection, list(offsets), -1) == offsets
    assert again.known(connection, [CHANCE.randbytes(16) for _ in range(500)], -1) == {}


# A key is forgotten exactly by its own second, wherever it lies.
def test_forgetting_is_exact(connection):
    dedupe, offsets = _filled(connection)
    for second in (0, 17, 48, 49):
        kept = {key: offset for key, offset in offsets.items() if offset // 40 > second}
        assert dedupe.known(connection, list(offsets), second) == kept


# Runs that nobody has to remember are dropped, two for each that closes, with their filters.
def test_old_runs_are_dropped(connection):
    dedupe, _ = _filled(connection)
    before = _count(connection, "dedupe_run")
    for batch in range(50, 110):
        dedupe.make_room(connection, 49)
        dedupe.remember(connection, [CHANCE.randbytes(16) for _ in range(40)], 40 * batch, batch)
    assert before == 16
    assert connection.execute("SELECT min(newest) FROM dedupe_run").fetchone()[0] > 49
    assert _count(connection, "dedupe_filter") <= len(dedupe._segments)
    [(orphans,)] = connection.execute(
        "SELECT count(*) FROM dedupe_span WHERE run < ?", (dedupe._segments[0].runs[0][0],)
    )
    assert orphans == 0


# After a failed transaction a load forgets what was undone, a run that was closed in it too.
def test_a_load_forgets_what_was_undone(connection):
    dedupe, offsets = _filled(connection, batches=3)
    connection.execute("SAVEPOINT undone")
    dedupe.make_room(connection, -1)
    lost = [CHANCE.randbytes(16) for _ in range(40)]
    dedupe.remember(connection, lost, 120, 9)
    connection.execute("ROLLBACK TO undone")
    dedupe.load(connection)
    assert dedupe.known(connection, [*lost, *offsets], -1) == offsets


# A key that came again after the window, in the same run, is found where it stands now.
def test_a_key_that_came_again(connection):
    dedupe = Dedupe(bytes(32), FILTER_BYTES, SHAPE)
    dedupe.load(connection)
    keys = [CHANCE.randbytes(16) for _ in range(60)]
    dedupe.remember(connection, keys, 0, 10)
    dedupe.remember(connection, keys, 60, 100)
    dedupe.make_room(connection, 50)
    assert dedupe.known(connection, keys, 50) == {key: 60 + index for index, key in enumerate(keys)}


# Keys depend on the store's secret, the stream, the source and the id, however their texts run together.
def test_keys_are_keyed():
    dedupe, other = Dedupe(bytes(32), 0, SHAPE), Dedupe(bytes(31) + b"1", 0, SHAPE)
    alike = [event(1, source="a"), event(1, source="b"), event(2, source="a")]
    keys = [
        *dedupe.keys("s", alike),
        *dedupe.keys("t", alike),
        *other.keys("s", alike),
        *dedupe.keys("sa", alike),
    ]
    assert len(set(keys)) == 12
    assert dedupe.keys("s", alike) == keys[:3]


# Senders name sources: however many there are, what is prepared for them stays bounded.
def test_many_sources_are_bounded():
    dedupe = Dedupe(bytes(32), 0, SHAPE)
    keys = dedupe.keys("s", (event(1, source=f"source-{number}") for number in range(3_000)))
    assert len(set(keys)) == 3_000
    assert len(dedupe._hashers) <= 1_024


# A segment whose runs are all forgotten takes its filter with it, but no key of the run that is open.
def test_an_open_run_outlives_its_segment(connection):
    dedupe, _ = _filled(connection, batches=4)
    keys = [CHANCE.randbytes(16) for _ in range(80)]
    dedupe.remember(connection, keys, 160, 50)
    dedupe.make_room(connection, 10)
    dedupe.make_room(connection, 10)
    assert dedupe.known(connection, keys, 10) == dict(zip(keys, range(160, 240), strict=True))
