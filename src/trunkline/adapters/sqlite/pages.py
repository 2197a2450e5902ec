"""The queries on stored pages: one place for the log's SQL, each on a connection it is given."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import apsw
import msgspec

from trunkline.adapters.sqlite import prints
from trunkline.eventlog import picking
from trunkline.eventlog.merging import Room
from trunkline.eventlog.page import PageCodec
from trunkline.eventlog.placing import payload_bytes
from trunkline.eventlog.port import Page, PageCheck, Query, Retention, StreamInfo
from trunkline.kernel.errors import Corrupt
from trunkline.kernel.event import Stored

T = TypeVar("T")

_recorded = operator.attrgetter("recorded")

_LOAD = """
SELECT base, count, payload, sealed FROM page JOIN page_body USING (body)
WHERE stream = ?1 AND base + count > ?2
    AND base >= ifnull((SELECT max(base) FROM page WHERE stream = ?1 AND base <= ?2), ?2)
ORDER BY base
"""


_OUTSIDE = """
SELECT base FROM (SELECT base FROM page WHERE stream = ?1 ORDER BY base LIMIT 1) WHERE base < ?2
UNION ALL
SELECT base FROM (SELECT base, count FROM page WHERE stream = ?1 ORDER BY base DESC LIMIT 1)
WHERE base + count > ?3
"""


class StreamRow(msgspec.Struct, array_like=True):
    """A stream's number and extent."""

    number: int
    name: str
    first: int
    next: int


class PageRow(msgspec.Struct, frozen=True, array_like=True):
    """What is known of a page without opening it."""

    base: int
    count: int
    newest: int
    bytes: int
    body: int

    @property
    def next(self) -> int:
        """The offset after its last event."""
        return self.base + self.count


class _Sealed(msgspec.Struct, frozen=True, array_like=True):
    """A page with its body; ``payload`` is the bytes of data in it."""

    base: int
    count: int
    payload: int
    sealed: bytes


class _Body(msgspec.Struct, frozen=True, array_like=True):
    count: int
    sealed: bytes


def stream_rows(connection: apsw.Connection) -> list[StreamRow]:
    """Return every stream, by name."""
    rows = connection.execute("SELECT stream, name, first, next FROM stream ORDER BY name")
    return [typed(row, StreamRow) for row in rows]


def writable_stream_rows(connection: apsw.Connection) -> list[StreamRow]:
    """Return every stream; raises ``Corrupt`` where one has pages outside of its extent.

    Writing on would store other events at their offsets, or readers would take them for trimmed.
    """
    streams = stream_rows(connection)
    for stream in streams:
        outside = connection.execute(_OUTSIDE, (stream.number, stream.first, stream.next)).get
        if outside is not None:
            raise Corrupt(
                f"stream {stream.name} has a page at {outside}, outside of its offsets {stream.first} to"
                f" {stream.next - 1}: restore the store from a backup"
            )
    return streams


def stream_row(connection: apsw.Connection, name: str) -> StreamRow | None:
    """Return one stream, or None where nothing was ever appended to it."""
    rows = connection.execute("SELECT stream, name, first, next FROM stream WHERE name = ?", (name,))
    return next((typed(row, StreamRow) for row in rows), None)


def add_stream(connection: apsw.Connection, name: str) -> StreamRow:
    """Make a stream."""
    connection.execute("INSERT INTO stream (name, first, next) VALUES (?, 0, 0)", (name,))
    return StreamRow(connection.last_insert_rowid(), name, 0, 0)


def save(connection: apsw.Connection, stream: int, page: Page, sealed: bytes) -> int:
    """Store a sealed page and return the number of its body."""
    connection.execute("INSERT INTO page_body (sealed) VALUES (?)", (sealed,))
    body = connection.last_insert_rowid()
    newest = max(map(_recorded, page.events))
    payload = payload_bytes(page.events)
    connection.execute(
        "INSERT INTO page VALUES (?, ?, ?, ?, ?, ?, ?)",
        (stream, page.base, len(page.events), newest, payload, len(sealed), body),
    )
    return body


def load(connection: apsw.Connection, codec: PageCodec, name: str, start: int, room: Room) -> list[Page]:
    """Open the pages that hold offsets from ``start`` on, as many as ``room`` takes.

    They end before a page that is damaged or missing. Raises ``Corrupt`` where that is the first.
    """
    opened: list[Page] = []
    with connection:  # one moment: a trim in between would look like a missing page
        stream = stream_row(connection, name)
        if stream is None or start >= stream.next:
            return opened
        try:
            for page in _whole(connection, codec, stream, start, room):
                opened.append(page)  # noqa: PERF402  what came before an error is kept
        except (Corrupt, apsw.CorruptError):
            if not opened:
                raise
    return opened


def _whole(
    connection: apsw.Connection, codec: PageCodec, stream: StreamRow, start: int, room: Room
) -> Iterator[Page]:
    """Yield pages that follow each other without a gap; raises ``Corrupt`` where one does not."""
    expected, seen = max(start, stream.first), False
    for row in connection.execute(_LOAD, (stream.number, start)):
        page = typed(row, _Sealed)
        if not room.takes(page.base + page.count - max(page.base, start), page.payload):
            return
        if page.base > expected or (seen and page.base < expected):
            raise Corrupt(f"{stream.name}: {_missing(expected, max(page.base, expected + 1))}")
        yield codec.decode(stream.name, page.base, page.count, page.sealed)
        expected, seen = page.base + page.count, True
    if expected < stream.next:
        raise Corrupt(f"{stream.name}: {_missing(expected, stream.next)}")


