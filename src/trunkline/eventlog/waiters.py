"""Whoever waits for a stream to grow: engines keep one and wake it after each commit."""

from __future__ import annotations

import asyncio


class Waiters:
    """The waiting readers of every stream, on one event loop."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[tuple[int, asyncio.Future[None]]]] = {}

    @property
    def are_any(self) -> bool:
        """Whether anybody waits."""
        return any(self._waiting.values())

    async def wait(self, stream: str, start: int) -> None:
        """Return once ``wake`` told that the stream has an event at ``start`` or later."""
        grown: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (start, grown)
        self._waiting.setdefault(stream, []).append(entry)
        try:
            await grown
        finally:
            if entry in self._waiting[stream]:  # given up, or failed: nobody woke it
                self._waiting[stream].remove(entry)

    def wake(self, stream: str, next_offset: int) -> None:
        """Wake all that wait for an offset below ``next_offset``."""
        waiting = self._waiting.get(stream)
        if not waiting:
            return
        self._waiting[stream] = [entry for entry in waiting if entry[0] >= next_offset]
        for start, grown in waiting:
            if start < next_offset and not grown.done():
                grown.set_result(None)

    def fail(self, error: Exception) -> None:
        """Have all that wait raise ``error``: nobody can tell them any more how far a stream reaches."""
        for waiting in self._waiting.values():
            for _, grown in waiting:
                if not grown.done():
                    grown.set_exception(error)
