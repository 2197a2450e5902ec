"""What it costs that nothing storms: delivery with breaker, budget, pace and limits, and without them.

The same flow into a table and into an HTTP endpoint, once as a project has it and once on bearings that let
every call through and note nothing of it. What keeps order and records is in both, and not measured.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvloop

from benchmarks import http_delivery
from benchmarks.project import Course, child, fill, write
from benchmarks.scratch import scratch
from trunkline.app.backbone import Backbone, opened, this_machine
from trunkline.app.collector import settle_collector
from trunkline.app.project import Project
from trunkline.app.run import running
from trunkline.delivery.bearing import Bearing, Call
from trunkline.delivery.control import Control
from trunkline.kernel.errors import DeliveryError

EVENTS = 200_000
ROUNDS = 5
GOAL = 0.9
_MANY = 1_000_000
_PATHS = {"table": "a flow into a table", "http": "a flow into HTTP"}


class Unguarded(Bearing):
    """A bearing that lets every call through and notes nothing."""

    async def turn(self, control: Control, *, room: int = 0) -> Call | None:  # noqa: ARG002  as a bearing has it
        """Let a call begin."""
        return None if control.stopping else Call(self._clock.now(), probe=False)

    def attempt(self, events: int, retries: int) -> None:
        """Count nothing."""

    def answered(self, call: Call) -> None:
        """Note nothing."""

    def refused(self, call: Call, error: DeliveryError, *, first: bool) -> int:  # noqa: ARG002  as above
        """Note nothing."""
        return 0

    def away(self, call: Call, error: DeliveryError) -> int:  # noqa: ARG002  as above
        """Note nothing."""
        return 0

    def forgo(self, call: Call) -> None:
        """Note nothing."""

    def retries(self) -> int:
        """Allow all."""
        return _MANY


def unguard(backbone: Backbone) -> None:
    """Put bearings in the place of the project's that hold nothing back."""
    machine = backbone.machine
    for name in backbone.bearings:
        backbone.bearings[name] = Unguarded(name, machine.clock, machine.ids, machine.signals)


async def into_table(folder: Path, *, guarded: bool) -> float:
    """Drain a backlog into the table; return events a second."""
    write(folder)
    machine = this_machine({})
    async with opened(Project.load(folder), machine) as backbone:
        if not guarded:
            unguard(backbone)
        await fill(backbone, EVENTS)
        settle_collector()
        course = Course(machine, EVENTS)
        started = machine.clock.monotonic()
        async with running(backbone, None):
            await course.done()
        return EVENTS / (machine.clock.monotonic() - started)


async def into_http(folder: Path, *, guarded: bool) -> float:
    """Deliver into the endpoint; return events a second."""
    found = await http_delivery.delivered(folder, None if guarded else unguard)
    return found["rate"]


def main() -> None:
    """Measure one path, with or without, in this process."""
    path, guarded = sys.argv[1], sys.argv[2] == "with"
    measure = into_table if path == "table" else into_http
    with scratch() as folder:
        print(json.dumps({"rate": uvloop.run(measure(Path(folder), guarded=guarded))}))


def _row(path: str) -> dict[str, Any]:
    """Take turns, which of the two comes first too, and compare the medians."""
    orders: list[Sequence[str]] = [("with", "without"), ("without", "with")]
    rounds = [{which: child("cost", path, which)["rate"] for which in orders[n % 2]} for n in range(ROUNDS)]
    ratio = statistics.median(one["with"] / one["without"] for one in rounds)
    return {
        "path": f"cost of all policies, {_PATHS[path]}",
        "rate": statistics.median(one["with"] for one in rounds),
        "ceiling_rate": statistics.median(one["without"] for one in rounds),
        "ratio": ratio,
        "goal": f">= {GOAL} of the same without them",
        "goal_met": ratio >= GOAL,
    }


async def run() -> list[dict[str, Any]]:
    """Give the records of ``python -m benchmarks cost``."""
    return [await asyncio.to_thread(_row, path) for path in _PATHS]


if __name__ == "__main__":
    main()
