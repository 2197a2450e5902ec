"""The census on the embedded store: rows of hashes, and counts that are kept with them.

A piece of a stream is taken in by one write. Only its own entities are looked at, and of the others those
that were or became the oldest with a value of theirs, so it costs the same however much is known. Keys go to
the B-trees in sorted order. It is no hot path: ``app.census`` spaces the pieces out.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import apsw
import msgspec

from trunkline.adapters.sqlite.store import Store
from trunkline.observe.census import Mark, Shared, Slice

MATCH_BYTES = 17

_BITE = 1_000
"""How many entities one transaction forgets, so that other writes wait for milliseconds only."""

_MARKS = "SELECT stream, rules, next, at, entities, duplicates FROM census_stream"
_ID = "SELECT id FROM census_stream WHERE stream = ?"
_BEGIN = """INSERT INTO census_stream (stream, rules, next, at, entities, duplicates)
    VALUES (?, ?, 0, 0, 0, 0) RETURNING id"""
_MARK = """UPDATE census_stream SET rules = ?, next = ?, at = ?, entities = entities + ?,
    duplicates = duplicates + ? WHERE id = ?"""
_NUMBERS = (
    "SELECT entity, number FROM census_key WHERE stream = ? AND entity IN (SELECT value FROM carray(?))"
)
_NEXT_NUMBER = "SELECT ifnull(max(number) + 1, 1) FROM census_entity"
_MATCHES = "SELECT number, matches FROM census_entity WHERE number IN (SELECT value FROM carray(?))"
_OLDEST = """SELECT value, (SELECT min(number) FROM census_match WHERE stream = ?1 AND match = value)
    FROM carray(?2)"""
_ADD_KEY = "INSERT INTO census_key VALUES (?, ?, ?)"
_PUT_ENTITY = "INSERT OR REPLACE INTO census_entity VALUES (?, ?, ?)"
_ADD_MATCH = "INSERT INTO census_match VALUES (?, ?, ?)"
_DROP_MATCH = "DELETE FROM census_match WHERE stream = ? AND match = ? AND number = ?"
_LEAVE = "UPDATE census_stream SET rules = x'' WHERE id = ?"
_SOME_KEYS = "SELECT entity, number FROM census_key WHERE stream = ? ORDER BY entity LIMIT ?"
_DROP_KEY = "DELETE FROM census_key WHERE stream = ? AND entity = ?"
_DROP_ENTITY = "DELETE FROM census_entity WHERE number = ?"
_END = "DELETE FROM census_stream WHERE id = ?"
_SHARED = """SELECT match, count(*) FROM census_match WHERE stream = ? GROUP BY match HAVING count(*) > 1
    ORDER BY count(*) DESC, match LIMIT ?"""
_OFFSETS = """SELECT newest FROM census_match JOIN census_entity USING (number)
    WHERE stream = ? AND match = ? ORDER BY number LIMIT ?"""


class SqliteCensus:
    """A ``Census`` in a ``Store``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def marks(self) -> dict[str, Mark]:
        """Return how far each stream is counted."""
        rows: list[Any] = await self._store.read(lambda connection: connection.execute(_MARKS).fetchall())
        return {stream: Mark(*mark) for stream, *mark in rows}

    async def count(self, stream: str, piece: Slice) -> None:
        """Take in a piece of a stream."""
        await self._store.write(lambda connection: _count(connection, stream, piece))

    async def forget(self, stream: str) -> None:
        """Forget all of a stream, a few entities at a time."""
        while await self._store.write(lambda connection: _forget(connection, stream)):
            pass

    async def shared(self, stream: str, values: int, entities: int) -> list[Shared]:
        """Return match values that several entities have; it reads all values of the stream once."""

        def read(connection: apsw.Connection) -> list[Shared]:
            number, found = _id(connection, stream), []
            rows: list[Any] = connection.execute(_SHARED, (number, values)).fetchall()
            for match, count in rows:
                offsets: list[Any] = connection.execute(_OFFSETS, (number, match, entities)).fetchall()
                found.append(Shared(match, count, tuple(offset for (offset,) in offsets)))
            return found

        return await self._store.read(read)


class _Change(msgspec.Struct, frozen=True, gc=False):
    """An entity of a piece whose match values are others than before; ``was`` is None for a new one."""

    was: frozenset[bytes] | None
    now: frozenset[bytes]


