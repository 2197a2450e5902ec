"""How a log that does not append learns what another process appended: it looks.

One look serves everyone who waits, whatever their streams. Looks are quick after one that found something
and seldom while nothing comes, so a busy flow waits for milliseconds and an idle one costs next to nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from trunkline.adapters.sqlite import pages
from trunkline.adapters.sqlite.store import Store
from trunkline.eventlog.waiters import Waiters
from trunkline.kernel.clock import Clock
from trunkline.kernel.errors import StoreError

SOONEST_SECONDS = 0.002
LATEST_SECONDS = 0.128


class Following:
    """Looks at the extent of all streams for as long as anybody waits; ``note`` is told what it saw."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        note: Callable[[Sequence[pages.StreamRow]], None],
        waiters: Waiters,
    ) -> None:
        self._store, self._clock, self._note, self._waiters = store, clock, note, waiters
        self._next: dict[str, int] = {}
        self._looking: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Look until nobody waits, beginning at once; whoever waits is told where the store fails."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="following the log")

    async def _look(self) -> None:
        pause = SOONEST_SECONDS
        try:
            while True:
                pause = SOONEST_SECONDS if await self._learn() else min(2 * pause, LATEST_SECONDS)
                if not self._waiters.are_any:
                    return
                await self._clock.sleep(pause)
        except StoreError as error:
            self._waiters.fail(error)

    async def _learn(self) -> bool:
        """Tell how far the streams reach, and return whether one has grown since the last look."""
        streams = await self._store.read(pages.stream_rows)
        reached = {stream.name: stream.next for stream in streams}
        grown, self._next = reached != self._next, reached
        self._note(streams)
        for stream in streams:
            self._waiters.wake(stream.name, stream.next)
        return grown
