"""How a flow waits, and how it is told to stop waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from trunkline.delivery.ledger import Position
from trunkline.kernel.clock import SECOND, Clock

LOOK_SECONDS = 5.0
"""How long an idle flow goes without a look at the ledger, where people answer dead letters."""

IDLE_LOOK_SECONDS = 60.0
"""The same for one of which nothing waits and nothing is dead: there is nothing to be answered."""


def look_seconds(position: Position | None) -> float:
    """Return how long a flow that is there may go without a look; None where that is not known."""
    return LOOK_SECONDS if position is None or position.owes or position.dead else IDLE_LOOK_SECONDS


class Control:
    """One flow's bell: rung when there is something to look at, and for good when it has to stop."""

    def __init__(self, clock: Clock) -> None:
        self.stopping = False
        self._clock = clock
        self._bell = asyncio.Event()

    def stop(self) -> None:
        """Ask the flow to finish what is under way and return."""
        self.stopping = True
        self._bell.set()

    def ring(self) -> None:
        """Have the flow look again."""
        self._bell.set()

    def hear(self) -> None:
        """Note that every ring up to now is being looked at."""
        if not self.stopping:
            self._bell.clear()

    async def wait(
        self, until: int | None, other: Coroutine[Any, Any, None] | asyncio.Task[None] | None
    ) -> None:
        """Return on a ring, at instant ``until``, or when ``other`` is done; raise what ``other`` raises.

        A coroutine given as ``other`` is cancelled with the wait, a task is left to go on.
        """
        own: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._bell.wait())]
        if until is not None:
            own.append(asyncio.ensure_future(self._clock.sleep((until - self._clock.now()) / SECOND)))
        if asyncio.iscoroutine(other):
            own.append(asyncio.ensure_future(other))
        watched = [*own, other] if isinstance(other, asyncio.Task) else own
        try:
            done, _ = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            for finished in done:
                finished.result()
        finally:
            for task in own:
                task.cancel()
            await asyncio.gather(*own, return_exceptions=True)


async def first_done(*others: Coroutine[Any, Any, Any] | asyncio.Future[Any]) -> None:
    """Return when the first of several is done; coroutines are cancelled then, tasks are left to go on."""
    waits = [asyncio.ensure_future(one) for one in others]
    own = [wait for wait, one in zip(waits, others, strict=True) if wait is not one]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in own:
            wait.cancel()
        await asyncio.gather(*own, return_exceptions=True)


class Crew:
    """Where workers rest that have nothing to do, until somebody has work for some of them."""

    def __init__(self) -> None:
        self._resting: list[asyncio.Future[None]] = []

    async def rest(self) -> None:
        """Return when roused."""
        rest = asyncio.get_running_loop().create_future()
        self._resting.append(rest)
        await rest

    def rouse(self, count: int) -> None:
        """Rouse up to ``count`` of those who rest."""
        while count > 0 and self._resting:
            rest = self._resting.pop()
            if not rest.done():
                rest.set_result(None)
                count -= 1
