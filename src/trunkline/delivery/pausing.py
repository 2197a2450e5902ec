"""Which flows people have paused: a value, and the port that keeps it over restarts.

A paused flow finishes what it holds and takes nothing more until it is resumed; its events stay in the log.
``FlowRunner`` does it; here stands who wanted it. The in-memory reference is below,
``trunkline.testkit.pausing`` is the suite that every implementation passes.
"""

from __future__ import annotations

from typing import Protocol

import msgspec


class Pause(msgspec.Struct, frozen=True):
    """Who paused a flow, why and when (microseconds)."""

    by: str
    why: str
    at: int


class Pauses(Protocol):
    """Keeps which flows are paused. Methods raise ``StoreError`` and nothing of a driver."""

    async def load(self) -> dict[str, Pause]:
        """Return the pause of each flow that is paused, by its name."""

    async def put(self, flow: str, pause: Pause | None) -> None:
        """Store that a flow is paused, or with None that it is not, durable on return."""


class MemoryPauses:
    """A ``Pauses`` that forgets everything with the process."""

    def __init__(self) -> None:
        self._known: dict[str, Pause] = {}

    async def load(self) -> dict[str, Pause]:
        """Return the pause of each flow that is paused."""
        return dict(self._known)

    async def put(self, flow: str, pause: Pause | None) -> None:
        """Keep that a flow is paused, or that it is not."""
        self._known.pop(flow, None)
        if pause is not None:
            self._known[flow] = pause
