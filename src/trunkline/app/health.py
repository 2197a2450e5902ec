"""What of a running process does not work now, by part, and how late its event loop is.

The composition root notes here what fails and what works again; ``app.readiness`` tells it together with what
is stored. A target that is away is not noted: what arrives is stored and waits for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from trunkline.connectors.source import Receipt
from trunkline.intake.accept import Intake, Judged
from trunkline.kernel.clock import SECOND, Clock
from trunkline.kernel.errors import StoreError
from trunkline.kernel.signals import FlowStalled, Signal

STORE_SECONDS = 30.0
"""How long the store counts as failing after it refused an arrival: senders are told to wait as long."""

AGAIN_SECONDS = 10.0
"""How long a flow that stalled counts as failed beyond the instant at which it tries again."""

_OWN = ("ahead", "damaged")
"""The kinds of stall that a flow cannot end by itself; others are its target's, the store's, or a wait."""

PULSE_SECONDS = 1.0
"""How often it is looked how late the event loop is."""


class Down(msgspec.Struct, frozen=True):
    """Why a part does not work, and since when (microseconds)."""

    why: str
    since: int


class Health:
    """What is down now, by part.

    Parts are ``store``, ``disk``, ``source NAME``, ``flow NAME``, ``target of flow NAME``, ``replay NAME``.
    ``lag_seconds`` is how late the event loop was at the worst in the last minute, while ``pulse`` runs.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._down: dict[str, tuple[Down, float]] = {}
        self._late: list[float] = []

    def down(self, part: str, why: str, seconds: float = math.inf) -> None:
        """Note that ``part`` does not work, until it is ``up`` or for so long."""
        known = self.known().get(part)
        since = known.since if known else self._clock.now()
        self._down[part] = (Down(why, since), self._clock.monotonic() + seconds)

    def up(self, part: str) -> None:
        """Note that ``part`` works."""
        self._down.pop(part, None)

    def known(self) -> dict[str, Down]:
        """Return every part that is down."""
        now = self._clock.monotonic()
        return {part: down for part, (down, until) in self._down.items() if until > now}

    def unready(self) -> str:
        """Return every part that is down with why, or an empty text where nothing is."""
        return "; ".join(f"{part}: {down.why}" for part, down in self.known().items())

    def hear(self, signal: Signal) -> None:
        """Note a flow that cannot go on, or cannot record what it did: then no arrival is stored either."""
        if not isinstance(signal, FlowStalled):
            return
        if signal.kind == "store":
            self.down("store", signal.detail, STORE_SECONDS)
        elif signal.kind in _OWN:
            seconds = (signal.retry_at - self._clock.now()) / SECOND + AGAIN_SECONDS
            self.down(f"flow {signal.flow}", f"{signal.kind}: {signal.detail}", seconds)

    @property
    def lag_seconds(self) -> float:
        """How late the event loop was at the worst in the last minute."""
        return max(self._late, default=0.0)

    async def pulse(self) -> None:
        """Measure how late the event loop is, for ever."""
        while True:
            asked = self._clock.monotonic()
            await self._clock.sleep(PULSE_SECONDS)
            late = max(0.0, self._clock.monotonic() - asked - PULSE_SECONDS)
            self._late = [*self._late[-59:], late]


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
