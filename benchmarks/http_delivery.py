"""A whole flow into an HTTP endpoint, 64 requests in flight, against the bare client in the same run.

The flow reads the sealed log, decodes, maps, checks the contract of the endpoint, sends in order per key and
writes the ledger. The bare client sends the same number of orders of the same size to the same server.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import uvloop

from benchmarks import http_target
from benchmarks.project import Course, child, fill, write
from benchmarks.scratch import peak_mb, scratch
from trunkline.app.backbone import Backbone, opened, this_machine
from trunkline.app.collector import settle_collector
from trunkline.app.project import Project
from trunkline.app.run import running
from trunkline.surfaces.door import Door, serve

EVENTS = int(os.environ.get("TRUNKLINE_BENCH_DELIVERIES", "30000"))
ROUNDS = 5
GOAL = 0.7
_SYSTEM = """
system: desk
title: Desk
kind: interface
owner: {team: Bench, contact: bench@example.com}
connection: {url: "%s"}
accepts:
  - {name: orders, contract: row@1, via: http, request: "PUT /orders/{id}", concurrency: 64}
"""


@contextlib.asynccontextmanager
async def answering() -> AsyncIterator[str]:
    """Run the minimal server in a process of its own and give its address."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, http_target.__file__, stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(await server.stdout.readline())}"
    finally:
        server.kill()
        await server.communicate()


async def bare() -> float:
    """Return how many orders a second the client sends by itself."""
    work = http_target.items()
    async with answering() as url, http_target.bare(url) as send:
        await http_target.measure(send, work)
        rate, _ = await http_target.measure(send, work)
    return rate


async def delivered(folder: Path, prepare: Callable[[Backbone], None] | None = None) -> dict[str, float]:
    """Fill a log, then run the flow until all of it is delivered."""
    async with answering() as url:
        write(folder)
        (folder / "systems" / "desk.yaml").write_text(_SYSTEM % url)
        flow = folder / "flows" / "orders.yaml"
        flow.write_text(flow.read_text().replace("warehouse.orders", "desk.orders"))
        machine = this_machine({})
        async with opened(Project.load(folder), machine) as backbone:
            if prepare:
                prepare(backbone)
            await fill(backbone, EVENTS)
            settle_collector()
            course = Course(machine, EVENTS)
            async with running(backbone, lambda hooks: serve(Door(hooks, machine.ids), "127.0.0.1", 0)):
                await course.done()
    # from when connections are open, as for the bare client
    (first, begun), (last, done) = course.passed[0], course.passed[-1]
    rss = peak_mb()
    return {"rate": (last - first) / (done - begun), "rss_mb": rss}


def main() -> None:
    """Measure one side in this process."""
    if sys.argv[1] == "bare":
        print(json.dumps({"rate": uvloop.run(bare())}))
        return
    with scratch() as folder:
        print(json.dumps(uvloop.run(delivered(Path(folder)))))


def rows() -> list[dict[str, Any]]:
    """Take turns, and compare each turn with its own ceiling."""
    pairs = [(child("http_delivery", "bare"), child("http_delivery", "ours")) for _ in range(ROUNDS)]
    ratio = statistics.median(ours["rate"] / bare["rate"] for bare, ours in pairs)
    return [
        {
            "path": f"flow into HTTP, {http_target.IN_FLIGHT} in flight",
            "rate": statistics.median(ours["rate"] for _, ours in pairs),
            "ceiling_rate": statistics.median(bare["rate"] for bare, _ in pairs),
            "ratio": ratio,
            "rss_mb": max(ours["rss_mb"] for _, ours in pairs),
            "goal": f">= {GOAL} of the bare client",
            "goal_met": ratio >= GOAL,
        }
    ]


async def run() -> list[dict[str, Any]]:
    """Give the records of ``python -m benchmarks http_delivery``."""
    return await asyncio.to_thread(rows)


if __name__ == "__main__":
    main()
