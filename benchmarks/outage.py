"""Delivery through an outage: 20,000 events over 2,000 keys to an endpoint that refuses, goes and returns.

The endpoint is a process of its own. It answers 503 to one request in ten, by a seed, and from second 2 to
12 after the first request nobody listens: connections break and new ones are refused. It notes each effect
by its idempotency key, and judges by that the order of every key. What we try while nobody listens it
cannot see; that is counted where our process connects, by the interpreter's audit of sockets.

The project is as a user has it, every policy at its default but for the flow's retries, which are those
of a flow in a hurry; the endpoint takes 64 requests at a time. The rate is that of the time in which the
endpoint was there, beside what the bare client gives to one that refuses nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import sys
import time
from pathlib import Path
from typing import Any, cast

import uvloop

from benchmarks.project import child, fill, write
from benchmarks.scratch import scratch
from trunkline.app.backbone import opened, this_machine
from trunkline.app.collector import settle_collector
from trunkline.app.project import Project
from trunkline.app.run import running
from trunkline.surfaces.door import Door, serve

EVENTS = 20_000
KEYS = 2_000
REFUSED = 0.1
DOWN_SECONDS, UP_SECONDS = 2.0, 12.0
SEED = int(os.environ.get("TRUNKLINE_BENCH_SEED", "7"))
PATIENCE_SECONDS = float(os.environ.get("TRUNKLINE_BENCH_PATIENCE", "90"))
"""When to stop waiting for what has not come."""

RETRY = os.environ.get("TRUNKLINE_BENCH_RETRY", "{attempts: 23, first: 100ms, factor: 2}")
"""The flow's retries, as its file has them: those of a flow in a hurry. Empty: the defaults."""

GOAL_SECONDS, GOAL_ATTEMPTS = 22.0, 50
_SYSTEM = """
system: desk
title: Desk
kind: interface
owner: {team: Bench, contact: bench@example.com}
connection: {url: "http://127.0.0.1:%s"}
accepts:
  - {name: orders, contract: row@1, via: http, request: "PUT /orders/{id}", concurrency: 64}
"""


class Endpoint:
    """The server's own account: what it was asked, what took effect first, and when it was away."""

    def __init__(self) -> None:
        self.chance = random.Random(SEED)
        self.effects: dict[bytes, bytes] = {}
        self.connections: set[Connection] = set()
        self.requests = 0
        self.began = self.down_at = self.up_at = self.last_at = 0.0
        self.over = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._port = 0

    async def listen(self) -> int:
        """Take connections, again or for the first time, and give the port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), "127.0.0.1", self._port)
        self._port = int(self._server.sockets[0].getsockname()[1])
        self.up_at = time.monotonic()
        return self._port

    def request(self, key: bytes, body: bytes) -> bytes:
        """Answer one request, and take its effect where it is not refused."""
        self.requests += 1
        if not self.began:
            self.began = time.monotonic()
            asyncio.get_running_loop().call_later(DOWN_SECONDS, self._go_down)
        if self.chance.random() < REFUSED:
            return b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"
        if key not in self.effects:
            self.effects[key] = body  # read when all is over: whoever measures must not be what is slow
            self.last_at = time.monotonic()
            if len(self.effects) == EVENTS:
                self.over.set()
        return b"HTTP/1.1 204 No Content\r\n\r\n"

    def _go_down(self) -> None:
        assert self._server is not None
        self._server.close()
        for connection in self.connections:
            connection.transport.abort()
        self.down_at = time.monotonic()
        loop = asyncio.get_running_loop()
        loop.call_later(UP_SECONDS - DOWN_SECONDS, lambda: asyncio.ensure_future(self.listen()))

    def account(self) -> dict[str, Any]:
        """Return what the benchmark is to know; times are of the machine's monotonic clock."""
        return {
            "began": self.began,
            "down_at": self.down_at,
            "up_at": self.up_at,
            "last_at": self.last_at,
            "requests": self.requests,
            "effects": len(self.effects),
            "out_of_order": len(self._out_of_order()),
        }

    def _out_of_order(self) -> set[str]:
        """Return the keys of which a first effect came after that of a later event."""
        latest: dict[str, int] = {}
        wrong = set()
        for order in map(json.loads, self.effects.values()):
            key, number = order["id"], order["number"]
            if number < latest.get(key, 0):
                wrong.add(key)
            latest[key] = max(number, latest.get(key, 0))
        return wrong


