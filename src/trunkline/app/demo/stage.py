"""The systems around Trunkline on the day: the project folder, the tills, the shop and its interface.

They are stand-ins with real faults, talking to Trunkline as real ones would: files in a folder, signed
HTTP requests, and an HTTP interface that is busy, slow or refuses.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import http.client
import random
import secrets
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

from trunkline.app.demo.day import WITHDRAWN, ShopCall, TillFile
from trunkline.app.writing import texts_of, write_project
from trunkline.kernel import json
from trunkline.kernel.clock import SECOND, Clock
from trunkline.kernel.errors import TrunklineError
from trunkline.testkit.faults import Behaviour, FaultServer, Request, answer

_CONNECTIONS = 8
_BUSY = 0.08
"""The share of requests that find the shop's interface busy."""
_HOOK = "/hooks/shop/orders"


def write_demo(folder: Path, shop_url: str) -> bytes:
    """Write the demo's project into an empty folder and return the shop's signing key.

    Raises ``TrunklineError`` where the folder holds something already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise TrunklineError(f"{folder} is not empty: name a new folder for the demo; nothing was written")
    key = secrets.token_bytes(24)
    kept = {"shop": {"webhook": _whsec(key), "api-token": secrets.token_urlsafe(24)}}
    texts = texts_of(resources.files(__package__) / "project", shop_url=shop_url)
    write_project(folder, texts, json.encode(kept))
    (folder / "till").mkdir()
    return key


def _whsec(key: bytes) -> str:
    return "whsec_" + base64.b64encode(key).decode()


async def drop_files(folder: Path, files: list[TillFile], told: Callable[[int], None]) -> None:
    """Be the tills: write each export under a passing name, then give it its own."""
    for file in files:
        passing = folder / f"{file.name}.part"
        await asyncio.to_thread(passing.write_bytes, file.text.encode())
        passing.rename(folder / file.name)
        told(file.rows)


class ShopInterface:
    """The shop's own HTTP interface: now and then busy, and it does not know one article any more."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311  a repeatable day, not a secret
        self._takes: Behaviour = answer(204)
        self._busy: Behaviour = answer(503, b'{"error":"busy"}', retry_after="0")
        self._refuses: Behaviour = answer(422, b'{"error":"article withdrawn"}')
        self.confirmed: Counter[str] = Counter()
        self.server = FaultServer(self._behave)

    async def _behave(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        self.server.requests.clear()  # it would keep the whole day
        if self._chance.random() < _BUSY:
            return await self._busy(request, writer)
        if json.decode(request.body)["sku"] == WITHDRAWN:
            return await self._refuses(request, writer)
        self.confirmed[request.headers["idempotency-key"]] += 1
        return await self._takes(request, writer)


async def send_orders(
    address: str, key: bytes, calls: list[ShopCall], clock: Clock, told: Callable[[int], None]
) -> Counter[int]:
    """Be the shop: send every call over a few connections and count the answers by status."""
    loop = asyncio.get_running_loop()
    shares = [calls[start::_CONNECTIONS] for start in range(_CONNECTIONS)]

    def send(share: list[ShopCall]) -> Counter[int]:
        counted: Counter[int] = Counter()
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
        for call in share:
            connection.request("POST", _HOOK, call.body, _signed(call, key, clock.now()))
            response = connection.getresponse()
            response.read()
            counted[response.status] += 1
            loop.call_soon_threadsafe(told, 1)
        connection.close()
        return counted

    with ThreadPoolExecutor(_CONNECTIONS) as threads:  # its own: the shop is no part of this process's work
        counts = await asyncio.gather(*(loop.run_in_executor(threads, send, share) for share in shares))
    return sum(counts, Counter())


def _signed(call: ShopCall, key: bytes, now: int) -> dict[str, str]:
    """Sign as Standard Webhooks does; a forged call is signed with a key that is not the shop's."""
    timestamp = str(now // SECOND)
    signed = f"{call.key}.{timestamp}.".encode() + call.body
    proof = hmac.digest(b"not the key" if call.forged else key, signed, hashlib.sha256)
    return {
        "content-type": "application/json",
        "webhook-id": call.key,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + base64.b64encode(proof).decode(),
    }
