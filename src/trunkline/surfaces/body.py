"""The body of a request to what the door mounts: read whole, within a size and a time."""

from __future__ import annotations

import asyncio
from typing import Final

from trunkline.kernel.errors import TrunklineError
from trunkline.surfaces.door import Receive

BODY_BYTES: Final = 2 * 1_048_576
"""The most bytes of a body."""
BODY_SECONDS: Final = 30.0
"""How long it may take to come."""


class TooLarge(TrunklineError):
    """The body is larger than what is taken."""


class TooSlow(TrunklineError):
    """The body did not come, or not in time."""


async def body_of(receive: Receive, most: int = BODY_BYTES, seconds: float = BODY_SECONDS) -> bytes:
    """Return a body; raises ``TooLarge`` and ``TooSlow``."""
    chunks = bytearray()
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise TooSlow("the sender went away")
                chunks += message.get("body", b"")
                if len(chunks) > most:
                    raise TooLarge(f"the body is longer than {most} bytes")
                if not message.get("more_body"):
                    return bytes(chunks)
    except TimeoutError:
        raise TooSlow("the body did not come in time") from None
