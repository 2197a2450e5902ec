"""How fast webhooks are taken: signed, checked, deduplicated, sealed and fsynced before the 202.

The server and the load each run in a child process on a core of their own. The ceiling is a bare ASGI
callable on uvicorn that answers at once with as many bytes: what others build on costs that much alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil
import uvicorn
import uvloop

from benchmarks.load import Plan, Result
from benchmarks.orders import contract
from benchmarks.scratch import scratch
from trunkline.adapters.sqlite.log import SqliteLog
from trunkline.adapters.sqlite.quarantine import SqliteQuarantine
from trunkline.adapters.sqlite.store import Store
from trunkline.app.collector import settle_collector
from trunkline.eventlog.seal import KEY_BYTES, Sealer
from trunkline.intake.accept import Intake, Surroundings
from trunkline.intake.problem import JSON_TYPE
from trunkline.intake.signatures import SCHEMES, Verifier
from trunkline.intake.webhook import Webhook, WebhookSettings
from trunkline.kernel.clock import SystemClock
from trunkline.kernel.ids import SystemIds
from trunkline.kernel.signals import Signals
from trunkline.surfaces.door import Door, Endpoint, Server, serve
from trunkline.vault.secret import Secret

PATH = "/hooks/shop/orders"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SERVER_CORE, LOAD_CORE = 0, 1
SECONDS = 3.0
ONE = b'{"receipts":[{"status":"accepted","id":"msg_000000000000","offset":10000,"correlation":"%b"}]}' % (
    b"0" * 32
)


async def bare(_: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer at once: the ceiling."""
    await receive()
    length = (b"content-length", b"%d" % len(ONE))
    await send({"type": "http.response.start", "status": 202, "headers": [JSON_TYPE, length]})
    await send({"type": "http.response.body", "body": ONE})


@contextlib.asynccontextmanager
async def ceiling() -> AsyncIterator[int]:
    """Serve the bare callable as uvicorn does by itself, and give the port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = Server(uvicorn.Config(bare, lifespan="off", access_log=False, log_config=None))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


@contextlib.asynccontextmanager
async def durable(folder: Path) -> AsyncIterator[Endpoint]:
    """Everything on: contract, signature, log, quarantine."""
    clock = SystemClock()
    store = Store(folder / "store.db")
    sealer = Sealer(os.urandom(KEY_BYTES))
    log = await SqliteLog.open(store, sealer, clock)
    around = Surroundings(clock, SystemIds(clock), Signals())
    intake = Intake("shop/orders", contract(), log, SqliteQuarantine(store, sealer), around)
    verifier = Verifier(SCHEMES["standard_webhooks"], [Secret(SECRET)], 300)
    yield Webhook(
        WebhookSettings(PATH, {"standard_webhooks": "secret://shop/hook"}), verifier, intake, around
    )
    await store.close()


@contextlib.asynccontextmanager
async def ours() -> AsyncIterator[int]:
    """Serve the durable webhook by the door, and give the port."""
    with scratch() as folder:
        async with durable(Path(folder)) as endpoint:
            settle_collector()
            listening = await serve(Door({PATH: endpoint}, SystemIds(SystemClock())), "127.0.0.1", 0)
            yield listening.port
            await listening.close()


async def server(kind: str) -> None:
    """Serve until standard input ends; the first line printed is the port."""
    async with ceiling() if kind == "bare" else ours() as port:
        print(port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


@contextlib.contextmanager
def served(kind: str) -> Iterator[tuple[int, psutil.Process]]:
    """Run a server in a child process on a core of its own."""
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.webhook", kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        yield int(child.stdout.readline()), psutil.Process(child.pid)
    finally:
        child.stdin.close()
        child.wait(timeout=60)
        child.stdout.close()


def load(plan: Plan) -> Result:
    """Run the load generator in a child process."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load", msgspec.json.encode(plan).decode()],
        check=True,
        stdout=subprocess.PIPE,
    )
    result = msgspec.json.decode(done.stdout, type=Result)
    if set(result.statuses) != {"202"}:
        raise RuntimeError(f"the server answered {result.statuses}")
    return result


def measure(kind: str, plan: Plan) -> tuple[Result, float]:
    """Measure one plan against a fresh server; return the result and the server's RSS in MB."""
    with served(kind) as (port, process):
        plan = msgspec.structs.replace(plan, port=port)
        # a short run first: imports, caches and the first pages are not what is measured
        load(msgspec.structs.replace(plan, requests=min(plan.requests, 500), seconds=1.0, first=10**9))
        return load(plan), process.memory_info().rss / 1e6


def row(path: str, plan: Plan, goal: str, least: float) -> dict[str, Any]:
    """Measure a closed-loop path and its ceiling."""
    ceiling, _ = measure("bare", plan)
    result, rss = measure("durable", plan)
    return {
        "path": path,
        "rate": result.rate,
        "ceiling_rate": ceiling.rate,
        "ratio": result.rate / ceiling.rate,
        "p50_ms": result.p50_ms,
        "p99_ms": result.p99_ms,
        "rss_mb": rss,
        "goal": goal,
        "goal_met": result.rate >= least,
    }


def rows() -> list[dict[str, Any]]:
    """Measure the four paths."""
    plan = Plan(
        port=0, path=PATH, secret=SECRET, connections=128, seconds=SECONDS, requests=75_000, core=LOAD_CORE
    )
    change = msgspec.structs.replace
    records = [
        row("webhook, 1 event a request, 128 connections", plan, ">= 12,000/s", 12_000),
        row("webhook, 1 event a request, 32 connections", change(plan, connections=32), ">= 8,000/s", 8_000),
        row(
            "webhook, 100 events a request",
            change(plan, connections=8, requests=2_000, events=100),
            ">= 35,000 events/s",
            35_000,
        ),
    ]
    steady = change(plan, connections=64, rate=1_000.0, requests=4_000)
    record = row("webhook, 1,000 requests/s", steady, "p99 < 30 ms", 0)
    return [*records, {**record, "goal_met": record["p99_ms"] < 30}]


async def run() -> list[dict[str, Any]]:
    """Give the records of ``python -m benchmarks webhook``."""
    return await asyncio.to_thread(rows)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {SERVER_CORE})
        uvloop.run(server(sys.argv[1]))
    else:
        print(json.dumps(rows(), indent=2))
