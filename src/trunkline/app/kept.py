"""A part of a running project that begins again when it fails: a flow, a source.

Whatever one raises is its own failure only. It is signalled with the kind of error and the line it came
from, never with its text, which may hold a record's value; it counts as down until it has run for a while.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from trunkline.app.health import Health
from trunkline.kernel.clock import Clock

PAUSE_SECONDS = 5.0
"""How long after a failure a part begins again."""

Failed: TypeAlias = Callable[[Exception, str], None]
"""Tells of a failure and its description."""


class Kept:
    """Runs ``work`` until it returns, again after each failure, until ``stop``."""

    def __init__(
        self, part: str, work: Callable[[], Awaitable[None]], failed: Failed, health: Health, clock: Clock
    ) -> None:
        self._part, self._work, self._failed = part, work, failed
        self._health, self._clock = health, clock
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Return once the work is done, or ``stop`` was called during a pause."""
        while True:
            try:
                return await self._work()
            except Exception as error:  # noqa: BLE001  whatever a part raises is its own failure only
                what = describe(error)
                self._health.down(self._part, what, 2 * PAUSE_SECONDS)
                self._failed(error, f"{what}; it begins again in {PAUSE_SECONDS:g} seconds")
            if await self._stopped_in_pause():
                return None

    def stop(self) -> None:
        """End a pause and begin no more; the work itself is stopped by whoever knows how."""
        self._stopping.set()

    async def _stopped_in_pause(self) -> bool:
        waits = [
            asyncio.ensure_future(self._stopping.wait()),
            asyncio.ensure_future(self._clock.sleep(PAUSE_SECONDS)),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
        return self._stopping.is_set()


def describe(error: Exception) -> str:
    """Return an error's kind and the line it came from, without its text."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
