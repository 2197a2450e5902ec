"""What a system can bear, over all flows that lead to it: ``limits`` of its file, kept.

The composition root gives every target of a system the same ``Bound`` and wraps the target with it, so
ten flows to one shop are still at most so many requests a second, and so many at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence

import msgspec

from trunkline.app.model import SystemLimits
from trunkline.connectors.target import Item, Progress, Target
from trunkline.kernel.clock import Clock
from trunkline.kernel.errors import DeliveryError, Final


class Bound:
    """The limits of one system: how many calls at a time, and how far apart they begin."""

    def __init__(self, limits: SystemLimits, clock: Clock) -> None:
        self._clock = clock
        self._calls = asyncio.Semaphore(limits.concurrency) if limits.concurrency else None
        self._apart_seconds = 1 / limits.requests_per_second if limits.requests_per_second else 0.0
        self._free_at = 0.0

    @property
    def is_none(self) -> bool:
        """Whether the system states no limit: then a call need not ask for its turn."""
        return self._calls is None and not self._apart_seconds

    @contextlib.asynccontextmanager
    async def call(self) -> AsyncIterator[None]:
        """Wait for a turn; the call is under way while the block runs."""
        async with self._calls or contextlib.nullcontext():
            await self._turn()
            yield

    async def _turn(self) -> None:
        now = self._clock.monotonic()
        begin = max(now, self._free_at)
        self._free_at = begin + self._apart_seconds
        if begin > now:
            await self._clock.sleep(begin - now)


class Limited:
    """A ``Target`` within the limits of its system.

    ``misfit`` is called with why the target does not take what it should, until a person mends it, and
    with an empty text once it does.
    """

    def __init__(
        self, target: Target, limits: SystemLimits, bound: Bound, misfit: Callable[[str], None]
    ) -> None:
        most = limits.concurrency or target.features.concurrency
        self.name = target.name
        self.features = msgspec.structs.replace(
            target.features, concurrency=min(most, target.features.concurrency)
        )
        self._target = target
        self._bound = bound
        self._misfit = misfit

    async def open(self) -> None:
        """Open the target; raises what that raises."""
        try:
            await self._target.open()
        except Final as error:
            self._misfit(error.detail)
            raise
        self._misfit("")

    async def deliver(self, items: Sequence[Item], progress: Progress | None) -> list[DeliveryError | None]:
        """Deliver in turn."""
        if self._bound.is_none:
            return await self._target.deliver(items, progress)
        async with self._bound.call():
            return await self._target.deliver(items, progress)

    async def progress(self, flow: str) -> Progress | None:
        """Return what the target has stored."""
        return await self._target.progress(flow)

    async def forget(self, flow: str, applied: Sequence[int]) -> None:
        """Have the target forget."""
        await self._target.forget(flow, applied)

    async def close(self) -> None:
        """Close the target."""
        await self._target.close()