class Connection(asyncio.Protocol):
    """Reads requests with a ``Content-Length`` and has each answered."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.waiting = b""
        self._endpoint = endpoint

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to answer on."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._endpoint.connections.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        """Forget it."""
        self._endpoint.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            head = self.waiting[:end].lower()
            whole = end + 4 + int(_header(head, b"content-length"))
            if len(self.waiting) < whole:
                return
            body, self.waiting = self.waiting[end + 4 : whole], self.waiting[whole:]
            self.transport.write(self._endpoint.request(_header(head, b"idempotency-key"), body))


def _header(head: bytes, name: bytes) -> bytes:
    return head.partition(b"\r\n" + name + b": ")[2].partition(b"\r\n")[0]


async def answering() -> dict[str, Any]:
    """Be the endpoint: print the port; when all have come, or standard input ends, give the account."""
    endpoint = Endpoint()
    print(await endpoint.listen(), flush=True)
    asyncio.get_running_loop().add_reader(sys.stdin, endpoint.over.set)
    await endpoint.over.wait()
    return endpoint.account()


async def delivered(folder: Path) -> dict[str, Any]:
    """Fill a log, run the flow until the endpoint has all of it, and put both accounts together."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.outage", "answering", stdin=-1, stdout=-1
    )
    assert server.stdin is not None
    assert server.stdout is not None
    port = int(await server.stdout.readline())
    _write(folder, port)
    tries = _connects(port)
    machine = this_machine({})
    async with opened(Project.load(folder), machine) as backbone:
        await fill(backbone, EVENTS, KEYS)
        settle_collector()
        async with running(backbone, lambda hooks: serve(Door(hooks, machine.ids), "127.0.0.1", 0)):
            try:
                line = await asyncio.wait_for(server.stdout.readline(), PATIENCE_SECONDS)
            except TimeoutError:
                server.stdin.close()
                line = await server.stdout.readline()
        [status] = await backbone.ledger.status()
    await server.wait()
    account = json.loads(line)
    during = sum(account["down_at"] <= at < account["up_at"] for at in tries)
    open_ = status.waiting + status.held + status.dead
    return {
        "seconds": account["last_at"] - account["began"],
        "keys out of order": account["out_of_order"],
        "attempts in the outage": during,
        "attempts in all": account["requests"] + during,
        "not delivered": EVENTS - account["effects"],
        "lost": max(0, status.cursor - open_ - account["effects"]),
    }


def _write(folder: Path, port: int) -> None:
    write(folder)
    (folder / "systems" / "desk.yaml").write_text(_SYSTEM % port)
    flow = folder / "flows" / "orders.yaml"
    text = flow.read_text().replace("warehouse.orders", "desk.orders")
    flow.write_text(text + (f"retry: {RETRY}\n" if RETRY else ""))


def _connects(port: int) -> list[float]:
    """Return a list that gets the moment of each connection this process asks ``port`` for."""
    moments: list[float] = []

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect" and arguments[1][1] == port:
            moments.append(time.monotonic())

    sys.addaudithook(note)
    return moments


def main() -> None:
    """Be the endpoint, or deliver to it."""
    if sys.argv[1] == "answering":
        print(json.dumps(uvloop.run(answering())))
        return
    with scratch() as folder:
        print(json.dumps(uvloop.run(delivered(Path(folder)))))


def rows() -> list[dict[str, Any]]:
    """Measure once, most of it is waiting; the bare client, before and after, says what the machine gives."""
    before = child("http_delivery", "bare")
    found = child("outage", "delivered")
    after = child("http_delivery", "bare")
    rate = (EVENTS - found["not delivered"]) / (found["seconds"] - UP_SECONDS + DOWN_SECONDS)
    ceiling = statistics.mean([before["rate"], after["rate"]])
    return [
        {
            "path": f"delivery through an outage of {UP_SECONDS - DOWN_SECONDS:.0f} s",
            "rate": rate,
            "ceiling_rate": ceiling,
            "ratio": rate / ceiling,
            "found": found,
            "goal": f"all in <= {GOAL_SECONDS:.0f} s, in order, <= {GOAL_ATTEMPTS} attempts in the outage",
            "goal_met": found["not delivered"] == 0
            and found["seconds"] <= GOAL_SECONDS
            and found["keys out of order"] == 0
            and found["attempts in the outage"] <= GOAL_ATTEMPTS,
        }
    ]


async def run() -> list[dict[str, Any]]:
    """Give the records of ``python -m benchmarks outage``."""
    return await asyncio.to_thread(rows)


if __name__ == "__main__":
    main()
