"""Who looks at a page is told when it changed: server-sent events, a bounded number at a time.

A stream asks its page every few seconds whether what it shows is other than before; all who look at one
address share the answer. Where nobody looks, nothing is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from trunkline.kernel import json
from trunkline.kernel.clock import Clock, to_rfc3339
from trunkline.surfaces.dashboard.answers import SECURITY
from trunkline.surfaces.door import Receive, Send

STREAMS = 64
"""How many look at a time; more are told to come back, and their pages stand still."""

Look = Callable[[], Awaitable[str]]
"""Returns what a page's data is known by: another text where it is other data."""


class Streams:
    """The streams that are open. ``close`` ends them, or the door could not."""

    def __init__(self, clock: Clock, most: int = STREAMS) -> None:
        self._clock, self._most = clock, most
        self._open = 0
        self._seen: dict[str, tuple[float, asyncio.Future[str]]] = {}
        self._closing = asyncio.Event()

    @property
    def full(self) -> bool:
        """Whether no more may look."""
        return self._open >= self._most or self._closing.is_set()

    def close(self) -> None:
        """End every stream."""
        self._closing.set()

    async def serve(
        self, url: str, seen: str, look: Look, every: float, receive: Receive, send: Send
    ) -> None:
        """Tell when what ``look`` sees is no longer ``seen``, until the browser goes or all is closed."""
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"), *SECURITY]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        ends = [asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(self._closing.wait())]
        self._open += 1
        try:
            while not any(end.done() for end in ends):
                now = await self._shared(url, look, every)
                await send(
                    {"type": "http.response.body", "body": self._event(now != seen), "more_body": True}
                )
                seen = now
                timer = asyncio.ensure_future(self._clock.sleep(every))
                await asyncio.wait([*ends, timer], return_when=asyncio.FIRST_COMPLETED)
                timer.cancel()
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._open -= 1
            for end in ends:
                end.cancel()
            if not self._open:
                self._seen.clear()

    def _event(self, changed: bool) -> bytes:  # noqa: FBT001  what the event is named for
        at = to_rfc3339(self._clock.now())
        return b"event: %s\ndata: %s\n\n" % (b"changed" if changed else b"same", json.encode({"at": at}))

    async def _shared(self, url: str, look: Look, every: float) -> str:
        """Look, once for all who look at ``url`` within a turn."""
        at = self._clock.monotonic()
        known = self._seen.get(url)
        if known is None or at - known[0] >= every * 0.9:
            known = self._seen[url] = at, asyncio.ensure_future(look())
        return await asyncio.shield(known[1])


async def _gone(receive: Receive) -> None:
    """Return once the browser went away."""
    while (await receive())["type"] != "http.disconnect":
        pass
