"""What it costs to see everything: the main path with a collector, without, and with nobody looking.

``sent`` is all of it: sums for KPIs, alerts, log lines, ``/metrics`` scraped every five seconds, and traces,
metrics and logs sent. ``alone`` is the same without a collector and scrapes, ``blind`` has no sums, alerts
and lines either. It is CPU time an event of the process that runs the project that is compared, its sending
threads included; the collector is a process of its own. Settings are the defaults: a hundredth of the traces,
and metrics every minute and at the end.
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
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.project import Course, child, write, write_orders
from benchmarks.scratch import scratch
from trunkline.adapters.prometheus.exposition import Process, exposed
from trunkline.adapters.sqlite import appending, ledger
from trunkline.app import run as run_module
from trunkline.app.backbone import Backbone, Machine, opened, this_machine
from trunkline.app.collector import settle_collector
from trunkline.app.metrics import measured as measured_of
from trunkline.app.metrics import noted
from trunkline.app.project import Project
from trunkline.app.run import running
from trunkline.app.telemetry import telemetry
from trunkline.delivery import whole, window
from trunkline.delivery.rolling import Changes
from trunkline.kernel.sketch import EMPTY
from trunkline.observe.logs import LogListener, make_writer

EVENTS = 150_000
ROUNDS = 5
GOAL = 0.9
SCRAPED_SECONDS = 5.0
WAYS = ("sent", "alone", "blind")


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


@contextlib.asynccontextmanager
async def scraped(backbone: Backbone) -> AsyncIterator[None]:
    """Read and write out what ``/metrics`` tells, again and again while the block runs."""

    async def scrape() -> None:
        while True:
            await backbone.machine.clock.sleep(SCRAPED_SECONDS)
            samples = [*noted(backbone), *await measured_of(backbone)]
            await asyncio.to_thread(exposed, samples, Process(), "")

    task = asyncio.create_task(scrape())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def go_blind() -> None:
    """Leave out of this process what is there to be seen: sums, alerts."""

    def nothing(*_: object) -> None:
        pass

    appending.__dict__["add_arrivals"] = ledger.__dict__["add_deliveries"] = nothing
    ledger.__dict__["Counting"] = lambda *_: Uncounted()
    run_module.__dict__["_start_alerting"] = nothing
    for module in (whole, window):
        module.__dict__["lags_of" if module is whole else "sketch_of"] = lambda *_: EMPTY


class Uncounted:
    """Counts nothing of what a flow does."""

    def recorded(self, _: object) -> Changes:
        """Return no change."""
        return Changes()

    voided = recorded


async def main_path(project: Project, machine: Machine, way: str) -> dict[str, float]:
    """Run the project over one file; return events a second, and microseconds of CPU an event."""
    folder = project.folder
    write_orders(folder / "orders.ready", EVENTS)
    course = Course(machine, EVENTS)
    own = make_writer(io.StringIO(), machine.clock, as_json=True)
    listener = LogListener(own, *([machine.write] if machine.write else []))
    if way != "blind":
        machine.signals.listen(listener)
    async with opened(project, machine) as backbone:
        looking = scraped(backbone) if way == "sent" else contextlib.nullcontext()
        async with running(backbone, None), looking:
            settle_collector()
            await asyncio.sleep(0.5)
            started, used = machine.clock.monotonic(), time.process_time()
            (folder / "orders.ready").rename(folder / "drop" / "orders.jsonl")
            await course.done()
            taken = machine.clock.monotonic() - started
        listener.flush()
    return {"rate": EVENTS / taken, "used": used}


def measured(folder: Path, way: str, endpoint: str) -> dict[str, float]:
    """Run it one way; what is sent at the end counts too."""
    write(folder)
    if way == "blind":
        go_blind()
    if way == "sent":
        settings = f"observe: {{otlp: {{endpoint: '{endpoint}'}}}}\n"
        with (folder / "trunkline.yaml").open("a") as file:
            file.write(settings)
    project = Project.load(folder)
    with telemetry(project, this_machine({})) as machine:
        found = uvloop.run(main_path(project, machine, way))
    return {"rate": found["rate"], "micros": 1e6 * (time.process_time() - found["used"]) / EVENTS}


def main() -> None:
    """Measure one of them in this process, or be the collector."""
    if sys.argv[1] == "collector":
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Receiving)
        print(server.server_port, flush=True)
        server.serve_forever()
    with scratch() as place, collector() as url:
        print(json.dumps(measured(Path(place), sys.argv[1], url)))


def _cost() -> list[dict[str, Any]]:
    """Take turns, which of them comes first too, and compare the medians."""
    rounds = [
        {way: child("telemetry", way) for way in (*WAYS[n % len(WAYS) :], *WAYS[: n % len(WAYS)])}
        for n in range(ROUNDS)
    ]
    return [
        _record("file to table, traces, metrics and logs sent", rounds, "alone"),
        _record("file to table, everything seen", rounds, "blind"),
    ]


def _record(path: str, rounds: list[dict[str, Any]], without: str) -> dict[str, Any]:
    ratio = statistics.median(one[without]["micros"] / one["sent"]["micros"] for one in rounds)
    return {
        "path": path,
        "rate": statistics.median(one["sent"]["rate"] for one in rounds),
        "ceiling_rate": statistics.median(one[without]["rate"] for one in rounds),
        "ratio": ratio,
        "goal": f"CPU an event without >= {GOAL} of it",
        "goal_met": ratio >= GOAL,
        "found": {
            f"us {way}, {n + 1}": one[way]["micros"]
            for n, one in enumerate(rounds)
            for way in ("sent", without)
        },
    }


async def run() -> list[dict[str, Any]]:
    """Give the records of ``python -m benchmarks telemetry``."""
    return await asyncio.to_thread(_cost)


if __name__ == "__main__":
    main()
