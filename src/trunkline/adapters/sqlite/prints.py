"""Finds the pages that may hold an id, correlation or subject, without opening them.

Beside every page lie the 32-bit fingerprints (CRC-32) of its ids, correlations and subjects, four
bytes a value. ``find`` scans the fingerprints of one kind from the newest on and opens the pages that
match; a page matches by accident once in about four million, and is then found not to hold the value.

A plain fingerprint would let whoever has the file test a guess at a customer's key, so each row is
sealed with a key of the store's own (AES-256-GCM, random 96-bit nonce: after 2**32 rows a repeated
nonce becomes possible, and would tell how two rows of fingerprints differ, nothing of an event).
"""

from __future__ import annotations

import os
import zlib
from array import array
from collections.abc import Iterable, Iterator

import apsw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from trunkline.eventlog.port import Page, Query

_KIND_BITS = 48
_NONCE_BYTES = 12
_ID, _CORRELATION, _SUBJECT, _END = (kind << _KIND_BITS for kind in range(4))

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

    def pages(self, connection: apsw.Connection, stream: int | None, query: Query) -> Iterator[Place]:
        """Yield the pages that may hold what is asked for, newest first."""
        kind, value = _rarest(query)
        wanted = _print(value).to_bytes(4, "little")
        rows = connection.execute(
            "SELECT place, stream, base, prints FROM fingerprint WHERE place >= ? AND place < ?"
            " AND (stream = ?3 OR ?3 IS NULL) ORDER BY place DESC",
            (kind, kind + (1 << _KIND_BITS), stream),
        )
        for place, number, base, sealed in rows:
            if not value or _holds(self._open(place, sealed), wanted):
                yield number, base

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


def forget(connection: apsw.Connection, body: int) -> None:
    """Remove the fingerprints of a page that was trimmed."""
    connection.execute(
        "DELETE FROM fingerprint WHERE place IN (?, ?, ?)", (_ID | body, _CORRELATION | body, _SUBJECT | body)
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


def _holds(prints: bytes | None, wanted: bytes) -> bool:
    """Look for a fingerprint where one begins; damaged fingerprints mean: look into the page itself."""
    if prints is None:
        return True
    at = prints.find(wanted)
    while at > 0 and at % 4:
        at = prints.find(wanted, at + 1)
    return at >= 0
