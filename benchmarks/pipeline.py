"""The main path: a JSON Lines file -> contract -> log -> mapping -> SQLite table, everything on.

Trunkline runs as it runs for a user: watched folder, contract of the stream and of the table, sealed and
deduplicated log, ledger. The clock starts when the file appears and stops when its last row is in the table.
Once as one process, and once with intake and delivery apart, each a ``trunkline run --role`` of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import uvloop

from benchmarks.ceiling import ceiling
from benchmarks.orders import contract, order
from benchmarks.project import Course, child, write, write_orders
from benchmarks.scratch import peak_mb, scratch
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
    rss = peak_mb()
    return {"rate": EVENTS / taken, "rss_mb": rss}


@contextlib.contextmanager
def role(folder: Path, name: str) -> Iterator[psutil.Process]:
    """Run one role of the project, as a user starts it, while the block runs."""
    command = [sys.executable, "-m", "trunkline", "run", "--role", name, "--project", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        process.stdout.readline()  # it says that it runs
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=60)


async def measured_apart(folder: Path) -> dict[str, float]:
    """Run the roles apart over one file; return the rate, peak memory, and microseconds of CPU an event."""
    write(folder)
    machine = this_machine({})
    write_orders(folder / "orders.ready", EVENTS)
    with role(folder, "intake") as intake, role(folder, "delivery") as delivery:
        async with opened(Project.load(folder), machine, roles=()) as backbone:
            await asyncio.sleep(0.5)
            before = _micros(intake), _micros(delivery)
            started = machine.clock.monotonic()
            (folder / "orders.ready").rename(folder / "drop" / "orders.jsonl")
            rss = cursor = 0
            while cursor < EVENTS:
                await asyncio.sleep(0.1)
                rss = max(rss, intake.memory_info().rss + delivery.memory_info().rss)
                cursor = max((status.cursor for status in await backbone.ledger.status()), default=0)
            taken = machine.clock.monotonic() - started
            used = _micros(intake) - before[0], _micros(delivery) - before[1]
    return {
        "rate": EVENTS / taken,
        "rss_mb": rss / 1_048_576,
        "intake_us": used[0] / EVENTS,
        "delivery_us": used[1] / EVENTS,
    }


def _micros(process: psutil.Process) -> float:
    times = process.cpu_times()
    return (times.user + times.system) * 1e6


def main() -> None:
    """Measure once, either Trunkline or the ceiling, in a folder that is deleted after."""
    with scratch() as folder:
        if sys.argv[1] == "ceiling":
            lines = [order(number) for number in range(EVENTS)]
            print(json.dumps({"rate": ceiling(lines, contract().schema, Path(folder))}))
        else:
            measure = measured_apart if sys.argv[1] == "apart" else measured
            print(json.dumps(uvloop.run(measure(Path(folder)))))


def rows() -> list[dict[str, Any]]:
    """Alternate between ceiling, one process and two, and take the medians."""
    rounds = [[child("pipeline", what) for what in ("ceiling", "trunkline", "apart")] for _ in range(ROUNDS)]
    bare, whole, apart = zip(*rounds, strict=True)
    best = statistics.median(one["rate"] for one in bare)
    return [
        _row("JSONL file to SQLite table", whole, best),
        _row("JSONL file to SQLite table, intake and delivery apart", apart, best),
    ]


def _row(path: str, results: Sequence[dict[str, Any]], best: float) -> dict[str, Any]:
    rate = statistics.median(one["rate"] for one in results)
    return {
        "path": path,
        "rate": rate,
        "ceiling_rate": best,
        "ratio": rate / best,
        "rss_mb": max(one["rss_mb"] for one in results),
        "goal": ">= 0.5 of the hand-written loop",
        "goal_met": rate / best >= 0.5,
    }


async def run() -> list[dict[str, Any]]:
    """Give the records of ``python -m benchmarks pipeline``."""
    return await asyncio.to_thread(rows)


if __name__ == "__main__":
    main()
