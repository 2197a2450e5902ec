"""``trunkline run`` with nothing to do: its memory, its use of a core, and how soon it takes an event."""

from __future__ import annotations

import asyncio
import http.client
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from benchmarks.orders import order
from benchmarks.project import TOKEN, write
from benchmarks.scratch import scratch

ROUNDS = 3
WATCHED_SECONDS = 10.0
GOAL_RSS_MB, GOAL_CPU, GOAL_START_SECONDS = 120, 0.01, 1.5


def accept(url: str) -> None:
    """Post one order and insist on a 202."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    headers = {"content-type": "application/json", "authorization": f"Bearer {TOKEN}"}
    connection.request("POST", parts.path, order(0), headers)
    status = connection.getresponse().status
    connection.close()
    if status != 202:
        raise RuntimeError(f"the door answered {status}")


def one_round(folder: Path, watched: float) -> tuple[float, float, float]:
    """Start it, send the first event, watch it idle; return seconds to accept, MB, share of a core."""
    started = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "trunkline", "run", "--project", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert child.stdout is not None
        url = next(found[0] for line in child.stdout if (found := re.search(r"http://\S+/hooks\S+", line)))
        accept(url)
        taken = time.perf_counter() - started
        process = psutil.Process(child.pid)
        time.sleep(1.0)
        before = process.cpu_times()
        time.sleep(watched)
        after = process.cpu_times()
        used = (after.user + after.system - before.user - before.system) / watched if watched else 0.0
        return taken, process.memory_info().rss / 1e6, used
    finally:
        child.terminate()
        child.communicate(timeout=60)


def rows() -> list[dict[str, Any]]:
    """Measure a few starts; the first one of them compiles what Python has not seen."""
    with scratch() as folder:
        write(Path(folder))
        one_round(Path(folder), 0)
        rounds = [one_round(Path(folder), WATCHED_SECONDS) for _ in range(ROUNDS)]
    start, rss, cpu = (sorted(values)[ROUNDS // 2] for values in zip(*rounds, strict=True))
    return [
        {
            "path": "idle run, share of a core",
            "ratio": cpu,
            "rss_mb": rss,
            "goal": f"RSS < {GOAL_RSS_MB} MB, CPU < 1 %",
            "goal_met": rss < GOAL_RSS_MB and cpu < GOAL_CPU,
        },
        {
            "path": "start to first accepted event",
            "p50_ms": start * 1_000,
            "rss_mb": rss,
            "goal": "< 1,500 ms",
            "goal_met": start < GOAL_START_SECONDS,
        },
    ]


async def run() -> list[dict[str, Any]]:
    """Give the records of ``python -m benchmarks idle``."""
    return await asyncio.to_thread(rows)
