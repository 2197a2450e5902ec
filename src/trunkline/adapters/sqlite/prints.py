"""Finds the pages that may hold an id, correlation or subject, without opening them.

Beside every page lie the 32-bit fingerprints (CRC-32) of its ids, correlations and subjects, four
bytes a value. ``find`` looks through the fingerprints of one kind from the newest on and opens the pages
that match; a page matches by accident once in about four million, and is then found not to hold the value.

Every 64 pages their fingerprints are put together in one row, a *run*: opening a row costs as much as
reading thousands of fingerprints in it. Runs of 16 KiB and more, and after 4,096 pages all of them, are
kept apart in sixteen *buckets* by their highest bits, so that a lookup reads a sixteenth of them.

A plain fingerprint would let whoever has the file test a guess at a customer's key, so each row is
sealed with a key of the store's own (AES-256-GCM, random 96-bit nonce: after 2**32 rows a repeated
nonce becomes possible, and would tell how two rows of fingerprints differ, nothing of an event).
"""

from __future__ import annotations

import heapq
import os
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from itertools import accumulate
from operator import itemgetter
from typing import Any

import apsw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from trunkline.eventlog.port import Page, Query
from trunkline.kernel.errors import Corrupt

RUN_PAGES = (64, 4_096)
"""After how many pages their fingerprints are put together, once and again."""

RUN_BYTES = 262_140
"""The most bytes of fingerprints that are put together: how many there are fits 16 bits."""

BUCKETED_BYTES = 16_384
"""From how many bytes on they are kept in buckets at once: fewer are put together once more before."""

BUCKETS = 16

_KIND_BITS = 48
_BUCKETED = 1 << 60
_BUCKETED_KIND_BITS = 56
_NONCE_BYTES = 12
_TAG_BYTES = 16
_PRINT_BYTES = 4
_BUCKET_SHIFT = 28
_KINDS = _ID, _CORRELATION, _SUBJECT = tuple(kind << _KIND_BITS for kind in range(3))

_PAGES = """SELECT place, stream, base, prints FROM fingerprint
    WHERE place >= ? AND place < ? AND stream = ifnull(?, stream) ORDER BY place DESC"""
_RUNS = "SELECT place, pages, prints FROM fingerprint_run WHERE place >= ? AND place < ? ORDER BY place DESC"
_BUCKET = "SELECT place, prints FROM fingerprint_bucket WHERE place >= ? AND place < ? ORDER BY place DESC"
_APART = """SELECT place, stream, base, prints, NULL FROM fingerprint WHERE place >= ?1 AND place < ?2
    UNION ALL SELECT place, 0, 0, prints, pages FROM fingerprint_run WHERE place >= ?1 AND place < ?2
    ORDER BY 1"""
_LEFT = """SELECT min(place) FROM (SELECT min(place) AS place FROM fingerprint WHERE place > ?1 AND place < ?2
    UNION ALL SELECT min(place) FROM fingerprint_run WHERE place > ?1 AND place < ?2)"""

Place = tuple[int, int]
"""A page's stream number and base offset."""

_Found = tuple[int, Iterable[Place]]
"""The last page's body of a row of fingerprints, and which of the row's pages match, newest first."""


