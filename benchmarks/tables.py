"""Table targets against a hand-written loop: SQLite ``executemany``, PostgreSQL arrays, the same rows.

Each measured call is a batch of 1,000 rows, committed with ``synchronous=FULL`` (SQLite) or ``fsync=on``
(PostgreSQL). The ceiling and the target take turns within one run, so that both see the same machine.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import apsw
import psutil
import psycopg
from tests.postgres import NoServer, PostgresServer

from benchmarks.scratch import scratch
from trunkline.adapters.sql.connect import table_target
from trunkline.adapters.sql.table import TableSettings
from trunkline.connectors.target import Item, Progress, Target
from trunkline.contracts.contract import Contract, load
from trunkline.vault.secret import Secret

BATCH = 1_000
ROUND = 60 * BATCH
ROUNDS = 3
KEYS = 5_000
GOALS = {"sqlite": 250_000, "postgres": 40_000}

CONTRACT = """
apiVersion: v3.0.2
kind: DataContract
id: stock
name: stock
version: 1.0.0
status: active
schema:
  - name: stock
    properties:
      - {name: sku, logicalType: string, primaryKey: true, required: true}
      - {name: title, logicalType: string}
      - {name: quantity, logicalType: integer}
      - {name: price, logicalType: number}
      - {name: version, logicalType: integer, required: true}
"""

Write = Callable[[list[Item]], Awaitable[None]]


def item(number: int) -> Item:
    """Return a row: few enough keys that most are updates, as in a stock table."""
    key = f"sku-{number * 7919 % KEYS:06}"
    record = {
        "sku": key,
        "title": f"Product number {number % KEYS}, boxed",
        "quantity": number % 500,
        "price": Decimal(number % 10_000) / 100,
        "version": number,
    }
    return Item(number, key, f"stock:{number}", f"{number:032x}", 1, record)


async def measured(writes: dict[str, Write]) -> dict[str, tuple[float, list[float]]]:
    """Let each way write all batches, in turns; return rows per second (median round) and call times."""
    rates: dict[str, list[float]] = {name: [] for name in writes}
    calls: dict[str, list[float]] = {name: [] for name in writes}
    for turn in range(ROUNDS):
        numbered = [item(number) for number in range(turn * ROUND, (turn + 1) * ROUND)]
        for name, write in writes.items():
            started = time.perf_counter()
            for first in range(0, ROUND, BATCH):
                batch = numbered[first : first + BATCH]
                before = time.perf_counter()
                await write(batch)
                calls[name].append((time.perf_counter() - before) * 1_000)
            rates[name].append(ROUND / (time.perf_counter() - started))
    return {name: (statistics.median(rates[name]), sorted(calls[name])) for name in writes}


def through(target: Target) -> Write:
    """Write through a target, with progress."""

    async def write(batch: list[Item]) -> None:
        assert not any(await target.deliver(batch, Progress("bench", batch[-1].offset + 1)))

    return write


def sqlite_by_hand(path: Path) -> Write:
    """Write as one would by hand: prepared upserts in a transaction, in a thread."""
    connection = apsw.Connection(str(path))
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "cache_size = -16000",
        "wal_autocheckpoint = 4000",
    ):
        connection.execute(f"PRAGMA {pragma}")
    columns = "title TEXT, quantity INTEGER, price TEXT, version INTEGER NOT NULL"
    connection.execute(f"CREATE TABLE stock (sku TEXT NOT NULL PRIMARY KEY, {columns})")
    upsert = (
        "INSERT INTO stock AS old VALUES (?, ?, ?, ?, ?) ON CONFLICT (sku) DO UPDATE"
        " SET title = excluded.title, quantity = excluded.quantity, price = excluded.price,"
        " version = excluded.version WHERE old.version < excluded.version"
    )

    def transaction(batch: list[Item]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            upsert,
            [
                (r["sku"], r["title"], r["quantity"], str(r["price"]), r["version"])
                for r in (item.record for item in batch)
            ],
        )
        connection.execute("COMMIT")

    async def write(batch: list[Item]) -> None:
        await asyncio.to_thread(transaction, batch)

    return write


def postgres_by_hand(connection: psycopg.AsyncConnection[Any]) -> Write:
    """Write as one would by hand: one statement of binary arrays in a transaction."""
    upsert = (
        "INSERT INTO by_hand AS old"
        " SELECT * FROM unnest(%b::text[], %b::text[], %b::bigint[], %b::numeric[], %b::bigint[])"
        " ON CONFLICT (sku) DO UPDATE SET title = excluded.title, quantity = excluded.quantity,"
        " price = excluded.price, version = excluded.version WHERE old.version < excluded.version"
    )

    async def write(batch: list[Item]) -> None:
        records = [item.record for item in batch]
        columns = [[r[name] for r in records] for name in ("sku", "title", "quantity", "price", "version")]
        async with connection.transaction():
            await connection.execute(upsert.encode(), columns)

    return write


async def sqlite(contract: Contract) -> dict[str, Any]:
    """Measure the SQLite target."""
    with scratch() as folder:
        settings = TableSettings(table="stock", version="version")
        target = table_target("stock", "sqlite:///ours.db", settings, contract, folder=Path(folder))
        await target.open()
        writes = {"ceiling": sqlite_by_hand(Path(folder) / "by-hand.db"), "ours": through(target)}
        results = await measured(writes)
        await target.close()
    return record("sqlite", results)


async def postgres(contract: Contract, server: PostgresServer) -> dict[str, Any]:
    """Measure the PostgreSQL target."""
    settings = TableSettings(table="stock", version="version")
    target = table_target("stock", server.url, settings, contract, password=Secret(server.password))
    await target.open()
    connection = await psycopg.AsyncConnection.connect(server.url, password=server.password, autocommit=True)
    columns = "title text, quantity bigint, price numeric, version bigint"
    await connection.execute(f"CREATE TABLE by_hand (sku text PRIMARY KEY, {columns})".encode())
    writes = {"ceiling": postgres_by_hand(connection), "ours": through(target)}
    results = await measured(writes)
    await connection.close()
    await target.close()
    return record("postgres", results)


def record(engine: str, results: dict[str, tuple[float, list[float]]]) -> dict[str, Any]:
    """Lay out one result for ``build/bench.json``."""
    rate, calls = results["ours"]
    ceiling, _ = results["ceiling"]
    return {
        "path": f"table target, {engine}, upserts of 1,000 rows with version guard",
        "rate": rate,
        "ceiling_rate": ceiling,
        "ratio": rate / ceiling,
        "p50_ms": calls[len(calls) // 2],
        "p99_ms": calls[len(calls) * 99 // 100],
        "rss_mb": psutil.Process().memory_info().rss / 1e6,
        "goal": f">= {GOALS[engine]:,} rows/s",
        "goal_met": rate >= GOALS[engine],
    }


async def run() -> list[dict[str, Any]]:
    """Measure both table targets; without a PostgreSQL server only SQLite, saying so."""
    contract = load(CONTRACT, "stock.odcs.yaml")
    records = [await sqlite(contract)]
    try:
        server = PostgresServer(fsync=True)
    except NoServer as missing:
        print(f"table target, postgres: not measured: {missing}")
        return records
    try:
        records.append(await postgres(contract, server))
    finally:
        server.remove()
    return records
