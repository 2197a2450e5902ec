"""Fingerprints lead to the pages that hold a value, and tell nothing to whoever has the file."""

from __future__ import annotations

import zlib

import apsw
import pytest

from trunkline.adapters.sqlite.prints import BUCKETS, RUN_BYTES, Prints, _places, forget
from trunkline.adapters.sqlite.store import migrate
from trunkline.eventlog.port import Page, Query
from trunkline.kernel.errors import Corrupt
from trunkline.testkit.eventlog import events


@pytest.fixture
def connection():
    connection = apsw.Connection(":memory:")
    migrate(connection)
    yield connection
    connection.close()


@pytest.fixture
def prints(connection):
    prints = Prints(bytes(32))
    for body in range(10):
        prints.save(connection, 1 + body % 2, body + 1, Page("s", 5 * body, events(5 * body, 5)))
    return prints


# Each kind of value leads to its pages, the newest first; a stream narrows them; a stranger leads nowhere.
def test_pages_are_found(connection, prints):
    assert list(prints.pages(connection, None, Query(id="id-12"))) == [(1, 10)]
    assert list(prints.pages(connection, None, Query(correlation=f"{13:032x}"))) == [(1, 10)]
    assert list(prints.pages(connection, 2, Query(id="id-12"))) == []
    assert list(prints.pages(connection, 1, Query(subject="customer-0"))) == [
        (1, 40),
        (1, 20),
        (1, 10),
        (1, 0),
    ]
    assert list(prints.pages(connection, None, Query(id="nobody"))) == []
    assert len(list(prints.pages(connection, None, Query()))) == 10


# What was trimmed leads nowhere any more.
def test_forgotten_pages_are_not_found(connection, prints):
    forget(connection, [3])
    assert list(prints.pages(connection, None, Query(id="id-12"))) == []
    assert len(list(prints.pages(connection, None, Query()))) == 9


# The same bytes across a border of two fingerprints are not a fingerprint.
def test_only_whole_fingerprints_count():
    wanted = b"\x01\x02\x03\x04"
    assert list(_places(b"\x00\x01\x02\x03\x04\x00\x00\x00", wanted)) == []
    assert list(_places(b"\x00\x01\x02\x03\x04\x00\x00\x00" + wanted, wanted)) == [2]
    assert list(_places(wanted * 2, wanted)) == [0, 1]
    assert list(_places(b"", wanted)) == []


# At rest a fingerprint is sealed: the CRC of a known id is not in the row.
def test_fingerprints_are_sealed(connection, prints):
    crc = zlib.crc32(b"id-12").to_bytes(4, "little")
    assert not any(crc in sealed for (sealed,) in connection.execute("SELECT prints FROM fingerprint"))


def rows(connection):
    counted = """SELECT (SELECT count(*) FROM fingerprint), (SELECT count(*) FROM fingerprint_run),
        (SELECT count(*) / 17.0 FROM fingerprint_bucket)"""
    return connection.execute(counted).fetchone()


def fill(connection, several, pages, size=1):
    for body in range(1, pages + 1):
        page = Page("s", size * body, events(size * body, size))
        several.save(connection, 1 + body % 2, body, page)


