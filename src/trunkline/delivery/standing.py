"""What of a target has to outlast a restart: that it is isolated, and that an outage is under way.

Everything else that its flows share is learned again within seconds. The port, and its in-memory reference;
``trunkline.testkit.standing`` is the suite that every implementation passes.
"""

from __future__ import annotations

from typing import Protocol

import msgspec


class Isolation(msgspec.Struct, frozen=True):
    """Who isolated a target, why and when (microseconds)."""

    by: str
    why: str
    at: int


class Outage(msgspec.Struct, frozen=True):
    """An outage that is not over: since when (microseconds), and how many calls a second were normal before.

    ``normal`` is 0 where that is not known. ``kind`` and ``detail`` say what the target failed with.
    """

    since: int
    normal: float
    kind: str
    detail: str


class Standing(msgspec.Struct, frozen=True):
    """How a target stands; without either part it is simply there."""

    isolation: Isolation | None = None
    outage: Outage | None = None


class Standings(Protocol):
    """Keeps the standing of every target. Methods raise ``StoreError`` and nothing of a driver."""

    async def load(self) -> dict[str, Standing]:
        """Return the standing of each target that is not simply there, by its name."""

    async def isolate(self, target: str, isolation: Isolation | None) -> None:
        """Store that a target is isolated, or with None that it is not, durable on return."""

    async def note(self, target: str, outage: Outage | None) -> None:
        """Store that an outage of a target is under way, or with None that it is over."""


class MemoryStandings:
    """A ``Standings`` that forgets everything with the process."""

    def __init__(self) -> None:
        self._known: dict[str, Standing] = {}

    async def load(self) -> dict[str, Standing]:
        """Return the standing of each target that is not simply there."""
        return {name: one for name, one in self._known.items() if one != Standing()}

    async def isolate(self, target: str, isolation: Isolation | None) -> None:
        """Keep that a target is isolated, or that it is not."""
        known = self._known.get(target, Standing())
        self._known[target] = msgspec.structs.replace(known, isolation=isolation)

    async def note(self, target: str, outage: Outage | None) -> None:
        """Keep that an outage is under way, or that it is over."""
        known = self._known.get(target, Standing())
        self._known[target] = msgspec.structs.replace(known, outage=outage)
