"""Fingerprints lead to the pages that hold a value, and tell nothing to whoever has the file."""

from __future__ import annotations

import zlib

import apsw
import pytest

from trunkline.adapters.sqlite.prints import RUN_BYTES, Prints, _places, forget
from trunkline.adapters.sqlite.store import migrate
from trunkline.eventlog.port import Page, Query
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
        prints.save(connection, 1 + body % 2, body, Page("s", 5 * body, events(5 * body, 5)))
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
    forget(connection, 2)
    assert list(prints.pages(connection, None, Query(id="id-12"))) == []
    assert len(list(prints.pages(connection, None, Query()))) == 9


# The same bytes across a border of two fingerprints are not a fingerprint.
def test_only_whole_fingerprints_count():
    wanted = b"\x01\x02\x03\x04"
    assert list(_places(b"\x00\x01\x02\x03\x04\x00\x00\x00", wanted)) == []
    assert list(_places(b"\x00\x01\x02\x03\x04\x00\x00\x00" + wanted, wanted)) == [3]
    assert list(_places(wanted * 2, wanted)) == [1, 2]
    assert list(_places(b"", wanted)) == []


# At rest a fingerprint is sealed: the CRC of a known id is not in the row.
def test_fingerprints_are_sealed(connection, prints):
    crc = zlib.crc32(b"id-12").to_bytes(4, "little")
    assert not any(crc in sealed for (sealed,) in connection.execute("SELECT prints FROM fingerprint"))


def rows(connection):
    return [
        *connection.execute(
            "SELECT (SELECT count(*) FROM fingerprint), (SELECT count(*) FROM fingerprint_run)"
        )
    ]


def fill(connection, several, pages, size=1):
    for body in range(1, pages + 1):
        page = Page("s", size * body, events(size * body, size))
        several.save(connection, 1 + body % 2, body, page)


# Fingerprints of many small pages become few rows, and lead to the same pages in the same order.
@pytest.mark.parametrize("pages", [63, 64, 65, 128, 4_096, 4_200])
def test_runs_lead_where_their_pages_led(connection, pages):
    several = Prints(bytes(32))
    fill(connection, several, pages)
    apart, together = pages % 64, pages % 4_096 // 64 + pages // 4_096
    assert rows(connection) == [(3 * apart, 3 * together)]
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


# Full pages are put together as far as a row's bound allows, and not once more.
def test_runs_are_bounded(connection):
    several = Prints(bytes(32))
    fill(connection, several, 128, size=2_000)
    sizes = [
        len(prints)
        for (prints,) in connection.execute("SELECT prints FROM fingerprint_run WHERE place < 1 << 48")
    ]
    assert len(sizes) == 4
    assert max(sizes) <= RUN_BYTES + 28
    assert list(several.pages(connection, None, Query(id="id-9000"))) == [(1, 8_000)]


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


# A run goes with the last of its pages.
def test_a_run_is_forgotten_with_its_pages(connection):
    several = Prints(bytes(32))
    fill(connection, several, 64)
    connection.execute("INSERT INTO stream VALUES (1, 's', 0, 99)")
    connection.execute("INSERT INTO page VALUES (1, 64, 1, 0, 1, 1, 64)")
    forget(connection, 63)
    assert rows(connection) == [(0, 3)]
    connection.execute("DELETE FROM page")
    forget(connection, 64)
    assert rows(connection) == [(0, 0)]