# Fingerprints of many small pages become few rows, and lead to the same pages in the same order.
@pytest.mark.parametrize("pages", [63, 64, 65, 128, 4_096, 4_200])
def test_runs_lead_where_their_pages_led(connection, pages):
    several = Prints(bytes(32))
    fill(connection, several, pages)
    assert rows(connection) == (3 * (pages % 64), 3 * (pages % 4_096 // 64), 3 * (pages // 4_096))
    assert list(several.pages(connection, None, Query(id=f"id-{pages - 1}"))) == [
        (1 + (pages - 1) % 2, pages - 1)
    ]
    assert list(several.pages(connection, None, Query(correlation=f"{8:032x}"))) == [(2, 7)]
    found = [base for _, base in several.pages(connection, None, Query(subject="customer-3"))]
    assert found == [body for body in range(pages, 0, -1) if body % 7 == 3]
    assert [base for _, base in several.pages(connection, None, Query(subject="customer-3", before=11))] == [
        10,
        3,
    ]
    assert {stream for stream, _ in several.pages(connection, 2, Query(subject="customer-3"))} == {2}
    assert [base for _, base in several.pages(connection, None, Query())] == list(range(pages, 0, -1))


# Full pages are put together as far as a row's bound allows, apart by their highest bits.
def test_buckets_are_bounded(connection):
    several = Prints(bytes(32))
    fill(connection, several, 128, size=2_000)
    assert rows(connection) == (0, 2, 4 * 2)  # the few subjects wait for more
    [(largest,)] = connection.execute("SELECT max(length(prints)) FROM fingerprint_bucket")
    assert largest < RUN_BYTES / BUCKETS * 1.1
    assert list(several.pages(connection, None, Query(id="id-9000"))) == [(1, 8_000)]
    assert list(several.pages(connection, 2, Query(id="id-9000"))) == []
    assert list(several.pages(connection, None, Query(id="nobody"))) == []


# A page with more fingerprints than a row may hold stays as it is, and is found.
def test_a_page_beyond_the_bound_stays_apart(connection):
    several = Prints(bytes(32))
    several.save(connection, 1, 64, Page("s", 0, events(0, RUN_BYTES // 4 + 1)))
    assert rows(connection) == (3, 0, 0)
    assert list(several.pages(connection, None, Query(id="id-60000"))) == [(1, 0)]


# A damaged run leads to every page in it: nothing is hidden. What is damaged before stays apart.
def test_a_damaged_run_hides_nothing(connection):
    several = Prints(bytes(32))
    fill(connection, several, 32)
    connection.execute("UPDATE fingerprint SET prints = zeroblob(40) WHERE place & 0xffffffffffff = 5")
    for body in range(33, 65):
        several.save(connection, 1, body, Page("s", body, events(body, 1)))
    assert [base for _, base in several.pages(connection, None, Query(id="id-40"))] == [40, 5]
    connection.execute("UPDATE fingerprint_run SET prints = zeroblob(40)")
    assert [base for _, base in several.pages(connection, None, Query(id="nobody"))] == list(range(64, 0, -1))


# Nor does a damaged bucket; without the list of its pages nobody knows where to look, and says so.
def test_a_damaged_bucket_hides_nothing(connection):
    several = Prints(bytes(32))
    fill(connection, several, 64, size=100)
    lists = "(place >> 48) & 31 = 16"
    connection.execute(f"UPDATE fingerprint_bucket SET prints = zeroblob(40) WHERE NOT {lists}")
    led = [base for _, base in several.pages(connection, None, Query(id="nobody"))]
    assert led == list(range(6_400, 0, -100))
    connection.execute(f"DELETE FROM fingerprint_bucket WHERE {lists}")
    with pytest.raises(Corrupt, match="a list of pages is missing"):
        list(several.pages(connection, None, Query(id="nobody")))


# In buckets fingerprints are sealed as well, each row in its place.
def test_buckets_are_sealed(connection):
    several = Prints(bytes(32))
    fill(connection, several, 64, size=100)
    stored = [bytes(prints) for (prints,) in connection.execute("SELECT prints FROM fingerprint_bucket")]
    assert not any(zlib.crc32(b"id-3000").to_bytes(4, "little") in one for one in stored)
    one, other = connection.execute("SELECT place FROM fingerprint_bucket LIMIT 2").fetchall()
    connection.execute(
        "UPDATE fingerprint_bucket SET prints = (SELECT prints FROM fingerprint_bucket WHERE place = ?)"
        " WHERE place = ?",
        (*one, *other),
    )
    moved = str(next(n for n in range(10_000) if zlib.crc32(str(n).encode()) >> 28 == 1))
    assert len(list(several.pages(connection, None, Query(id=moved)))) == 64


# A run goes with the last of its pages, and so do buckets.
@pytest.mark.parametrize("size", [1, 100])
def test_a_run_is_forgotten_with_its_pages(connection, size):
    several = Prints(bytes(32))
    fill(connection, several, 64, size)
    before = rows(connection)
    connection.execute("INSERT INTO stream VALUES (1, 's', 0, 99)")
    connection.execute("INSERT INTO page VALUES (1, 64, 1, 0, 1, 1, 64)")
    forget(connection, [63])
    assert rows(connection) == before
    connection.execute("DELETE FROM page")
    forget(connection, [64])
    assert rows(connection) == (0, 0, 0)


# What earlier releases left as one row a page is found where it is. With every few new pages as many old
# ones are put together, until none is left that is not in a bucket.
@pytest.mark.parametrize("size", [1, 20])
def test_what_earlier_releases_stored_is_put_in_buckets(connection, size, monkeypatch):
    monkeypatch.setattr("trunkline.adapters.sqlite.prints.BUCKETED_BYTES", 500)
    monkeypatch.setattr("trunkline.adapters.sqlite.prints.RUN_PAGES", (1 << 40,))
    fill(connection, Prints(bytes(32)), 325, size=size)
    assert rows(connection) == (3 * 325, 0, 0)
    monkeypatch.setattr("trunkline.adapters.sqlite.prints.RUN_PAGES", (8, 64))
    several = Prints(bytes(32))
    wanted = Query(subject="customer-3", before=300 * size)
    led = list(several.pages(connection, None, wanted))
    for body in range(326, 326 + 50 * 8):
        several.save(connection, 1, body, Page("s", size * body, events(size * body, size)))
        assert body % 20 or list(several.pages(connection, None, wanted)) == led
    [(left,)] = connection.execute(
        "SELECT count(*) FROM (SELECT place FROM fingerprint UNION SELECT place FROM fingerprint_run)"
        " WHERE place & 0xffffffffffff <= 325"
    )
    assert left == 0
    assert rows(connection)[0] == 3 * ((325 + 50 * 8) % 8)


# Runs that hold what buckets would are put in buckets, where an earlier release made them so large.
def test_large_runs_are_put_in_buckets(connection, monkeypatch):
    with monkeypatch.context() as earlier:
        earlier.setattr("trunkline.adapters.sqlite.prints.BUCKETED_BYTES", RUN_BYTES)
        fill(connection, Prints(bytes(32)), 128, size=100)
    assert rows(connection) == (0, 6, 0)
    several = Prints(bytes(32))
    assert several.catch_up(connection, 0, 128) == 64
    assert list(several.pages(connection, None, Query(id="id-5000"))) == [(1, 5_000)]
    assert several.catch_up(connection, 64, 128) == 128
    assert rows(connection) == (0, 2, 4)
    assert list(several.pages(connection, None, Query(id="id-5000"))) == [(1, 5_000)]
    assert several.catch_up(connection, 128, 128) == 128
