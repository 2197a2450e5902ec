"""What it costs to be watched: the main path while probes and metrics are asked every second, or never.

It is CPU time an event that is compared, with that of the asking client: it says more than the clock on a
machine that others use. Then, how long a scrape of a project of 500 flows takes, where nothing is remembered.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

from benchmarks.project import Course, child, fill, write, write_orders
from benchmarks.scratch import scratch
from trunkline.adapters.prometheus.exposition import Process, exposed
from trunkline.app.backbone import opened, this_machine
from trunkline.app.collector import settle_collector
from trunkline.app.metrics import measured
from trunkline.app.project import Project
from trunkline.app.run import running
from trunkline.delivery.ledger import Record
from trunkline.surfaces.door import Door, serve
from trunkline.surfaces.place import Place
from trunkline.surfaces.probes import HEALTH, METRICS, READY, probes

EVENTS = 150_000
ROUNDS = 5
FLOWS = 500
GOAL = 0.9
VIEW_SECONDS = 0.3


async def _ask(port: int) -> None:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        while True:
            for path in (METRICS, READY, HEALTH):
                async with session.get(path) as answer:
                    await answer.read()
                    assert answer.status in (200, 503)
            await asyncio.sleep(1)


async def main_path(folder: Path, *, watched: bool) -> dict[str, float]:
    """Run the project over one file; return events a second, and microseconds of CPU an event."""
    write(folder)
    machine = this_machine({})
    write_orders(folder / "orders.ready", EVENTS)
    course = Course(machine, EVENTS)
    async with opened(Project.load(folder), machine) as backbone:
        mounts = probes(backbone, Place("127.0.0.1", 0))
        doors: list[Any] = []

        async def opens(hooks: Mapping[str, Any]) -> Any:
            doors.append(await serve(Door(hooks, machine.ids, mounts), "127.0.0.1", 0))
            return doors[0]

        async with running(backbone, opens):
            asking = asyncio.create_task(_ask(doors[0].port)) if watched else None
            settle_collector()
            await asyncio.sleep(0.5)
            started, used = machine.clock.monotonic(), time.process_time()
            (folder / "orders.ready").rename(folder / "drop" / "orders.jsonl")
            await course.done()
            taken, used = machine.clock.monotonic() - started, time.process_time() - used
            if asking:
                asking.cancel()
    return {"rate": EVENTS / taken, "micros": 1e6 * used / EVENTS}


async def scrape(folder: Path) -> float:
    """Return how many seconds a scrape of a project of many flows takes, each with events ahead of it."""
    write(folder)
    text = (folder / "flows" / "orders.yaml").read_text()
    for number in range(1, FLOWS):
        named = text.replace("flow: orders", f"flow: orders-{number}")
        (folder / "flows" / f"orders-{number}.yaml").write_text(named)
    machine = this_machine({})
    async with opened(Project.load(folder), machine) as backbone:
        await fill(backbone, 10_000)
        for number, name in enumerate(backbone.project.flows):
            await backbone.ledger.record(Record(name, machine.clock.now(), number))
        process, taken = Process(), []
        for _ in range(ROUNDS):
            started = machine.clock.monotonic()
            await asyncio.to_thread(exposed, await measured(backbone), process, "")
            taken.append(machine.clock.monotonic() - started)
    return statistics.median(taken)


def main() -> None:
    """Measure one of them, in this process."""
    with scratch() as place:
        folder = Path(place)
        if sys.argv[1] == "scrape":
            print(json.dumps({"seconds": uvloop.run(scrape(folder))}))
        else:
            print(json.dumps(uvloop.run(main_path(folder, watched=sys.argv[1] == "watched"))))


def _cost() -> dict[str, Any]:
    """Take turns, which of the two comes first too, and compare the medians."""
    orders: list[Sequence[str]] = [("watched", "alone"), ("alone", "watched")]
    rounds = [{which: child("watching", which) for which in orders[n % 2]} for n in range(ROUNDS)]
    ratio = statistics.median(one["alone"]["micros"] / one["watched"]["micros"] for one in rounds)
    return {
        "path": "file to table, watched every second",
        "rate": statistics.median(one["watched"]["rate"] for one in rounds),
        "ceiling_rate": statistics.median(one["alone"]["rate"] for one in rounds),
        "ratio": ratio,
        "goal": f"CPU an event while nobody asks >= {GOAL} of it",
        "goal_met": ratio >= GOAL,
    }


def _scrape() -> dict[str, Any]:
    seconds = child("watching", "scrape")["seconds"]
    return {
        "path": f"a scrape of {FLOWS} flows",
        "p50_ms": 1_000 * seconds,
        "goal": f"< {1_000 * VIEW_SECONDS:g} ms",
        "goal_met": seconds < VIEW_SECONDS,
    }


async def run() -> list[dict[str, Any]]:
    """Give the records of ``python -m benchmarks watching``."""
    return [await asyncio.to_thread(_cost), await asyncio.to_thread(_scrape)]


if __name__ == "__main__":
    main()
