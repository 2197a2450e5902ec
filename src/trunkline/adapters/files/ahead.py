"""A blocking generator, run in threads one step ahead of whoever awaits its steps.

The source reads the next batch of a file with it while intake stores the one before.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """The steps of ``steps``; ``stop`` is what makes them end early."""

    def __init__(self, steps: Generator[T, None, None], stop: threading.Event) -> None:
        self._steps = steps
        self._stop = stop
        self._next = self._begin()

    def _begin(self) -> asyncio.Future[T | None]:
        return asyncio.get_running_loop().run_in_executor(None, next, self._steps, None)

    async def step(self) -> T | None:
        """Return the next step, None after the last and once closed; raises what the generator raised."""
        if self._stop.is_set():
            return None
        # shielded: cancelling whoever waits does not end the thread
        step = await asyncio.shield(self._next)
        if not self._stop.is_set():  # closing waits for the step under way, and for no other
            self._next = self._begin()
        return step

    async def close(self) -> None:
        """Stop the thread at its next look at ``stop`` and release what the generator holds open."""
        self._stop.set()
        await asyncio.wait([self._next])
        if not self._next.cancelled():
            self._next.exception()  # looked at, so that nobody is told it was forgotten
        self._steps.close()