def matching(
    connection: apsw.Connection, codec: PageCodec, stream: StreamRow, base: int, query: Query
) -> list[Stored]:
    """Return what matches in the page that begins at ``base``, newest first; raises ``Corrupt`` for none."""
    rows = connection.execute(
        "SELECT count, sealed FROM page JOIN page_body USING (body) WHERE stream = ? AND base = ?",
        (stream.number, base),
    )
    for row in rows:
        body = typed(row, _Body)
        return picking.matching(codec, stream.name, base, body.count, body.sealed, query)
    raise Corrupt(f"page {stream.name}@{base} is missing: run `trunkline log verify`")


def infos(connection: apsw.Connection) -> list[StreamInfo]:
    """Return the extent of every stream, by name."""
    return [
        StreamInfo(stream.name, stream.first, stream.next, *_extent(connection, stream.number))
        for stream in stream_rows(connection)
    ]


def trim(connection: apsw.Connection, name: str, retention: Retention, at_most: int) -> tuple[int, int]:
    """Remove up to ``at_most`` of the oldest pages that may go; return the first offset before and after."""
    stream = stream_row(connection, name)
    if stream is None:
        return 0, 0
    _, stored = _extent(connection, stream.number)
    first, gone = stream.first, []
    for page in page_rows(connection, stream.number, stream.first, at_most):
        full = retention.max_bytes is not None and stored > retention.max_bytes
        if page.next > retention.keep_from or not (full or page.newest < retention.before):
            break
        _remove(connection, stream.number, page)
        stored -= page.bytes
        first = page.next
        gone.append(page.body)
    if gone:
        prints.forget(connection, gone)
    connection.execute("UPDATE stream SET first = ? WHERE stream = ?", (first, stream.number))
    return stream.first, first


def page_rows(connection: apsw.Connection, stream: int, start: int, at_most: int) -> list[PageRow]:
    """Return up to ``at_most`` pages that begin at ``start`` or later, oldest first."""
    rows = connection.execute(
        "SELECT base, count, newest, bytes, body FROM page"
        " WHERE stream = ? AND base >= ? ORDER BY base LIMIT ?",
        (stream, start, at_most),
    )
    return [typed(row, PageRow) for row in rows]


def check(
    connection: apsw.Connection, codec: PageCodec, name: str, start: int, at_most: int
) -> list[PageCheck]:
    """Open up to ``at_most`` pages from ``start`` on, of one moment; offsets no page holds are a fault."""
    verdicts: list[PageCheck] = []
    with connection:
        stream = stream_row(connection, name)
        if stream is None:
            return verdicts
        expected = max(start, stream.first)
        for page in page_rows(connection, stream.number, start, at_most):
            verdicts.append(_check_page(connection, codec, stream, page, expected))
            expected = max(expected, page.next)
        if not verdicts and expected < stream.next:
            verdicts.append(
                PageCheck(name, expected, stream.next - expected, _missing(expected, stream.next))
            )
    return verdicts


def _check_page(
    connection: apsw.Connection, codec: PageCodec, stream: StreamRow, page: PageRow, expected: int
) -> PageCheck:
    name = stream.name
    fault = "" if page.base <= expected else _missing(expected, page.base)
    if page.base < expected or page.next > stream.next:
        fault = f"it lies outside of the stream's offsets {stream.first} to {stream.next - 1}"
    try:
        rows = connection.execute("SELECT ?, sealed FROM page_body WHERE body = ?", (page.count, page.body))
        body = next((typed(row, _Body) for row in rows), None)
        if body is None:
            raise Corrupt("its body is missing")  # noqa: TRY301  one verdict for every way to be damaged
        codec.decode(name, page.base, page.count, body.sealed)
    except (Corrupt, apsw.CorruptError) as error:
        fault = str(error)
    return PageCheck(name, page.base, page.count, fault)


def typed(row: Sequence[Any], kind: type[T]) -> T:
    """Read a row as what was stored; raises ``Corrupt`` where damage gave a value another type."""
    try:
        return msgspec.convert(row, kind)
    except msgspec.ValidationError as error:
        raise Corrupt(f"a row of the log is damaged: {error}; run `trunkline log verify`") from None


def _missing(start: int, end: int) -> str:
    return f"offsets {start} to {end - 1} should be here and are not"


def _extent(connection: apsw.Connection, stream: int) -> tuple[int, int]:
    rows = connection.execute("SELECT count(*), ifnull(sum(bytes), 0) FROM page WHERE stream = ?", (stream,))
    [(pages, stored)] = rows
    return int(pages), int(stored)


def _remove(connection: apsw.Connection, stream: int, page: PageRow) -> None:
    connection.execute("DELETE FROM page WHERE stream = ? AND base = ?", (stream, page.base))
    connection.execute("DELETE FROM page_body WHERE body = ?", (page.body,))
