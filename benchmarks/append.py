"""Appending to, starting and reading the embedded log, empty and with ten million random keys present."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import psutil

from benchmarks.scratch import scratch
from trunkline.adapters.sqlite.appending import LogSettings
from trunkline.adapters.sqlite.dedupe import KEY_BYTES, Dedupe, Shape
from trunkline.adapters.sqlite.log import SqliteLog
from trunkline.adapters.sqlite.store import Store
from trunkline.eventlog.port import Query
from trunkline.eventlog.seal import Sealer
from trunkline.kernel.clock import SECOND, SystemClock
from trunkline.kernel.event import Event

KEYS = 10_000_000
ROUNDS = 3
BATCH = 1_000
BATCHES = 40
IN_FLIGHT = 4
STREAM = "order"
SEALER = Sealer(bytes(32))


async def run() -> list[dict[str, Any]]:
    """Measure; about a minute on two idle cores, and 400 MB of disk for as long as it takes."""
    with scratch() as folder:
        empty, full = Path(folder) / "empty.db", Path(folder) / "full.db"
        await _fill(full, KEYS)
        started = time.perf_counter()
        store, _ = await _open(full)
        start_seconds = time.perf_counter() - started
        await store.close()
        return [
            await _appending(empty, full),
            await _repeating(full),
            await _starting(start_seconds),
            await _reading(full),
            await _finding(full),
        ]


async def _appending(empty: Path, full: Path) -> dict[str, Any]:
    """Both stores in turn, so that what else the machine does falls on both."""
    rates: dict[Path, list[float]] = {empty: [], full: []}
    millis: list[float] = []
    numbers = iter(range(0, 10**9, BATCH))
    for path in (empty, full) * (ROUNDS + 1):
        store, log = await _open(path)
        rate, took = await _append(log, [_events(next(numbers)) for _ in range(BATCHES)])
        rates[path].append(rate)
        millis += took if path is full else []
        await store.close()
    ceiling, rate = (statistics.median(rates[path][1:]) for path in (empty, full))  # the first round warms up
    return _record(
        "append with 10 million random keys present", rate, ceiling, millis, ">= 0.7 of the empty store", 0.7
    )


async def _append(log: SqliteLog, batches: list[list[Event]]) -> tuple[float, list[float]]:
    millis: list[float] = []
    waiting = iter(batches)

    async def caller() -> None:
        for batch in waiting:
            started = time.perf_counter()
            await log.append(STREAM, batch)
            millis.append((time.perf_counter() - started) * 1e3)

    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
    return sum(map(len, batches)) / (time.perf_counter() - started), millis


async def _repeating(full: Path) -> dict[str, Any]:
    """Append what is there already: every key is found on disk or in memory, none is stored."""
    store, log = await _open(full)
    [info] = await log.streams()
    repeated = [(await log.read(STREAM, start, BATCH)).events for start in range(0, 20 * BATCH, BATCH)]
    rate, millis = await _append(log, repeated)
    [after] = await log.streams()
    await store.close()
    met = after.next == info.next
    return {
        **_record("append of repeats, 10 million keys present", rate, 0, millis, "none stored twice", 0),
        "goal_met": met,
    }


async def _starting(seconds: float) -> dict[str, Any]:
    goal = "open with 10 million keys < 1 s"
    return {
        **_record("open the log", 1 / seconds, 0, [seconds * 1e3], goal, 0),
        "goal_met": seconds < 1.0,
    }


async def _reading(full: Path) -> dict[str, Any]:
    store, log = await _open(full)
    millis: list[float] = []
    begun, start = time.perf_counter(), 0
    while True:
        started = time.perf_counter()
        page = await log.read(STREAM, start, BATCH)
        if not page.events:
            break
        start = page.next
        millis.append((time.perf_counter() - started) * 1e3)
    rate = start / (time.perf_counter() - begun)
    await store.close()
    return {
        **_record("read back from disk", rate, 0, millis, ">= 300,000 events/s", 0),
        "goal_met": rate >= 300_000,
    }


async def _finding(full: Path) -> dict[str, Any]:
    store, log = await _open(full)
    [info] = await log.streams()
    oldest = (await log.read(STREAM, 0, 1)).events[0].id
    started = time.perf_counter()
    found = await log.find(Query(id=oldest))
    millis = (time.perf_counter() - started) * 1e3
    await store.close()
    goal = f"the oldest of {info.next:,} events by id < 200 ms"
    record = _record("find by id", 1e3 / millis, 0, [millis], goal, 0)
    return {**record, "goal_met": len(found) == 1 and millis < 200}


async def _fill(path: Path, count: int) -> None:
    """Remember random keys through the log's own deduplication, a run in each commit."""
    store, _ = await _open(path)
    dedupe = Dedupe(bytes(32), LogSettings().dedupe_bytes, Shape())
    now = SystemClock().now() // SECOND
    await store.write(dedupe.load)
    for base in range(0, count, Shape().run_keys):
        keys = list(_random_keys(min(Shape().run_keys, count - base)))

        def remember(connection: apsw.Connection, keys: list[bytes] = keys, base: int = base) -> None:
            dedupe.make_room(connection, 0)
            dedupe.remember(connection, keys, base, now)

        await store.write(remember)
    await store.close()


def _random_keys(count: int) -> Iterator[bytes]:
    chance = os.urandom(KEY_BYTES * count)
    return (chance[at : at + KEY_BYTES] for at in range(0, len(chance), KEY_BYTES))


async def _open(path: Path) -> tuple[Store, SqliteLog]:
    store = Store(path)
    return store, await SqliteLog.open(store, SEALER, SystemClock())


def _events(first: int) -> list[Event]:
    now = SystemClock().now()
    return [
        Event(f"order-{n}", "shop", "order", f"c-{n % 9973}", now, now, "order@1", _trace(n), _payload(n))
        for n in range(first, first + BATCH)
    ]


def _trace(number: int) -> str:
    return f"{(number + 1) * 0x9E3779B97F4A7C15 % (1 << 64):032x}"


def _payload(number: int) -> bytes:
    """Return a nested order of 485 bytes or a few less."""
    lines = ",".join(
        f'{{"sku":"SKU-{(number * 7 + line * 31) % 5000:05d}","quantity":{1 + number % 9},'
        f'"unit_price":"{number * 13 % 9999 / 100:.2f}","description":"Hanging heart {number % 613}"}}'
        for line in range(3)
    )
    return (
        f'{{"id":"order-{number}","placed_at":"2026-01-05T{number % 24:02d}:{number % 60:02d}:00Z",'
        f'"customer":{{"id":"customer-{number % 9973}","country":"NL"}},"lines":[{lines}],"currency":"EUR"}}'
    ).encode()


def _record(
    path: str, rate: float, ceiling: float, millis: list[float], goal: str, least_ratio: float
) -> dict[str, Any]:
    ratio = rate / ceiling if ceiling else None
    return {
        "path": path,
        "rate": round(rate, 1),
        "ceiling_rate": round(ceiling, 1) or None,
        "ratio": round(ratio, 3) if ratio else None,
        "p50_ms": round(statistics.median(millis), 3),
        "p99_ms": round(statistics.quantiles(millis, n=100)[98] if len(millis) > 1 else millis[0], 3),
        "rss_mb": round(psutil.Process().memory_info().rss / 1_048_576, 1),
        "goal": goal,
        "goal_met": ratio is None or ratio >= least_ratio,
    }
