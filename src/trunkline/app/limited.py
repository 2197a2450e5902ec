"""A target as wide as its system allows, which tells whether it takes what it should."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from trunkline.app.model import SystemLimits
from trunkline.connectors.target import Item, Progress, Target
from trunkline.kernel.errors import DeliveryError, Final


class Limited:
    """A ``Target`` that takes no more calls at a time than its system does.

    ``misfit`` is called with why the target does not take what it should, until a person mends it, and
    with an empty text once it does.
    """

    def __init__(self, target: Target, limits: SystemLimits, misfit: Callable[[str], None]) -> None:
        most = limits.concurrency or target.features.concurrency
        self.name = target.name
        self.features = msgspec.structs.replace(
            target.features, concurrency=min(most, target.features.concurrency)
        )
        self._target = target
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
        """Deliver."""
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
