"""An answer that costs something, for many who ask: worked out once at a time, and kept for a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from trunkline.kernel.clock import Clock

T = TypeVar("T")


class Remembered(Generic[T]):
    """What ``work`` returns, no older than ``seconds`` when it is asked for; for one event loop.

    Who asks while it is worked out waits for that. What it raises is raised to each of them, and forgotten.
    """

    def __init__(self, work: Callable[[], Awaitable[T]], clock: Clock, seconds: float) -> None:
        self._work, self._clock, self._seconds = work, clock, seconds
        self._found: asyncio.Future[T] | None = None
        self._at = 0.0

    async def __call__(self) -> T:
        """Return it; who gives up leaves the work to the others."""
        if self._found is None or self._is_old(self._found):
            self._found = asyncio.ensure_future(self._work())
            self._found.add_done_callback(self._done)
        return await asyncio.shield(self._found)

    def _is_old(self, found: asyncio.Future[T]) -> bool:
        if not found.done():
            return False
        failed = found.cancelled() or found.exception() is not None
        return failed or self._clock.monotonic() >= self._at + self._seconds

    def _done(self, found: asyncio.Future[T]) -> None:
        self._at = self._clock.monotonic()
        if not found.cancelled():
            found.exception()  # told to whoever asked, and to nobody else
