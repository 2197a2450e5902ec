"""An HTTP load generator: keep-alive connections that send prebuilt, signed requests and time the answers.

``benchmarks/webhook.py`` runs it as a child process on a core of its own, so that what it costs is not
taken from the server. It reads a ``Plan`` as JSON from its argument and prints a ``Result`` as JSON.
Closed loop: every connection sends its next request when the last was answered. Fixed rate: requests
have an intended start, and latency counts from that, so a stall of the server is not hidden.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import os
import sys
import time
from collections import deque
from collections.abc import Iterator
from typing import cast

import msgspec
import uvloop

from benchmarks.orders import order


class Plan(msgspec.Struct):
    """What to send: ``requests`` of ``events`` each, until they are gone or ``seconds`` are over."""

    port: int
    path: str
    secret: str
    connections: int
    seconds: float
    requests: int
    events: int = 1
    rate: float = 0.0
    first: int = 0
    core: int = -1


class Result(msgspec.Struct):
    """What came back; ``rate`` is answered events a second, latencies are in milliseconds."""

    rate: float
    p50_ms: float
    p99_ms: float
    statuses: dict[str, int]


def requests(plan: Plan, timestamp: int) -> Iterator[bytes]:
    """Yield ready requests, each with an id of its own and a Standard Webhooks signature."""
    key = base64.b64decode(plan.secret.removeprefix("whsec_"))
    for number in range(plan.requests):
        first = plan.first + number * plan.events
        body = order(first)
        if plan.events > 1:
            body = b"[" + b",".join(order(first + n) for n in range(plan.events)) + b"]"
        name = b"msg_%012d" % first
        signed = hmac.digest(key, b"%b.%d.%b" % (name, timestamp, body), "sha256")
        yield (
            b"POST %b HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            b"webhook-id: %b\r\nwebhook-timestamp: %d\r\nwebhook-signature: v1,%b\r\n"
            b"content-length: %d\r\n\r\n%b"
        ) % (plan.path.encode(), name, timestamp, base64.b64encode(signed), len(body), body)


class Run:
    """One measurement under way."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.waiting = deque(requests(plan, int(time.time())))
        self.latencies: list[float] = []
        self.statuses: dict[str, int] = {}
        self.idle: deque[Connection] = deque()
        self.late: deque[float] = deque()
        self.all_idle = asyncio.Event()
        self.all_sent = not plan.rate
        self.busy = 0
        self.deadline = 0.0
        self.ended = 0.0

    def answered(self, connection: Connection, status: bytes, began: float) -> None:
        """Note an answer and give the connection what to do next."""
        self.ended = time.perf_counter()
        self.latencies.append(self.ended - began)
        text = status.decode()
        self.statuses[text] = self.statuses.get(text, 0) + 1
        if not self.plan.rate:
            if self.waiting and self.ended < self.deadline:
                connection.send(self.waiting.popleft(), self.ended)
        elif self.late:
            connection.send(self.waiting.popleft(), self.late.popleft())
        else:
            self.idle.append(connection)

    def end_if_idle(self) -> None:
        """End the run when nothing is under way; at a fixed rate only after the last was sent."""
        if not self.busy and self.all_sent:
            self.all_idle.set()

    async def go(self) -> Result:
        """Send everything and summarise."""
        loop = asyncio.get_running_loop()
        connections = [
            (await loop.create_connection(lambda: Connection(self), "127.0.0.1", self.plan.port))[1]
            for _ in range(self.plan.connections)
        ]
        began = time.perf_counter()
        self.deadline = began + self.plan.seconds
        if self.plan.rate:
            self.idle.extend(connections)
            await self._at_fixed_rate(began)
            self.all_sent = True
            self.end_if_idle()
        else:
            for connection in connections:
                connection.send(self.waiting.popleft(), time.perf_counter())
        await self.all_idle.wait()
        return self._result(began)

    async def _at_fixed_rate(self, began: float) -> None:
        planned = int(self.plan.seconds * self.plan.rate)
        for number in range(min(planned, len(self.waiting))):
            intended = began + number / self.plan.rate
            ahead = intended - time.perf_counter()
            if ahead > 0:
                await asyncio.sleep(ahead)
            if self.idle:
                self.idle.popleft().send(self.waiting.popleft(), intended)
            else:
                self.late.append(intended)

    def _result(self, began: float) -> Result:
        ordered = sorted(self.latencies)
        events = len(ordered) * self.plan.events
        return Result(
            rate=events / (self.ended - began),
            p50_ms=ordered[len(ordered) // 2] * 1e3,
            p99_ms=ordered[len(ordered) * 99 // 100] * 1e3,
            statuses=self.statuses,
        )


class Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request under way."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.busy = False
        self.began = 0.0
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes, began: float) -> None:
        """Send a request whose latency counts from ``began``."""
        self.busy = True
        self.run.busy += 1
        self.began = began
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Collect an answer until it is whole."""
        received = self.received + data
        head = received.find(b"\r\n\r\n")
        if head >= 0:
            length = received.index(b"content-length: ") + 16
            if len(received) - head - 4 >= int(received[length : received.index(b"\r", length)]):
                self.received = b""
                self.rest()
                self.run.answered(self, received[9:12], self.began)
                self.run.end_if_idle()
                return
        self.received = received

    def connection_lost(self, _: Exception | None) -> None:
        """Count a connection that the server closed while it owed an answer."""
        if self.busy:
            self.rest()
            self.run.statuses["lost"] = self.run.statuses.get("lost", 0) + 1
            self.run.end_if_idle()

    def rest(self) -> None:
        """Have no request under way."""
        self.busy = False
        self.run.busy -= 1


def main() -> None:
    """Run the plan given as the only argument."""
    plan = msgspec.json.decode(sys.argv[1], type=Plan)
    if plan.core >= 0 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {plan.core})
    result = uvloop.run(Run(plan).go())
    sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")


if __name__ == "__main__":
    main()