class Prints:
    """The fingerprints of one store."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(secret)
        self._caught_up = 0

    def save(self, connection: apsw.Connection, stream: int, body: int, page: Page) -> None:
        """Store the fingerprints of a page whose body has the number ``body``."""
        columns = (
            (_ID, [event.id for event in page.events]),
            (_CORRELATION, [event.correlation for event in page.events]),
            (_SUBJECT, [event.subject for event in page.events]),
        )
        for kind, column in columns:
            row = (kind | body, stream, page.base, self._seal(kind | body, _packed(column)))
            connection.execute("INSERT INTO fingerprint VALUES (?, ?, ?, ?)", row)
        for pages in RUN_PAGES:
            if body % pages == 0:
                self._put_together(connection, body, pages)
        if body % RUN_PAGES[0] == 0 and self._caught_up < body:
            self._caught_up = self.catch_up(connection, self._caught_up, body)

    def catch_up(self, connection: apsw.Connection, after: int, newest: int) -> int:
        """Put together 64 pages that an earlier release left apart, the oldest with bodies above ``after``.

        Return the body to go on from, ``newest`` where none is left.
        """
        few, many = RUN_PAGES
        left = _left_apart(connection, after)
        end = _end_of(left, few)
        if end > newest:
            return newest
        self._put_together(connection, end, few)
        done = _end_of(left, many)
        if end == done or (done <= newest and _left_apart(connection, end) > done):
            self._put_together(connection, done, many)
        return end

    def pages(self, connection: apsw.Connection, stream: int | None, query: Query) -> Iterator[Place]:
        """Yield the pages that may hold what is asked for, newest first."""
        kind, value = _rarest(query)
        wanted = _print(value).to_bytes(_PRINT_BYTES, "little") if value else b""
        rows = (
            self._in_pages(connection, kind, wanted, stream),
            self._in_runs(connection, kind, wanted),
            self._in_buckets(connection, kind, wanted),
        )
        for _, places in heapq.merge(*rows, key=itemgetter(0), reverse=True):
            for number, base in places:
                if stream in (None, number) and (query.before is None or base < query.before):
                    yield number, base

    def _in_pages(
        self, connection: apsw.Connection, kind: int, wanted: bytes, stream: int | None
    ) -> Iterator[_Found]:
        rows = connection.execute(_PAGES, (kind, kind + (1 << _KIND_BITS), stream))
        for place, number, base, sealed in rows:
            prints = self._open(place, sealed)
            if prints is None or not wanted or next(_places(prints, wanted), None) is not None:
                yield place - kind, [(number, base)]

    def _in_runs(self, connection: apsw.Connection, kind: int, wanted: bytes) -> Iterator[_Found]:
        for place, listed, sealed in connection.execute(_RUNS, (kind, kind + (1 << _KIND_BITS))):
            prints = self._open(place, sealed)
            if prints is None or not wanted:
                yield place - kind, _newest_first(listed)
            elif found := list(_places(prints, wanted)):
                ends = list(accumulate(array("q", listed)[2::3]))
                yield place - kind, _newest_first(listed, {bisect_right(ends, at) for at in found})

    def _in_buckets(self, connection: apsw.Connection, kind: int, wanted: bytes) -> Iterator[_Found]:
        first = _in_bucket(kind, _bucket(wanted))
        for place, sealed in connection.execute(_BUCKET, (first, first + (1 << _KIND_BITS))):
            body = place - first
            prints = self._open(place, sealed) if wanted else None
            if prints is None:  # all of them are asked for, or the row is damaged
                yield body, _newest_first(_listed(connection, kind, body))
                continue
            ends, begin = _ends(prints)
            if found := list(_places(prints, wanted, begin)):
                matching = {bisect_right(ends, at) for at in found}
                yield body, _newest_first(_listed(connection, kind, body), matching)

    def _put_together(self, connection: apsw.Connection, last: int, pages: int) -> None:
        """Make as few rows as may be of those of ``pages`` bodies up to ``last``, of each kind."""
        for kind in _KINDS:
            group: list[tuple[int, bytes, bytes]] = []
            given = (kind | max(0, last - pages + 1), kind + last + 1)
            rows: list[Any] = connection.execute(_APART, given).fetchall()
            for place, number, base, sealed, listed in rows:
                prints = self._open(place, sealed)  # a damaged row stays apart
                if prints is None or sum(len(one) for _, _, one in group) + len(prints) > RUN_BYTES:
                    self._save_group(connection, kind, group, final=pages == RUN_PAGES[-1])
                    group = []
                if prints is not None:
                    of_one = array("q", (number, base, len(prints) // _PRINT_BYTES)).tobytes()
                    group.append((place, listed or of_one, prints))
            self._save_group(connection, kind, group, final=pages == RUN_PAGES[-1])

    def _save_group(
        self, connection: apsw.Connection, kind: int, group: list[tuple[int, bytes, bytes]], *, final: bool
    ) -> None:
        listed = b"".join(pages for _, pages, _ in group)
        prints = b"".join(prints for _, _, prints in group)
        buckets = final or len(prints) >= BUCKETED_BYTES
        if len(prints) > RUN_BYTES or not group or (len(group) == 1 and not buckets):
            return
        first, last = group[0][0], group[-1][0]
        for table in ("fingerprint", "fingerprint_run"):
            connection.execute(f"DELETE FROM {table} WHERE place BETWEEN ? AND ?", (first, last))  # noqa: S608  two names
        if not buckets:
            row = (last, listed, self._seal(last, prints))
            connection.execute("INSERT INTO fingerprint_run VALUES (?, ?, ?)", row)
            return
        directory = _in_bucket(kind, BUCKETS) + last - kind
        rows = [(directory, listed)]
        for bucket, content in enumerate(_in_buckets(listed, prints)):
            place = _in_bucket(kind, bucket) + last - kind
            rows.append((place, self._seal(place, content)))
        connection.executemany("INSERT INTO fingerprint_bucket VALUES (?, ?)", rows)

    def _seal(self, place: int, prints: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, prints, place.to_bytes(8, "little"))

    def _open(self, place: int, sealed: bytes) -> bytes | None:
        try:
            return self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.to_bytes(8, "little")
            )
        except InvalidTag:
            return None


def forget(connection: apsw.Connection, bodies: Collection[int]) -> None:
    """Remove the fingerprints of pages that were trimmed; those put together go with their last page."""
    connection.executemany(
        "DELETE FROM fingerprint WHERE place = ?", [(kind | body,) for kind in _KINDS for body in bodies]
    )
    [(oldest,)] = connection.execute("SELECT ifnull(min(body), ?) FROM page", (1 << _KIND_BITS,))
    for kind in _KINDS:
        given = (kind, kind + oldest)
        connection.execute("DELETE FROM fingerprint_run WHERE place >= ? AND place < ?", given)
        for bucket in range(BUCKETS + 1):
            first = _in_bucket(kind, bucket)
            given = (first, first + oldest)
            connection.execute("DELETE FROM fingerprint_bucket WHERE place >= ? AND place < ?", given)


def _left_apart(connection: apsw.Connection, after: int) -> int:
    """Return the lowest body above ``after`` whose fingerprints are in no bucket."""
    bodies = [1 << _KIND_BITS]
    for kind in _KINDS:
        [(place,)] = connection.execute(_LEFT, (kind | after, kind + (1 << _KIND_BITS)))
        bodies += [] if place is None else [int(place) - kind]
    return min(bodies)


def _end_of(body: int, pages: int) -> int:
    return -(-body // pages) * pages


def _in_bucket(kind: int, bucket: int) -> int:
    """Return where the rows of a bucket begin."""
    return _BUCKETED | kind >> _KIND_BITS << _BUCKETED_KIND_BITS | bucket << _KIND_BITS


def _bucket(wanted: bytes) -> int:
    return wanted[-1] >> 4 if wanted else BUCKETS


def _in_buckets(listed: bytes, prints: bytes) -> Iterator[bytes]:
    """Yield what a row of each bucket holds: how many pages, where each one's fingerprints end, and those."""
    buckets = [array("I") for _ in range(BUCKETS)]
    put = [bucket.append for bucket in buckets]
    values, ends, start = array("I", prints), [], 0
    for count in array("q", listed)[2::3]:
        for value in values[start : start + count]:
            put[value >> _BUCKET_SHIFT](value)
        ends.append([len(bucket) for bucket in buckets])
        start += count
    size = len(ends).to_bytes(_PRINT_BYTES, "little")
    for bucket, places in zip(buckets, zip(*ends, strict=True), strict=True):
        yield size + array("H", places).tobytes() + bucket.tobytes()


