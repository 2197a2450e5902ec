"""Finds single events in a stored page: the values of others are stepped over, not made.

Engines that look something up call ``matching``. Making all events of a page of a thousand costs three
times as much as this, and a story of an entity opens a page for nearly every event of it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Raw

from trunkline.eventlog.page import PageCodec, Repeating
from trunkline.eventlog.port import Query
from trunkline.kernel.errors import Corrupt
from trunkline.kernel.event import Event, Stored

T = TypeVar("T")

_NOTHING = Raw()

_HEADS = {0xDC: 3, 0xDD: 5}
"""How many bytes the head of a MessagePack array has, by the first of them, where it is not one."""


class _Packed(msgspec.Struct, array_like=True, frozen=True):
    """The columns of a page, each still packed, in the order of the page codec's."""

    id: Raw
    source: Raw
    type: Raw
    subject: Raw
    time: Raw
    recorded: Raw
    contract: Raw
    correlation: Raw
    data: Raw
    given: Raw = _NOTHING
    parent: Raw = _NOTHING


class _Second(msgspec.Struct, Generic[T], array_like=True, frozen=True):
    """The second element of an array; the decoder steps over all others."""

    first: Raw
    second: T


_packed = msgspec.msgpack.Decoder(_Packed).decode
_repeating = msgspec.msgpack.Decoder(Repeating).decode
_texts = msgspec.msgpack.Decoder(list[str]).decode
_text = msgspec.msgpack.Decoder(_Second[str]).decode
_number = msgspec.msgpack.Decoder(_Second[int]).decode
_bytes = msgspec.msgpack.Decoder(_Second[bytes]).decode


def matching(
    codec: PageCodec, stream: str, base: int, count: int, stored: bytes, query: Query
) -> list[Stored]:
    """Return the newest ``query.limit`` events of a stored page that match, newest first.

    Raises ``Corrupt`` where it is not the page that was put there.
    """

    def found(packed: bytes) -> list[Stored]:
        columns = _packed(packed)
        indices = [index for index in _indices(columns, count, query) if _is_before(base + index, query)]
        if not indices:
            return []
        event = _reader(columns, count)
        newest = indices[-1 : -query.limit - 1 : -1]
        return [Stored(stream, base + index, event(index), base) for index in newest]

    return codec.read(stream, base, count, stored, found)


def _is_before(offset: int, query: Query) -> bool:
    return query.before is None or offset < query.before


def _indices(columns: _Packed, count: int, query: Query) -> Sequence[int]:
    """Return where in a page all values asked for stand together."""
    indices: Sequence[int] = range(count)
    for name in ("id", "correlation", "subject"):
        if wanted := getattr(query, name):
            values = _texts(getattr(columns, name))
            if len(values) != count:
                raise Corrupt(f"holds {len(values)} events and should hold {count}")
            same = set(_places(values, wanted))
            indices = [index for index in indices if index in same]
    return indices


def _places(values: list[str], wanted: str) -> Iterator[int]:
    """Yield where a value stands; ``list.index`` looks several times as fast as a loop."""
    at = -1
    with contextlib.suppress(ValueError):
        while True:
            at = values.index(wanted, at + 1)
            yield at


def _reader(columns: _Packed, count: int) -> Callable[[int], Event]:
    """Return how one event of a page is made."""
    each: list[Callable[[int], Any]] = [
        _one(columns.id, count, _text),
        _repeated(columns.source),
        _repeated(columns.type),
        _one(columns.subject, count, _text),
        _one(columns.time, count, _number),
        _one(columns.recorded, count, _number),
        _repeated(columns.contract),
        _one(columns.correlation, count, _text),
        _one(columns.data, count, _bytes),
        _repeated(columns.given),
        _one(columns.parent, count, _text),
    ]
    return lambda index: Event(*[value(index) for value in each])


def _one(column: Raw, count: int, decode: Callable[[bytes], _Second[Any]]) -> Callable[[int], Any]:
    """Return how the value of one event is read of a column that has one for each, or none at all.

    Behind another head the column is an array of those before it, it, and each of those after it.
    """
    packed = memoryview(column)
    values = packed[_HEADS.get(packed[0], 1) :] if packed else packed
    if not values:
        return lambda _: ""
    return lambda index: decode(b"".join((_head(count - index + 1), _head(index), values))).second


def _head(length: int) -> bytes:
    """Return how MessagePack begins an array of so many."""
    return b"\xdd" + length.to_bytes(4, "big")


def _repeated(column: Raw) -> Callable[[int], str]:
    if not memoryview(column):
        return lambda _: ""
    values, codes = msgspec.structs.astuple(_repeating(column))
    return lambda index: values[codes[index] if codes else 0]
