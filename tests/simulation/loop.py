"""An event loop whose time is made up: where nothing can go on without time passing, time passes at once.

Everything runs in the order it was made ready, so what happens is a function of the program and of the
chance it was given, never of the machine.
"""

from __future__ import annotations

import asyncio
import math
import selectors

from trunkline.kernel.clock import SECOND
from trunkline.testkit.clock import START

MOST_TURNS = 20_000
"""How many turns the loop makes at one instant before it says that nothing will ever come of it."""


class Deadlock(Exception):
    """Everybody waits, and no time that passes will wake anybody."""


class Livelock(Exception):
    """Somebody works for ever and lets no time pass."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; ``time`` is in seconds from its beginning."""

    def __init__(self) -> None:
        self._passed = _Passed()
        super().__init__(self._passed)
        self._clock_resolution = 1 / SECOND

    def time(self) -> float:
        """Return the made-up time."""
        return self._passed.microseconds / SECOND

    @property
    def microseconds(self) -> int:
        """The made-up time, exactly."""
        return self._passed.microseconds

    def forget_turns(self) -> None:
        """Begin to count turns anew."""
        self._passed.turns = 0


class _Passed(selectors.SelectSelector):
    """Instead of waiting for a file, lets the time pass that would have been waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.microseconds = 0
        self.turns = 0

    def select(self, timeout=None):
        if timeout is None:
            raise Deadlock("everybody waits for somebody else, and no time that passes wakes anybody")
        self.turns += 1
        if timeout > 0:
            self.microseconds += max(1, math.ceil(timeout * SECOND - 1e-3))
            self.turns = 0
        if self.turns > MOST_TURNS:
            raise Livelock(f"{MOST_TURNS} turns of the loop at one instant: somebody works on and on")
        return []


class LoopClock:
    """The clock of everything in a world: the loop's time, from the same instant each time."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def now(self) -> int:
        return START + self._loop.microseconds

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


def run(loop: VirtualLoop, story) -> None:
    """Run a coroutine to its end on ``loop``, and leave nothing of it behind, whatever comes of it."""
    try:
        loop.run_until_complete(story)
    finally:
        loop.forget_turns()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left))
        loop.close()
