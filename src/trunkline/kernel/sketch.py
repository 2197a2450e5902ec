"""How long many things took, in a few numbers: counts in buckets that are added up exactly.

Buckets grow with what they hold, 32 to every doubling, as in HdrHistogram (http://hdrhistogram.org) and in
DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch", VLDB 2019): a quantile is
wrong by at most 1/64 of itself, or by half a millisecond where that is more. Which bucket it is comes of
``int.bit_length``, no logarithm. All counts stand in one integer, 64 bits each, so two sketches are added,
and one taken from another, by adding and taking integers.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable

import msgspec

UNIT_BITS = 10
"""The width of the narrowest bucket, 2**10 microseconds."""

_FINE_BITS = 5
_FINE = 1 << _FINE_BITS
_LANE_BITS = 64
_LANE_BYTES = _LANE_BITS // 8
_LANE = (1 << _LANE_BITS) - 1

RELATIVE_ERROR = 1 / (2 * _FINE)
"""How far a quantile is from what it stands for, at most, where that is over 32 ms."""


class Sketch(msgspec.Struct, frozen=True):
    """Counts of spans of time, in microseconds, a bucket every 64 bits of ``lanes``, the shortest lowest.

    The lowest lane holds those below 0, which count as 0: the clock that gave their start was ahead of ours.
    """

    lanes: int = 0

    def __add__(self, other: Sketch) -> Sketch:
        """Return the sketch of what either holds."""
        return Sketch(self.lanes + other.lanes)

    def __sub__(self, other: Sketch) -> Sketch:
        """Return the sketch without what ``other`` holds, all of which has to be in this one."""
        return Sketch(self.lanes - other.lanes)

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(_counts(self.lanes))

    @property
    def ahead(self) -> int:
        """How many of them were below 0."""
        return self.lanes & _LANE

    def quantiles(self, *shares: float) -> list[int | None]:
        """Return for each of ``shares`` (0 to 1) the span that so many are no longer than; None of nothing.

        That is the element at index ``ceil(share * count) - 1`` of all in order, within the known error.
        """
        counts = _counts(self.lanes)
        total = sum(counts)
        return [_value(_lane_at(counts, share, total)) if total else None for share in shares]

    def packed(self) -> bytes:
        """Return the sketch as bytes, empty where it is.

        First which lane is the lowest and how many there are, then all their lowest bytes, all their second
        ones, and so on as far as any lane goes: as Parquet's BYTE_STREAM_SPLIT, and quick to undo.
        """
        if not self.lanes:
            return b""
        low = ((self.lanes & -self.lanes).bit_length() - 1) // _LANE_BITS
        lanes = self.lanes >> (low * _LANE_BITS)
        size = -(-lanes.bit_length() // _LANE_BITS)
        whole = lanes.to_bytes(size * _LANE_BYTES, "little")
        planes = [whole[index::_LANE_BYTES] for index in range(_LANE_BYTES)]
        while not any(planes[-1]):
            planes.pop()
        return b"".join((low.to_bytes(2, "little"), size.to_bytes(2, "little"), *planes))


def unpacked(packed: bytes | None) -> Sketch:
    """Return the sketch that was packed."""
    return Sketch(unpacked_lanes(packed)) if packed else EMPTY


def unpacked_lanes(packed: bytes) -> int:
    """Return the lanes of a sketch that was packed and is not empty: to add up many of them."""
    low, size = int.from_bytes(packed[:2], "little"), int.from_bytes(packed[2:4], "little")
    whole = bytearray(size * _LANE_BYTES)
    for index, start in enumerate(range(4, len(packed), size)):
        whole[index::_LANE_BYTES] = packed[start : start + size]
    return int.from_bytes(whole, "little") << (low * _LANE_BITS)


def sketch_of(spans: Iterable[int]) -> Sketch:
    """Return the sketch of spans in microseconds.

    They are put in order and cut at the buckets' ends, so it costs by the bucket what it saves by the span.
    """
    ordered = sorted(spans)
    if not ordered:
        return EMPTY
    counts = array("Q", bytes((_lane(ordered[-1]) + 1) * _LANE_BYTES))
    start, end = 0, len(ordered)
    while start < end:
        lane = _lane(ordered[start])
        after = bisect_left(ordered, _bound(lane), start + 1)
        counts[lane] = after - start
        start = after
    return Sketch(int.from_bytes(_little(counts), "little"))


def _lane(span: int) -> int:
    """Return which lane counts a span."""
    if span < 0:
        return 0
    units = span >> UNIT_BITS
    coarse = max(0, units.bit_length() - _FINE_BITS - 1)
    return 1 + coarse * _FINE + (units >> coarse)


def _bound(lane: int) -> int:
    """Return the first span above those that a lane counts."""
    coarse = max(0, lane // _FINE - 1)
    return (lane - coarse * _FINE) << (coarse + UNIT_BITS)


def _value(lane: int) -> int:
    """Return the span in the middle of those that a lane counts."""
    return (_bound(lane - 1) + _bound(lane)) // 2 if lane else 0


def _counts(lanes: int) -> array[int]:
    size = (lanes.bit_length() + _LANE_BITS - 1) // _LANE_BITS
    return _little(array("Q", lanes.to_bytes(size * _LANE_BYTES, "little")))


def _little(lanes: array[int]) -> array[int]:
    """Return lanes from the order of this machine's bytes to the least significant first, or back."""
    if sys.byteorder == "big":
        lanes.byteswap()
    return lanes


def _lane_at(counts: array[int], share: float, total: int) -> int:
    rank = max(1, -int(-share * total // 1))
    for lane, count in enumerate(counts):
        rank -= count
        if rank <= 0:
            return lane
    return len(counts) - 1


EMPTY = Sketch()
