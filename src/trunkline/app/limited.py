"""A target as wide as its system allows, which tells whether it takes what it should."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from trunkline.app.model import SystemLimits
from trunkline.connectors.target import Around, Target
from trunkline.kernel.errors import Final


class Limited(Around):
    """A ``Target`` that takes no more calls at a time than its system does.

    ``misfit`` is called with why the target does not take what it should, until a person mends it, and
    with an empty text once it does.
    """

    def __init__(self, target: Target, limits: SystemLimits, misfit: Callable[[str], None]) -> None:
        super().__init__(target)
        most = limits.concurrency or target.features.concurrency
        self.features = msgspec.structs.replace(
            target.features, concurrency=min(most, target.features.concurrency)
        )
        self._misfit = misfit

    async def open(self) -> None:
        """Open the target; raises what that raises."""
        try:
            await self._target.open()
        except Final as error:
            self._misfit(error.detail)
            raise
        self._misfit("")
