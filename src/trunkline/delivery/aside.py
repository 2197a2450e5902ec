"""The bearing of a target for one who stands aside: a replay, which goes behind all that is live.

It keeps to a rate of its own and has its turn once nobody else waits for one. What comes of its calls counts
as that of any other.
"""

from __future__ import annotations

import asyncio
from typing import TypeAlias

from trunkline.delivery.bearing import Bearing, Call
from trunkline.delivery.control import Control, first_done
from trunkline.kernel.clock import SECOND, Clock


class Aside:
    """A ``Bearing`` for at most ``per_second`` events while fewer than ``room`` calls are under way."""

    def __init__(self, bearing: Bearing, clock: Clock, *, per_second: float, room: int) -> None:
        self._bearing = bearing
        self._clock = clock
        self._room = room
        self._apart = round(SECOND / per_second)
        self._free_at = 0
        self._one = asyncio.Lock()
        self._rung = asyncio.Event()
        self.answered, self.refused, self.away = bearing.answered, bearing.refused, bearing.away
        self.retries, self.heed = bearing.retries, bearing.heed

    @property
    def is_closed(self) -> bool:
        """Whether the breaker lets calls through side by side."""
        return self._bearing.is_closed

    async def turn(self, control: Control) -> Call | None:
        """Return when a call of one event may begin; None once ``control`` is told to stop."""
        async with self._one:
            while (wait := self._free_at - self._clock.now()) > 0 and not control.stopping:
                await first_done(self._clock.sleep(wait / SECOND), self._rung.wait())
            call = await self._bearing.turn(control, room=self._room)
            if call is not None:
                self._free_at = call.at + self._apart
            return call

    def attempt(self, events: int, retries: int) -> None:
        """Count an attempt of ``events``: each one more makes the next turn later."""
        self._free_at += (events - 1) * self._apart
        self._bearing.attempt(events, retries)

    def forgo(self, call: Call) -> None:
        """Give a call back that was not made, and its place in the rate."""
        self._free_at -= self._apart
        self._bearing.forgo(call)

    def ring(self) -> None:
        """Have those who wait for a turn look again."""
        self._rung.set()
        self._rung = asyncio.Event()
        self._bearing.ring()


AnyBearing: TypeAlias = Bearing | Aside
"""What a flow asks for its turns."""
