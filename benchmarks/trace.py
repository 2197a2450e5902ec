"""The story of one event among ten million: by its id, by its correlation, and of an entity with many.

``TRUNKLINE_BENCH_TRACE`` says how many; ``python -m benchmarks.trace --quick`` takes a tenth. The store is
filled through the log's own door, a thousand events a page, with a flow that has delivered all but a few of
them; each lookup begins with the ID alone, as ``trunkline trace`` does on an open store.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.project import APPEND, write
from benchmarks.scratch import peak_mb, scratch
from trunkline.app.backbone import Backbone, opened, this_machine
from trunkline.app.project import Project
from trunkline.app.story import trace
from trunkline.delivery.ledger import Case, Range, Record, Try
from trunkline.kernel.event import Event

EVENTS = int(os.environ.get("TRUNKLINE_BENCH_TRACE", "10000000"))
ENTITIES = 100_000
FAILED = 10
LOOKUPS = 40
GOAL_MS = 200
FLOW, STREAM = "orders", "order@1"


async def run(events: int = EVENTS) -> list[dict[str, Any]]:
    """Measure; about three minutes on two idle cores, and 1.5 GB of disk for as long as it takes."""
    with scratch() as folder:
        write(Path(folder))
        async with opened(Project.load(Path(folder)), this_machine({})) as backbone:
            await _fill(backbone, events)
            chance = random.Random(7)
            numbers = [chance.randrange(events) for _ in range(LOOKUPS)]
            return [
                await _measured(backbone, f"trace by {way}, {events:,} events", ids)
                for way, ids in (
                    ("event id", [f"order-{number}" for number in numbers]),
                    ("correlation", [_correlation(number) for number in numbers]),
                    ("entity key", [_key(number) for number in numbers]),
                    ("what is not there", [f"nothing-{number}" for number in numbers]),
                )
            ]


async def _fill(backbone: Backbone, count: int) -> None:
    began = backbone.machine.clock.now()
    for page in _pages(count, began):
        first = await backbone.log.append(STREAM, page)
        start, now = first[0].offset, backbone.machine.clock.now()
        failed = (Try(now, "http-422", "the warehouse refused it"),)
        cases = [
            Case(start + n, page[n].subject, "dead", attempts=1, at=now, tries=failed)
            for n in range(FAILED if start % (1_000 * APPEND) == 0 else 0)
        ]
        settled = Range(start, start + len(page) - 1, now, now, delivered=len(page) - len(cases))
        await backbone.ledger.record(Record(FLOW, now, start + len(page), settled, cases, stream=STREAM))


def _pages(count: int, now: int) -> Iterator[list[Event]]:
    """Yield pages of small orders: what is in a record is read only of those that are found."""
    for start in range(0, count, APPEND):
        yield [
            Event(
                id=f"order-{number}",
                source="shop/hook",
                type="order",
                subject=_key(number),
                time=now + number,
                recorded=now + number,
                contract="order@1.0.0",
                correlation=_correlation(number),
                data=b'{"id":"order-%d","number":"%d","lines":[],"note":"%d"}'
                % (number, number, number * 7919),
            )
            for number in range(start, start + APPEND)
        ]


def _correlation(number: int) -> str:
    return f"{(number + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128):032x}"


def _key(number: int) -> str:
    return f"ord-{number * 7919 % ENTITIES:08d}"


async def _measured(backbone: Backbone, path: str, ids: Sequence[str]) -> dict[str, Any]:
    millis, found = [], 0
    for identifier in ids:
        started = time.perf_counter()
        report = await trace(backbone, identifier)
        millis.append((time.perf_counter() - started) * 1e3)
        found += len(report.events)
        await asyncio.sleep(0)
    p95 = statistics.quantiles(millis, n=20)[18]
    return {
        "path": path,
        "rate": 1e3 / statistics.mean(millis),
        "p50_ms": statistics.median(millis),
        "p99_ms": max(millis),
        "rss_mb": peak_mb(),
        "found": {"events": found, "ms p95": p95},
        "goal": f"p95 < {GOAL_MS} ms",
        "goal_met": p95 < GOAL_MS,
    }


def main() -> None:
    """Print what was measured; ``--quick`` with a tenth of the events."""
    count = EVENTS // 10 if "--quick" in sys.argv else EVENTS
    for record in uvloop.run(run(count)):
        print(record)


if __name__ == "__main__":
    main()