def _count(connection: apsw.Connection, stream: str, piece: Slice) -> None:
    own = _id(connection, stream)
    if own is None:
        [(own,)] = connection.execute(_BEGIN, (stream, piece.rules))
    numbers = _numbers(connection, own, piece)
    known = _matches(connection, numbers.values())
    changes: dict[int, _Change] = {}
    for state in piece.states:
        number, now = numbers[state.entity], frozenset(state.matches)
        was = known.get(number)
        if was != now:
            changes[number] = _Change(was, now)
    rows = [(numbers[one.entity], one.offset, b"".join(sorted(one.matches))) for one in piece.states]
    touched = {match for one in changes.values() for match in one.now ^ (one.was or frozenset())}
    before = _oldest(connection, own, touched)
    _apply(connection, own, changes)
    connection.executemany(_PUT_ENTITY, sorted(rows))
    after = _oldest(connection, own, touched)
    more = _more(connection, own, changes, before, after)
    new = sum(one.was is None for one in changes.values())
    connection.execute(_MARK, (piece.rules, piece.next, piece.at, new, more, own))


def _id(connection: apsw.Connection, stream: str) -> int | None:
    return next((number for (number,) in connection.execute(_ID, (stream,))), None)


def _numbers(connection: apsw.Connection, own: int, piece: Slice) -> dict[bytes, int]:
    """Return the number of each entity of a piece; new ones get theirs in the order of their first events."""
    asked = tuple(sorted(state.entity for state in piece.states))
    if not asked:
        return {}
    rows: list[Any] = connection.execute(_NUMBERS, (own, apsw.carray(asked))).fetchall()
    numbers: dict[bytes, int] = dict(rows)
    [(following,)] = connection.execute(_NEXT_NUMBER)
    new: dict[bytes, int] = {}
    for state in piece.states:
        if state.entity not in numbers:
            numbers[state.entity] = new[state.entity] = following + len(new)
    connection.executemany(_ADD_KEY, ((own, entity, number) for entity, number in sorted(new.items())))
    return numbers


def _matches(connection: apsw.Connection, numbers: Iterable[int]) -> dict[int, frozenset[bytes]]:
    asked = array("q", sorted(numbers))
    if not asked:
        return {}
    packed_numbers = apsw.carray(asked, flags=apsw.SQLITE_CARRAY_INT64)
    rows: list[Any] = connection.execute(_MATCHES, (packed_numbers,)).fetchall()
    return {
        number: frozenset(packed[at : at + MATCH_BYTES] for at in range(0, len(packed), MATCH_BYTES))
        for number, packed in rows
    }


def _oldest(connection: apsw.Connection, own: int, matches: Collection[bytes]) -> dict[bytes, int]:
    """Return the number of the oldest entity that has each match value, of those that any has."""
    if not matches:
        return {}
    rows: list[Any] = connection.execute(_OLDEST, (own, apsw.carray(tuple(sorted(matches))))).fetchall()
    return {match: number for match, number in rows if number is not None}


def _apply(connection: apsw.Connection, own: int, changes: Mapping[int, _Change]) -> None:
    gone = [(own, match, number) for number, one in changes.items() for match in (one.was or set()) - one.now]
    come = [(own, match, number) for number, one in changes.items() for match in one.now - (one.was or set())]
    connection.executemany(_DROP_MATCH, sorted(gone))
    connection.executemany(_ADD_MATCH, sorted(come))


def _more(
    connection: apsw.Connection,
    own: int,
    changes: Mapping[int, _Change],
    before: Mapping[bytes, int],
    after: Mapping[bytes, int],
) -> int:
    """Return by how many there are more duplicates: of what changed, and of who was or is the oldest."""
    aside = {*before.values(), *after.values()} - changes.keys()
    same = _matches(connection, aside)
    was = same | {number: one.was for number, one in changes.items() if one.was is not None}
    now = same | {number: one.now for number, one in changes.items()}
    others = {match for matches in (*was.values(), *now.values()) for match in matches}
    untouched = _oldest(connection, own, others - before.keys() - after.keys())
    return _duplicates(now, {**untouched, **after}) - _duplicates(was, {**untouched, **before})


def _duplicates(of: Mapping[int, frozenset[bytes]], oldest: Mapping[bytes, int]) -> int:
    return sum(any(oldest[match] < number for match in matches) for number, matches in of.items())


def _forget(connection: apsw.Connection, stream: str) -> bool:
    """Forget some entities of a stream, and tell whether there are more."""
    own = _id(connection, stream)
    if own is None:
        return False
    connection.execute(_LEAVE, (own,))
    rows: list[Any] = connection.execute(_SOME_KEYS, (own, _BITE)).fetchall()
    for number, matches in _matches(connection, [number for _, number in rows]).items():
        connection.executemany(_DROP_MATCH, [(own, match, number) for match in matches])
        connection.execute(_DROP_ENTITY, (number,))
    connection.executemany(_DROP_KEY, [(own, entity) for entity, _ in rows])
    if not rows:
        connection.execute(_END, (own,))
    return bool(rows)
