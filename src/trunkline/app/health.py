"""Whether a running process should get traffic: which part of it is down, and whether it can store.

The composition root notes here what fails and what works again; the door asks for ``GET /ready``. A
target that is away is no reason: what arrives is stored and waits for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from trunkline.connectors.source import Receipt
from trunkline.intake.accept import Intake, Judged
from trunkline.kernel.clock import Clock
from trunkline.kernel.errors import StoreError

STORE_SECONDS = 30.0
"""How long the store counts as failing after it refused an arrival: senders are told to wait as long."""


class Health:
    """What is down now, by part, and why."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._down: dict[str, tuple[str, float]] = {}

    def down(self, part: str, why: str, seconds: float = math.inf) -> None:
        """Note that ``part`` does not work, until it is ``up`` or for so long."""
        self._down[part] = (why, self._clock.monotonic() + seconds)

    def up(self, part: str) -> None:
        """Note that ``part`` works."""
        self._down.pop(part, None)

    def unready(self) -> str:
        """Return every part that is down with why, or an empty text where nothing is."""
        now = self._clock.monotonic()
        return "; ".join(f"{part}: {why}" for part, (why, until) in self._down.items() if until > now)


class WatchedIntake(Intake):
    """An intake that notes whether the store takes what arrives."""

    health: Health

    async def store(self, judged: Sequence[Judged]) -> list[Receipt]:
        """Store as every intake does; raises what that raises."""
        try:
            receipts = await super().store(judged)
        except StoreError as error:
            self.health.down("store", str(error), STORE_SECONDS)
            raise
        self.health.up("store")
        return receipts
