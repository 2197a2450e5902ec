"""A Bloom filter in two levels of 64-bit words: the question "never seen?" mostly costs one look.

A key is 16 uniformly random bytes. In each level one half of it chooses a word and one of 16,384
patterns of up to four bits in that word (blocked filters: Putze, Sanders, Singler, "Cache-, Hash-
and Space-Efficient Bloom Filters", 2007). The second level is asked about what passes the first: at
12 bits a key in each, one unseen key in 80 passes one level and one in 6,000 both. That one costs a
look into the B-tree. A seen key is never missed.
"""

from __future__ import annotations

import functools
from array import array
from collections.abc import Iterable, Sequence

_PATTERNS = 1 << 14
_BITS = 4
_MASK64 = (1 << 64) - 1


class Probes:
    """Keys made ready to be looked up in any number of filters with the same number of words."""

    def __init__(self, keys: Sequence[bytes], words: int) -> None:
        quarters = memoryview(b"".join(keys)).cast("I")
        self._mask = words - 1
        self._deeper = quarters[2::4].tolist(), quarters[3::4].tolist()
        self.places, self.patterns = self._aim(quarters[::4].tolist(), quarters[1::4].tolist())

    def deeper(self, indices: Iterable[int]) -> tuple[list[int], list[int]]:
        """Return places and patterns in the second level of the keys at ``indices``."""
        places, patterns = self._deeper
        chosen = list(indices)
        return self._aim([places[index] for index in chosen], [patterns[index] for index in chosen])

    def _aim(self, places: list[int], patterns: list[int]) -> tuple[list[int], list[int]]:
        table, mask, last = _patterns(), self._mask, _PATTERNS - 1
        return [place & mask for place in places], [table[pattern & last] for pattern in patterns]


class Bloom:
    """A filter of twice ``words`` words (a power of two); from ``stored`` where it was kept."""

    def __init__(self, words: int, stored: bytes | None = None) -> None:
        kept = stored if stored is not None else bytes(16 * words)
        self._first = array("Q", kept[: 8 * words])
        self._second = array("Q", kept[8 * words :])

    def add(self, probes: Probes) -> None:
        """Remember keys."""
        levels = (
            (self._first, probes.places, probes.patterns),
            (self._second, *probes.deeper(range(len(probes.places)))),
        )
        for words, places, patterns in levels:
            for place, pattern in zip(places, patterns, strict=True):
                words[place] |= pattern

    def hits(self, probes: Probes) -> list[int]:
        """Return the indices of the keys that may have been added; the others were certainly not."""
        passed = _matching(self._first, range(len(probes.places)), probes.places, probes.patterns)
        return _matching(self._second, passed, *probes.deeper(passed)) if passed else passed

    def stored(self) -> bytes:
        """Return the words, to be kept."""
        return self._first.tobytes() + self._second.tobytes()


def _matching(words: array[int], indices: Iterable[int], places: list[int], patterns: list[int]) -> list[int]:
    probes = zip(indices, places, patterns, strict=True)
    return [index for index, place, pattern in probes if words[place] & pattern == pattern]


@functools.cache
def _patterns() -> list[int]:
    return [_pattern(_mixed(number)) for number in range(_PATTERNS)]


def _pattern(chance: int) -> int:
    return functools.reduce(int.__or__, (1 << (chance >> 6 * bit & 63) for bit in range(_BITS)))


def _mixed(number: int) -> int:
    """Spread a number over 64 bits (the finaliser of SplitMix64): filters are kept, so it never changes."""
    number = (number + 1) * 0x9E3779B97F4A7C15 & _MASK64
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & _MASK64
    number = (number ^ number >> 27) * 0x94D049BB133111EB & _MASK64
    return number ^ number >> 31
