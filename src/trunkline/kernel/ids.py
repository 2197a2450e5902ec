"""Identifiers and randomness, passed in so that a test can replay them.

A correlation ID is a 32-digit trace id of W3C Trace Context: see ``tracing``.
"""

from __future__ import annotations

import random
from typing import Protocol
from uuid import UUID

from trunkline.kernel.clock import Clock


class Ids(Protocol):
    """A source of identifiers and of chance."""

    def uuid7(self) -> str:
        """Return a new UUID as text (RFC 9562, version 7), greater than all that were given before."""

    def trace_id(self) -> str:
        """Return a new correlation ID: 32 lowercase hexadecimal digits, never all zero."""

    def span_id(self) -> str:
        """Return a new span ID: 16 lowercase hexadecimal digits, never all zero."""

    def chance(self) -> float:
        """Return a uniform number in [0, 1), for jitter and sampling."""


class SystemIds:
    """Identifiers and jitter from one generator, seeded by the operating system unless a seed is given."""

    def __init__(self, clock: Clock, seed: int | None = None) -> None:
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311  identifiers and jitter, not secrets
        self._bits = self._random.getrandbits
        self._last = (0, 0)

    def uuid7(self) -> str:
        """Return a new UUID as text, greater than the last also within a millisecond (RFC 9562, 6.2)."""
        milliseconds, last = self._last
        now = self._clock.now() // 1000
        # the first of a millisecond leaves the highest bit free, so that the later ones never overflow
        self._last = (
            (now, self._bits(73)) if now > milliseconds else (milliseconds, last + 1 + self._bits(32))
        )
        return str(UUID(int=_uuid7_bits(*self._last)))

    def trace_id(self) -> str:
        """Return a new correlation ID."""
        return (self._bits(128) or 1).to_bytes(16, "big").hex()

    def span_id(self) -> str:
        """Return a new span ID."""
        return (self._bits(64) or 1).to_bytes(8, "big").hex()

    def chance(self) -> float:
        """Return a uniform number in [0, 1)."""
        return self._random.random()


def _uuid7_bits(milliseconds: int, chance: int) -> int:
    """Lay out RFC 9562 section 5.7: 48 bits of time, version, 12 of chance, variant, 62 of chance."""
    return milliseconds << 80 | 0x7 << 76 | (chance >> 62) << 64 | 0b10 << 62 | chance & (1 << 62) - 1
