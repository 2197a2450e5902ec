"""Threads for what requests ask of the registry, so that it takes nothing from what arrives.

Reading a contract and comparing two may take a second of computing, which on the event loop would be a second
in which nobody is answered. A few run at a time, a bounded number waits, and nobody waits for ever.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from trunkline.kernel.errors import BusyError

THREADS = 2
UNDER_WAY = 64
"""How many requests are worked on or wait, all mounts together."""
SECONDS = 30.0
"""How long one is waited for."""

T = TypeVar("T")


class Workers:
    """Runs use-cases in threads of its own, each with an event loop of its own."""

    def __init__(self, threads: int = THREADS, under_way: int = UNDER_WAY, seconds: float = SECONDS) -> None:
        self._pool = ThreadPoolExecutor(threads, "registry")
        self._room = threading.BoundedSemaphore(under_way)
        self._seconds = seconds

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return what a use-case returns, and raise what it raises.

        Raises ``BusyError`` where too many are under way, or it takes too long: what has begun is then
        finished without anybody who waits for it.
        """
        if not self._room.acquire(blocking=False):
            raise BusyError("too much is asked at a time: come back", 1.0)
        future = self._pool.submit(lambda: asyncio.run(work()))
        future.add_done_callback(lambda _: self._room.release())
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            late = f"it was not done in {self._seconds:g} seconds: look whether it is by now, and come back"
            raise BusyError(late, self._seconds) from None

    def close(self) -> None:
        """Begin nothing more; what runs is finished."""
        self._pool.shutdown(wait=False, cancel_futures=True)