def _ends(prints: bytes) -> tuple[array[int], int]:
    """Return where each page's fingerprints end in a bucket's row, and in which byte the first begins."""
    begin = _PRINT_BYTES + 2 * int.from_bytes(prints[:_PRINT_BYTES], "little")
    return array("H", prints[_PRINT_BYTES:begin]), begin


def _listed(connection: apsw.Connection, kind: int, body: int) -> bytes:
    place = _in_bucket(kind, BUCKETS) + body
    rows = connection.execute("SELECT prints FROM fingerprint_bucket WHERE place = ?", (place,))
    for (listed,) in rows:
        return bytes(listed)
    raise Corrupt("a list of pages is missing beside their fingerprints: restore the store from a backup")


def _newest_first(listed: bytes, indices: Iterable[int] | None = None) -> list[Place]:
    table = array("q", listed)
    chosen = range(len(table) // 3) if indices is None else indices
    return [(table[3 * index], table[3 * index + 1]) for index in sorted(chosen, reverse=True)]


def _rarest(query: Query) -> tuple[int, str]:
    if query.id:
        return _ID, query.id
    if query.correlation:
        return _CORRELATION, query.correlation
    return _SUBJECT, query.subject


def _print(value: str) -> int:
    return zlib.crc32(value.encode())


def _packed(column: Iterable[str]) -> bytes:
    prints = array("I", set(map(zlib.crc32, map(str.encode, column))))
    return prints.tobytes()


def _places(prints: bytes, wanted: bytes, begin: int = 0) -> Iterator[int]:
    """Yield where a fingerprint stands from byte ``begin`` on; the same bytes across a border are none."""
    at = prints.find(wanted, begin)
    while at >= 0:
        place, beside = divmod(at - begin, _PRINT_BYTES)
        if not beside:
            yield place
        at = prints.find(wanted, at + 1)
