"""What pages worked out, kept while what it was made of is as it was; worked out once for all who ask."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")

MOST = 64
"""How many things are kept; of more, what was first worked out longest ago is forgotten."""


class Memory:
    """Keeps one answer a name, with the state of what it was made of. What fails is not kept."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Hashable, asyncio.Future[Any]]] = {}

    async def of(self, name: str, state: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        """Return what ``work`` gives in this ``state``; who comes meanwhile waits for the same work."""
        known = self._kept.get(name)
        if known is None or known[0] != state or _failed(known[1]):
            self._kept.pop(name, None)
            while len(self._kept) >= MOST:
                del self._kept[next(iter(self._kept))]
            known = self._kept[name] = state, asyncio.ensure_future(work())
            known[1].add_done_callback(_heard)
        found: T = await asyncio.shield(known[1])
        return found

    async def made(self, name: str, state: Hashable, work: Callable[[], T]) -> T:
        """Return what ``work`` gives in this ``state``; it blocks, and is done off the event loop."""
        return await self.of(name, state, lambda: asyncio.to_thread(work))


def _failed(work: asyncio.Future[Any]) -> bool:
    return work.done() and (work.cancelled() or work.exception() is not None)


def _heard(work: asyncio.Future[Any]) -> None:
    if not work.cancelled():
        work.exception()  # told to whoever asked, and to nobody else
