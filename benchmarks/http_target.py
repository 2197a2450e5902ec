"""HTTP out, 64 requests in flight: the target against the bare client, both against the same minimal server.

The server is a child process that answers 204 to whatever it reads. The bare client makes the URL, encodes
the same body and awaits the answer; the target adds templates, key, trace, judgement and error handling.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from decimal import Decimal
from typing import Any

import aiohttp

from benchmarks.scratch import peak_mb
from trunkline.adapters.http.settings import HttpConnection, HttpSettings
from trunkline.adapters.http.target import HttpTarget
from trunkline.connectors.target import Item
from trunkline.kernel import json
from trunkline.kernel.clock import SystemClock
from trunkline.vault.chain import ChainedSecrets

IN_FLIGHT = 64
REQUESTS = int(os.environ.get("TRUNKLINE_BENCH_REQUESTS", "1000"))
ROUNDS = 15
GOAL = 0.85
ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"

Send = Callable[[Item], Awaitable[None]]


class Answering(asyncio.Protocol):
    """Reads requests with a ``Content-Length`` and answers each with 204."""

    def __init__(self) -> None:
        self.waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to answer on."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            head = self.waiting[:end].lower()
            _, _, length = head.partition(b"content-length: ")
            whole = end + 4 + int(length.split(b"\r\n", 1)[0] or 0)
            if len(self.waiting) < whole:
                return
            self.waiting = self.waiting[whole:]
            self.transport.write(ANSWER)


async def serve() -> None:
    """Listen on a free port, print it, and answer until killed."""
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def order(number: int) -> dict[str, Any]:
    """Return one order event of about 485 bytes."""
    line = {"sku": f"SKU-{number % 997:05d}", "title": "Assorted colours", "qty": 2, "price": Decimal("4.95")}
    return {
        "id": f"A-{number:08d}",
        "placed_at": "2026-01-01T09:30:00Z",
        "customer": {"id": f"C-{number % 5000:06d}", "email": "buyer@example.com", "country": "GB"},
        "lines": [line, line, line],
        "currency": "GBP",
        "total": Decimal("29.70"),
    }


def items() -> list[Item]:
    """Return what is sent: every item of its own key, as concurrency across keys allows."""
    return [
        Item(number, f"A-{number:08d}", f"bench:{number}", f"{number + 1:032x}", 1, order(number))
        for number in range(REQUESTS)
    ]


async def measure(send: Send, work: list[Item]) -> tuple[float, list[float]]:
    """Send everything with 64 in flight; return the rate a second and each request's milliseconds."""
    waiting: Iterator[Item] = iter(work)
    took: list[float] = []

    async def worker() -> None:
        for one in waiting:
            started = time.perf_counter()
            await send(one)
            took.append((time.perf_counter() - started) * 1_000)

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    return len(work) / (time.perf_counter() - started), took


@contextlib.asynccontextmanager
async def bare(url: str) -> AsyncIterator[Send]:
    """Open the client library by itself."""
    headers = {"Content-Type": "application/json"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session:

        async def send(one: Item) -> None:
            body = json.encode(one.record)
            async with session.put(f"{url}/orders/{one.subject}", data=body, headers=headers) as response:
                assert response.status == 204

        yield send


@contextlib.asynccontextmanager
async def ours(url: str) -> AsyncIterator[Send]:
    """Open the target."""
    clock = SystemClock()
    settings = HttpSettings(request="PUT /orders/{id}", concurrency=IN_FLIGHT)
    target = HttpTarget("bench", settings, HttpConnection(url=url), ChainedSecrets([]), clock)
    await target.open()

    async def send(one: Item) -> None:
        assert await target.deliver([one], None) == [None]

    yield send
    await target.close()


async def rounds(url: str) -> tuple[list[float], list[float], list[float]]:
    """Take short turns, so that a busy moment of the machine meets both; return rates and our latencies."""
    work = items()
    ceilings, rates, took = [], [], []
    async with bare(url) as theirs, ours(url) as our:
        for number in range(ROUNDS + 1):
            ceiling, _ = await measure(theirs, work)
            rate, milliseconds = await measure(our, work)
            # The first turn opens the connections.
            if number:
                ceilings.append(ceiling)
                rates.append(rate)
                took += milliseconds
    return ceilings, rates, took


async def run() -> list[dict[str, Any]]:
    """Return the record of this path."""
    child = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220  once, before anything is timed
    try:
        assert child.stdout is not None
        port = int(child.stdout.readline())
        ceilings, rates, took = await rounds(f"http://127.0.0.1:{port}")
    finally:
        child.kill()
        child.communicate()
    cuts = statistics.quantiles(took, n=100)
    ratio = statistics.median(rate / ceiling for rate, ceiling in zip(rates, ceilings, strict=True))
    return [
        {
            "path": f"HTTP target by itself, {IN_FLIGHT} in flight",
            "rate": statistics.median(rates),
            "ceiling_rate": statistics.median(ceilings),
            "ratio": ratio,
            "p50_ms": cuts[49],
            "p99_ms": cuts[98],
            "rss_mb": peak_mb(),
            "goal": f">= {GOAL} of the bare client",
            "goal_met": ratio >= GOAL,
        }
    ]


if __name__ == "__main__":
    asyncio.run(serve())
