"""Draining a backlog: two million stored events into a table, in bounded memory and at an even pace."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.project import Course, child, fill, write
from benchmarks.scratch import peak_mb, scratch
from trunkline.app.backbone import opened, this_machine
from trunkline.app.collector import settle_collector
from trunkline.app.project import Project
from trunkline.app.run import running
from trunkline.surfaces.door import Door, serve

EVENTS = int(os.environ.get("TRUNKLINE_BENCH_BACKLOG", "2000000"))
SPAN = EVENTS // 20
GOAL_MB = 300


async def filled(folder: Path) -> None:
    """Write the project and its backlog."""
    write(folder)
    async with opened(Project.load(folder), this_machine({})) as backbone:
        await fill(backbone, EVENTS)


async def drained(folder: Path) -> dict[str, float]:
    """Run the project until the backlog is delivered; return the pace of its first and last spans."""
    machine = this_machine({})
    course = Course(machine, EVENTS)
    async with opened(Project.load(folder), machine) as backbone:
        started = machine.clock.monotonic()
        async with running(backbone, lambda hooks: serve(Door(hooks, machine.ids), "127.0.0.1", 0)):
            settle_collector()
            await course.done()
    passed = course.passed
    return {
        "rate": EVENTS / (passed[-1][1] - started),
        "first": _pace(passed, 0, SPAN),
        "last": _pace(passed, EVENTS - SPAN, EVENTS),
        "rss_mb": peak_mb(),
    }


def _pace(passed: list[tuple[int, float]], start: int, end: int) -> float:
    """Return events a second between the first and the last run that ended within the span."""
    inside = [one for one in passed if start <= one[0] <= end]
    (low, begun), (high, done) = inside[0], inside[-1]
    return (high - low) / (done - begun)


def main() -> None:
    """Fill or drain the folder named."""
    act, folder = sys.argv[1], Path(sys.argv[2])
    print(json.dumps(uvloop.run(filled(folder) if act == "fill" else drained(folder)) or {}))


def rows() -> list[dict[str, Any]]:
    """Fill once, drain once, each in a process of its own so that memory is the drain's."""
    with scratch() as folder:
        child("backlog", "fill", folder)
        found = child("backlog", "drain", folder)
    even = found["last"] / found["first"]
    return [
        {
            "path": f"drain of {EVENTS:,} events",
            "rate": found["last"],
            "ceiling_rate": found["first"],
            "ratio": even,
            "rss_mb": found["rss_mb"],
            "goal": f"RSS < {GOAL_MB} MB; the last 5 % as fast as the first within 10 %",
            "goal_met": found["rss_mb"] < GOAL_MB and even >= 0.9,
        }
    ]


async def run() -> list[dict[str, Any]]:
    """Give the records of ``python -m benchmarks backlog``."""
    return await asyncio.to_thread(rows)


if __name__ == "__main__":
    main()
