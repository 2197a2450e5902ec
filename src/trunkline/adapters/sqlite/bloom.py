"""A blocked Bloom filter of one 64-bit word a key: the question "never seen?" costs one look.

A key is 16 uniformly random bytes. Its first half chooses a word, its second half one of 16,384
patterns of up to five bits in that word (Putze, Sanders, Singler: "Cache-, Hash- and Space-Efficient
Bloom Filters", 2007). At 24 bits a key about 1 in 1,000 unseen keys is taken for a seen one, which
costs a look into the B-tree; a seen key is never missed.
"""

from __future__ import annotations

import functools
from array import array
from collections.abc import Sequence

_PATTERNS = 1 << 14
_BITS = 5
_MASK64 = (1 << 64) - 1


class Probes:
    """Keys made ready to be looked up in, or added to, any number of filters."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        halves = memoryview(b"".join(keys)).cast("Q").tolist()
        patterns = _patterns()
        self.places = halves[::2]
        self.patterns = [patterns[half % _PATTERNS] for half in halves[1::2]]


class Bloom:
    """A filter of ``words`` words (a power of two); from ``stored`` where it was kept."""

    def __init__(self, words: int, stored: bytes | None = None) -> None:
        self._words = array("Q", stored if stored is not None else bytes(8 * words))
        self._mask = len(self._words) - 1

    def add(self, probes: Probes) -> None:
        """Remember keys."""
        words, mask = self._words, self._mask
        for place, pattern in zip(probes.places, probes.patterns, strict=True):
            words[place & mask] |= pattern

    def hits(self, probes: Probes) -> list[int]:
        """Return the indices of the keys that may have been added; the others were certainly not."""
        words, mask = self._words, self._mask
        return [
            index
            for index, (place, pattern) in enumerate(zip(probes.places, probes.patterns, strict=True))
            if words[place & mask] & pattern == pattern
        ]

    def stored(self) -> bytes:
        """Return the words, to be kept."""
        return self._words.tobytes()


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
