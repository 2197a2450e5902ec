"""Finds the pages that may hold an id, correlation or subject, without opening them.

Beside every page lie the 32-bit fingerprints (CRC-32) of its ids, correlations and subjects, four
bytes a value. ``find`` scans the fingerprints of one kind from the newest on and opens the pages that
match; a page matches by accident once in about four million, and is then found not to hold the value.

Every 64 pages their fingerprints are put together in one row, a *run*, and every 4,096 pages the small
runs are, up to 256 KiB in one: opening a row costs as much as reading thousands of fingerprints in it, so
pages of a few events would make the scan long. A run holds the same bytes; nothing is decoded to make one.

A plain fingerprint would let whoever has the file test a guess at a customer's key, so each row is
sealed with a key of the store's own (AES-256-GCM, random 96-bit nonce: after 2**32 rows a repeated
nonce becomes possible, and would tell how two rows of fingerprints differ, nothing of an event).
"""

from __future__ import annotations

import os
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any

import apsw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from trunkline.eventlog.port import Page, Query

RUN_PAGES = (64, 4_096)
"""After how many pages their fingerprints are put together, once and again."""

RUN_BYTES = 262_144
"""The most bytes of fingerprints that are put together."""

_KIND_BITS = 48
_NONCE_BYTES = 12
_TAG_BYTES = 16
_PRINT_BYTES = 4
_KINDS = _ID, _CORRELATION, _SUBJECT = tuple(kind << _KIND_BITS for kind in range(3))

_ALL = """SELECT place, stream, base, prints, NULL FROM fingerprint WHERE place >= ?1 AND place < ?2
    UNION ALL SELECT place, 0, 0, prints, pages FROM fingerprint_run WHERE place >= ?1 AND place < ?2"""

Place = tuple[int, int]
"""A page's stream number and base offset."""


class Prints:
    """The fingerprints of one store."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(secret)

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
                for kind in _KINDS:
                    self._put_together(connection, kind | max(0, body - pages + 1), kind | body)

    def pages(self, connection: apsw.Connection, stream: int | None, query: Query) -> Iterator[Place]:
        """Yield the pages that may hold what is asked for, newest first."""
        kind, value = _rarest(query)
        wanted = _print(value).to_bytes(_PRINT_BYTES, "little") if value else b""
        rows = connection.execute(f"{_ALL} ORDER BY 1 DESC", (kind, kind + (1 << _KIND_BITS)))
        for place, number, base, sealed, listed in rows:
            directory = _Directory(listed) if listed else _Directory.of_one(number, base)
            if stream is None or directory.has(stream):
                for number, base in directory.found(self._open(place, sealed), wanted):  # noqa: PLW2901  of a run
                    if stream in (None, number) and (query.before is None or base < query.before):
                        yield number, base

    def _put_together(self, connection: apsw.Connection, first: int, last: int) -> None:
        """Make as few rows as may be of those between two places, oldest first; a damaged one stays apart."""
        group: list[tuple[int, bytes, bytes]] = []
        rows: list[Any] = connection.execute(f"{_ALL} ORDER BY 1", (first, last + 1)).fetchall()
        for place, number, base, sealed, listed in rows:
            prints = self._open(place, sealed)
            if prints is None or sum(len(one) for _, _, one in group) + len(prints) > RUN_BYTES:
                self._save_run(connection, group)
                group = []
            if prints is not None:
                of_one = array("q", (number, base, len(prints) // _PRINT_BYTES)).tobytes()
                group.append((place, listed or of_one, prints))
        self._save_run(connection, group)

    def _save_run(self, connection: apsw.Connection, group: list[tuple[int, bytes, bytes]]) -> None:
        if len(group) < 2:  # noqa: PLR2004  one is as few as may be
            return
        first, last = group[0][0], group[-1][0]
        for table in ("fingerprint", "fingerprint_run"):
            connection.execute(f"DELETE FROM {table} WHERE place BETWEEN ? AND ?", (first, last))  # noqa: S608  two names
        listed = b"".join(pages for _, pages, _ in group)
        sealed = self._seal(last, b"".join(prints for _, _, prints in group))
        connection.execute("INSERT INTO fingerprint_run VALUES (?, ?, ?)", (last, listed, sealed))

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


class _Directory:
    """Which pages the fingerprints of a row belong to, in their order."""

    def __init__(self, listed: bytes) -> None:
        table = array("q", listed)
        self._streams, self._bases, self._counts = table[::3], table[1::3], table[2::3]

    @classmethod
    def of_one(cls, stream: int, base: int) -> _Directory:
        """Return that of a row that belongs to one page."""
        return cls(array("q", (stream, base, 0)).tobytes())

    def has(self, stream: int) -> bool:
        """Tell whether a page of ``stream`` is among them."""
        return stream in self._streams

    def found(self, prints: bytes | None, wanted: bytes) -> Iterator[Place]:
        """Yield the pages that have a fingerprint, newest first.

        No fingerprint at all is in all of them; damaged ones mean: look into the pages themselves.
        """
        for index in self._all() if prints is None or not wanted else self._holding(prints, wanted):
            yield self._streams[index], self._bases[index]

    def _all(self) -> Iterable[int]:
        return reversed(range(len(self._bases)))

    def _holding(self, prints: bytes, wanted: bytes) -> Iterable[int]:
        if len(self._bases) == 1:
            return [0] if any(_places(prints, wanted)) else []
        ends = list(accumulate(self._counts))
        return sorted({bisect_right(ends, place - 1) for place in _places(prints, wanted)}, reverse=True)


def forget(connection: apsw.Connection, body: int) -> None:
    """Remove the fingerprints of a page that was trimmed; those in a run go with its last page."""
    connection.execute(
        "DELETE FROM fingerprint WHERE place IN (?, ?, ?)", (_ID | body, _CORRELATION | body, _SUBJECT | body)
    )
    for kind in _KINDS:
        connection.execute(
            "DELETE FROM fingerprint_run WHERE place >= ?1 AND place < ?1 + ?2"
            " AND place - ?1 < (SELECT coalesce(min(body), ?2) FROM page)",
            (kind, 1 << _KIND_BITS),
        )


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


def _places(prints: bytes, wanted: bytes) -> Iterator[int]:
    """Yield where a fingerprint stands, counted from 1; the same bytes across a border of two are none."""
    at = prints.find(wanted)
    while at >= 0:
        if at % _PRINT_BYTES == 0:
            yield at // _PRINT_BYTES + 1
            at = prints.find(wanted, at + _PRINT_BYTES)
        else:
            at = prints.find(wanted, at + 1)
