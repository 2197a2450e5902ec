"""One snapshot that everybody who looks shares, read again only while somebody looks and it is old."""

from __future__ import annotations

import asyncio
from collections import deque

from trunkline.app.backbone import Backbone
from trunkline.app.changes import Changes
from trunkline.app.overview import LastHour, last_hour
from trunkline.app.snapshot import Latest, Snapshot, snapshot, with_counted_rates, with_rates
from trunkline.surfaces.dashboard.memory import Memory

FRESH_SECONDS = 2.0
"""A younger snapshot is shown again."""
HOUR_FRESH_SECONDS = 15.0
"""A younger account of the last hour is shown again: its last minute is under way in any case."""
RATE_SECONDS = 60.0
"""Rates are taken over this time, as far as somebody looked."""
FORGET_SECONDS = 300.0
"""What is older says nothing about rates now."""


class Sights:
    """Reads snapshots; who comes while one is read waits for that one. ``memory`` is for all else."""

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone
        self.changes = Changes(backbone)
        self._latest: dict[str, Latest] = {}
        self._kept: deque[tuple[float, Snapshot]] = deque()
        self._shown: tuple[float, Snapshot] | None = None
        self._hour: tuple[float, LastHour] | None = None
        self._one_at_a_time = asyncio.Lock()
        self.memory = Memory()

    async def now(self, fresh_seconds: float = FRESH_SECONDS) -> Snapshot:
        """Return a snapshot no older than ``fresh_seconds``."""
        async with self._one_at_a_time:
            at = self._backbone.machine.clock.monotonic()
            if self._shown is None or at - self._shown[0] >= fresh_seconds:
                self._shown = at, await self._read(at)
            return self._shown[1]

    async def hour(self) -> LastHour:
        """Return what happened in the last hour, as of some seconds ago."""
        async with self._one_at_a_time:
            at = self._backbone.machine.clock.monotonic()
            if self._hour is None or at - self._hour[0] >= HOUR_FRESH_SECONDS:
                self._hour = at, await last_hour(self._backbone)
            return self._hour[1]

    async def _read(self, at: float) -> Snapshot:
        seen, kept = await snapshot(self._backbone, self._latest), self._kept
        while kept and at - kept[0][0] > FORGET_SECONDS:
            kept.popleft()
        while len(kept) > 1 and at - kept[1][0] >= RATE_SECONDS:
            kept.popleft()
        rated = with_rates(seen, kept[0][1]) if kept else await with_counted_rates(self._backbone, seen)
        kept.append((at, seen))
        return rated
