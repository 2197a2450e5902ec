"""The bodies of requests to what the door mounts: read whole, within a size, a time and a number."""

from __future__ import annotations

import asyncio
from typing import Final

from trunkline.kernel.errors import BusyError, TrunklineError
from trunkline.surfaces.door import Receive

BODY_BYTES: Final = 2 * 1_048_576
"""The most bytes of a body."""
BODY_SECONDS: Final = 30.0
"""How long it may take to come."""
BODIES: Final = 100
"""How many are read at a time by one application."""


class TooLarge(TrunklineError):
    """The body is larger than what is taken."""


class TooSlow(TrunklineError):
    """The body did not come, or not in time."""


class Bodies:
    """Reads bodies; counts those under way, so that senders who take their time do not fill the memory."""

    def __init__(
        self, most: int = BODY_BYTES, seconds: float = BODY_SECONDS, at_a_time: int = BODIES
    ) -> None:
        self._most, self._seconds, self._room = most, seconds, at_a_time

    async def read(self, receive: Receive) -> bytes:
        """Return a body; raises ``TooLarge``, ``TooSlow``, and ``BusyError`` where too many are under way."""
        if not self._room:
            raise BusyError("too much is sent at a time: come back", 1.0)
        self._room -= 1
        try:
            async with asyncio.timeout(self._seconds):
                return await self._whole(receive)
        except TimeoutError:
            raise TooSlow("the body did not come in time") from None
        finally:
            self._room += 1

    async def _whole(self, receive: Receive) -> bytes:
        chunks = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise TooSlow("the sender went away")
            chunks += message.get("body", b"")
            if len(chunks) > self._most:
                raise TooLarge(f"the body is longer than {self._most} bytes")
            more = message.get("more_body", False)
        return bytes(chunks)
