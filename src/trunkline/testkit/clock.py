"""A clock that moves only when a test says so, and identifiers that come in order."""

from __future__ import annotations

import asyncio
import heapq
import itertools

from trunkline.kernel.clock import SECOND

START = 1_767_225_600 * SECOND
"""Where a hand-driven clock starts: 2026-01-01T00:00:00Z."""


class ManualClock:
    """A ``Clock`` driven by hand: ``advance`` wakes the sleepers that are due, in their order."""

    def __init__(self, start: int = START) -> None:
        self._now = start
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> int:
        """Return the instant this clock stands at."""
        return self._now

    def monotonic(self) -> float:
        """Return seconds since the epoch, as this clock never goes back."""
        return self._now / SECOND

    async def sleep(self, seconds: float) -> None:
        """Return once the clock was advanced by ``seconds``."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + round(seconds * SECOND), next(self._order), wake))
        await wake

    @property
    def next_wake(self) -> int | None:
        """The instant the first sleeper waits for, or None where nobody sleeps."""
        return self._sleepers[0][0] if self._sleepers else None

    def advance(self, seconds: float) -> None:
        """Move on by ``seconds`` and wake everyone whose time has come."""
        self.advance_to(self._now + round(seconds * SECOND))

    def advance_to(self, instant: int) -> None:
        """Move on to ``instant`` and wake everyone whose time has come."""
        self._now = max(self._now, instant)
        while self._sleepers and self._sleepers[0][0] <= self._now:
            _, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                wake.set_result(None)


class CountingIds:
    """An ``Ids`` whose identifiers count up and whose chance is always ``chance_value``."""

    def __init__(self, chance_value: float = 0.5) -> None:
        self._count = itertools.count(1)
        self._chance = chance_value

    def uuid7(self) -> str:
        """Return the next identifier in the shape of a UUID, version 7."""
        return f"00000000-0000-7000-8000-{next(self._count):012x}"

    def trace_id(self) -> str:
        """Return the next correlation ID."""
        return f"{next(self._count):032x}"

    def span_id(self) -> str:
        """Return the next span ID."""
        return f"{next(self._count):016x}"

    def chance(self) -> float:
        """Return the same chance every time."""
        return self._chance
