"""The queries on stored pages."""

from __future__ import annotations

import apsw
import pytest

from trunkline.adapters.sqlite import pages
from trunkline.adapters.sqlite.store import migrate
from trunkline.eventlog.merging import Room
from trunkline.eventlog.page import PageCodec
from trunkline.eventlog.port import Page, Query, Retention
from trunkline.eventlog.seal import Sealer
from trunkline.kernel.errors import Corrupt
from trunkline.testkit.eventlog import events

CODEC = PageCodec(Sealer(bytes(32)))
ROOM = Room(10_000, 10_000_000)


@pytest.fixture
def connection():
    """Two streams; ``a`` holds pages at 0, 10, 20, 30."""
    connection = apsw.Connection(":memory:")
    migrate(connection)
    for name in ("b", "a"):
        stream = pages.add_stream(connection, name)
        for base in range(0, 40, 10):
            page = Page(name, base, events(base, 10))
            pages.save(connection, stream.number, page, CODEC.encode(page))
        connection.execute("UPDATE stream SET next = 40 WHERE stream = ?", (stream.number,))
    yield connection
    connection.close()


# A load begins with the page that holds the offset, or the oldest there is, and ends where room ends.
@pytest.mark.parametrize(
    ("start", "room", "bases"),
    [
        (0, ROOM, [0, 10, 20, 30]),
        (19, ROOM, [10, 20, 30]),
        (20, Room(15, 10_000), [20]),
        (15, Room(15, 10_000), [10, 20]),
        (0, Room(1_000, 1), [0]),
        (40, ROOM, []),
        (-5, ROOM, [0, 10, 20, 30]),
    ],
)
def test_a_load_takes_whole_pages(connection, start, room, bases):
    opened = pages.load(connection, CODEC, "a", start, Room(room._events, room._bytes))
    assert [page.base for page in opened] == bases
    assert [one for page in opened for one in page.events] == events(
        bases[0] if bases else 0, 10 * len(bases)
    )


# A stream that nobody wrote loads nothing, trims nothing and has nothing to check.
def test_an_unknown_stream_is_empty(connection):
    assert pages.load(connection, CODEC, "nobody", 0, ROOM) == []
    assert pages.trim(connection, "nobody", Retention(99, max_bytes=0), 10) == (0, 0)
    assert pages.check(connection, CODEC, "nobody", 0, 10) == []


# Trimming goes a bite at a time, and only in its own stream.
def test_trim_takes_a_bite(connection):
    retention = Retention(keep_from=35, max_bytes=0)
    bites = [pages.trim(connection, "a", retention, 2) for _ in range(3)]
    assert bites == [(0, 20), (20, 30), (30, 30)]
    assert [(info.first, info.next, info.pages) for info in pages.infos(connection)] == [
        (30, 40, 1),
        (0, 40, 4),
    ]


# A page that should be there and is not is said to be missing.
def test_a_missing_page_is_named(connection):
    stream = pages.stream_row(connection, "a")
    found = pages.matching(connection, CODEC, stream, 10, Query(limit=1))
    assert [one.page for one in found] == [10]
    with pytest.raises(Corrupt, match="a@11 is missing"):
        pages.matching(connection, CODEC, stream, 11, Query())


def _damage(connection, base):
    connection.execute(
        "UPDATE page_body SET sealed = zeroblob(100) WHERE body = (SELECT body FROM page JOIN stream"
        " USING (stream) WHERE name = 'a' AND base = ?)",
        (base,),
    )


# A damaged page keeps nobody from the whole ones before and behind it; asked for itself, it is refused.
def test_a_damaged_page_ends_a_load_before_it(connection):
    _damage(connection, 20)
    assert [page.base for page in pages.load(connection, CODEC, "a", 0, _room())] == [0, 10]
    with pytest.raises(Corrupt, match="a@20"):
        pages.load(connection, CODEC, "a", 20, _room())
    assert [page.base for page in pages.load(connection, CODEC, "a", 30, _room())] == [30]


# A page that went is no end of the stream and no trim: a reader that came to its place is told.
@pytest.mark.parametrize(("gone", "end"), [(10, 19), (30, 39)])
def test_a_load_does_not_skip_a_missing_page(connection, gone, end):
    connection.execute("DELETE FROM page WHERE base = ?", (gone,))
    assert [page.base for page in pages.load(connection, CODEC, "a", 0, _room())] == [*range(0, gone, 10)]
    for start in (gone, gone + 5):
        with pytest.raises(Corrupt, match=f"offsets {start} to {end} should be here"):
            pages.load(connection, CODEC, "a", start, _room())


# A row that damage gave other types is damage too, not an error of ours.
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE page_body SET sealed = 'no bytes'",
        "UPDATE page SET count = 'many'",
        "UPDATE stream SET next = 'far'",
    ],
)
def test_values_of_other_types_are_damage(connection, change):
    connection.execute(change)
    with pytest.raises(Corrupt):
        pages.load(connection, CODEC, "a", 0, _room())


def _room():
    return Room(10_000, 10_000_000)


# A stream's extent that does not cover its pages is damage: a check names the pages outside, and what would
# write on refuses, as it would write over them or skip them.
@pytest.mark.parametrize(("change", "outside"), [("next = 25", [20, 30]), ("first = 20", [0, 10])])
def test_pages_outside_of_the_extent_are_damage(connection, change, outside):
    assert pages.writable_stream_rows(connection)
    connection.execute(f"UPDATE stream SET {change} WHERE name = 'a'")
    found = pages.check(connection, CODEC, "a", 0, 10)
    assert [one.base for one in found if one.fault] == outside
    with pytest.raises(Corrupt, match="stream a"):
        pages.writable_stream_rows(connection)
