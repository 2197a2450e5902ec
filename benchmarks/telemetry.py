"""What it costs to send traces, metrics and logs: the main path with a collector, and without.

It is CPU time an event of the process that runs the project that is compared, its sending threads included;
the collector is a process of its own. Settings are the defaults: a hundredth of the traces, and metrics every
minute and at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.project import Course, child, write, write_orders
from benchmarks.scratch import scratch
from trunkline.app.backbone import Machine, opened, this_machine
from trunkline.app.collector import settle_collector
from trunkline.app.project import Project
from trunkline.app.run import running
from trunkline.app.telemetry import telemetry
from trunkline.observe.logs import LogListener, make_writer

EVENTS = 150_000
ROUNDS = 5
GOAL = 0.9


class _Receiving(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  named so by the library
        """Say nothing."""


@contextlib.contextmanager
def collector() -> Iterator[str]:
    """Run a collector that takes all and keeps nothing; yield its address."""
    command = [sys.executable, "-m", "benchmarks.telemetry", "collector"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()


async def main_path(project: Project, machine: Machine) -> dict[str, float]:
    """Run the project over one file; return events a second, and microseconds of CPU an event."""
    folder = project.folder
    write_orders(folder / "orders.ready", EVENTS)
    course = Course(machine, EVENTS)
    own = make_writer(io.StringIO(), machine.clock, as_json=True)
    listener = LogListener(own, *([machine.write] if machine.write else []))
    machine.signals.listen(listener)
    async with opened(project, machine) as backbone:
        async with running(backbone, None):
            settle_collector()
            await asyncio.sleep(0.5)
            started, used = machine.clock.monotonic(), time.process_time()
            (folder / "orders.ready").rename(folder / "drop" / "orders.jsonl")
            await course.done()
            taken = machine.clock.monotonic() - started
        listener.flush()
    return {"rate": EVENTS / taken, "used": used}


def measured(folder: Path, endpoint: str) -> dict[str, float]:
    """Run it with a collector, or without; what is sent at the end counts too."""
    write(folder)
    if endpoint:
        settings = f"observe: {{otlp: {{endpoint: '{endpoint}'}}}}\n"
        with (folder / "trunkline.yaml").open("a") as file:
            file.write(settings)
    project = Project.load(folder)
    with telemetry(project, this_machine({})) as machine:
        found = uvloop.run(main_path(project, machine))
    return {"rate": found["rate"], "micros": 1e6 * (time.process_time() - found["used"]) / EVENTS}


def main() -> None:
    """Measure one of them in this process, or be the collector."""
    if sys.argv[1] == "collector":
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Receiving)
        print(server.server_port, flush=True)
        server.serve_forever()
    with scratch() as place, collector() as url:
        print(json.dumps(measured(Path(place), url if sys.argv[1] == "sent" else "")))


def _cost() -> dict[str, Any]:
    """Take turns, which of the two comes first too, and compare the medians."""
    orders: list[Sequence[str]] = [("sent", "alone"), ("alone", "sent")]
    rounds = [{which: child("telemetry", which) for which in orders[n % 2]} for n in range(ROUNDS)]
    ratio = statistics.median(one["alone"]["micros"] / one["sent"]["micros"] for one in rounds)
    return {
        "path": "file to table, traces, metrics and logs sent",
        "rate": statistics.median(one["sent"]["rate"] for one in rounds),
        "ceiling_rate": statistics.median(one["alone"]["rate"] for one in rounds),
        "ratio": ratio,
        "goal": f"CPU an event while nothing is sent >= {GOAL} of it",
        "goal_met": ratio >= GOAL,
        "found": {
            f"us {which}, {n + 1}": one[which]["micros"] for n, one in enumerate(rounds) for which in one
        },
    }


async def run() -> list[dict[str, Any]]:
    """Give the records of ``python -m benchmarks telemetry``."""
    return [await asyncio.to_thread(_cost)]


if __name__ == "__main__":
    main()
