"""Time, passed in: nothing else in the package asks the system what time it is.

Instants are ``int`` microseconds since 1970-01-01T00:00:00Z (UTC): exact, sortable and eight bytes
in a page. They become RFC 3339 text only where a person or another system reads them.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from typing import Protocol

SECOND = 1_000_000
"""Microseconds in a second: the unit of every instant and duration that is an ``int``."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


class Clock(Protocol):
    """What time it is, and a way to wait that a test can drive by hand."""

    def now(self) -> int:
        """Return the present instant in microseconds since the epoch."""

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back, for durations within this process."""

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` of this clock."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        """Return the present instant in microseconds since the epoch."""
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait on the running event loop."""
        await asyncio.sleep(seconds)


def to_rfc3339(instant: int) -> str:
    """Write an instant as RFC 3339 text in UTC, with as many digits of a second as it has."""
    moment = _EPOCH + dt.timedelta(microseconds=instant)
    return moment.isoformat(timespec="auto").replace("+00:00", "Z")


def from_rfc3339(text: str) -> int:
    """Read RFC 3339 text (or a plain date or local date-time, taken as UTC) as an instant.

    Raises ``ValueError`` where the text is neither.
    """
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return (moment - _EPOCH) // _MICROSECOND
