"""The main path: a JSON Lines file -> contract -> log -> mapping -> SQLite table, everything on.

Trunkline runs as it runs for a user: watched folder, contract of the stream and of the table, sealed and
deduplicated log, ledger. The clock starts when the file appears and stops when its last row is in the table.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import sys
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.ceiling import ceiling
from benchmarks.orders import contract, order
from benchmarks.project import Course, child, write, write_orders
from benchmarks.scratch import scratch
from trunkline.app.backbone import opened, this_machine
from trunkline.app.collector import settle_collector
from trunkline.app.project import Project
from trunkline.app.run import running
from trunkline.surfaces.door import Door, serve

EVENTS = 200_000
ROUNDS = 3


async def measured(folder: Path) -> dict[str, float]:
    """Run the project over one file and return its rate and peak memory."""
    write(folder)
    machine = this_machine({})
    write_orders(folder / "orders.ready", EVENTS)
    course = Course(machine, EVENTS)
    async with (
        opened(Project.load(folder), machine) as backbone,
        running(backbone, lambda hooks: serve(Door(hooks, machine.ids), "127.0.0.1", 0)),
    ):
        settle_collector()
        await asyncio.sleep(0.5)
        started = machine.clock.monotonic()
        (folder / "orders.ready").rename(folder / "drop" / "orders.jsonl")
        await course.done()
        taken = machine.clock.monotonic() - started
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rate": EVENTS / taken, "rss_mb": rss}


def main() -> None:
    """Measure once, either Trunkline or the ceiling, in a folder that is deleted after."""
    with scratch() as folder:
        if sys.argv[1] == "ceiling":
            lines = [order(number) for number in range(EVENTS)]
            print(json.dumps({"rate": ceiling(lines, contract().schema, Path(folder))}))
        else:
            print(json.dumps(uvloop.run(measured(Path(folder)))))


def rows() -> list[dict[str, Any]]:
    """Alternate between ceiling and Trunkline, and take the medians."""
    pairs = [(child("pipeline", "ceiling"), child("pipeline", "trunkline")) for _ in range(ROUNDS)]
    best = statistics.median(bare["rate"] for bare, _ in pairs)
    rate = statistics.median(ours["rate"] for _, ours in pairs)
    return [
        {
            "path": "JSONL file to SQLite table",
            "rate": rate,
            "ceiling_rate": best,
            "ratio": rate / best,
            "rss_mb": max(ours["rss_mb"] for _, ours in pairs),
            "goal": ">= 0.5 of the hand-written loop",
            "goal_met": rate / best >= 0.5,
        }
    ]


async def run() -> list[dict[str, Any]]:
    """Give the records of ``python -m benchmarks pipeline``."""
    return await asyncio.to_thread(rows)


if __name__ == "__main__":
    main()
