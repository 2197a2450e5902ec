"""Fingerprints lead to the pages that hold a value, and tell nothing to whoever has the file."""

from __future__ import annotations

import zlib

import apsw
import pytest

from trunkline.adapters.sqlite.prints import Prints, _holds, forget
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
    assert not _holds(b"\x00\x01\x02\x03\x04\x00\x00\x00", wanted)
    assert _holds(b"\x00\x01\x02\x03\x04\x00\x00\x00" + wanted, wanted)
    assert _holds(wanted, wanted)
    assert not _holds(b"", wanted)


# At rest a fingerprint is sealed: the CRC of a known id is not in the row.
def test_fingerprints_are_sealed(connection, prints):
    crc = zlib.crc32(b"id-12").to_bytes(4, "little")
    assert not any(crc in sealed for (sealed,) in connection.execute("SELECT prints FROM fingerprint"))
