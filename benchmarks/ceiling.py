"""The ceiling: the main job as a hand-written loop on one core, with nothing that makes it a product.

It decodes, validates, packs a page of 1,000, commits it with ``synchronous=FULL``, reads it back,
decodes again, maps six fields and upserts them into SQLite. No encryption, no deduplication, no
ledger, no retries, no faults: what is left is what the libraries cost.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import apsw
import jsonschema_rs
import msgspec
import orjson
import zstandard

PAGE = 1_000
UPSERT = """
INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET number = excluded.number, placed_at = excluded.placed_at,
  currency = excluded.currency, total = excluded.total, customer = excluded.customer
"""


def pages(lines: Iterable[bytes]) -> Iterable[list[bytes]]:
    """Cut lines into lists of a page's length."""
    left = iter(lines)
    while page := list(islice(left, PAGE)):
        yield page


def connect(path: Path) -> apsw.Connection:
    """Open an SQLite file that survives a power cut."""
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    return connection


def mapped(order: dict[str, Any]) -> tuple[object, ...]:
    """Pick the six fields of the target row."""
    return (
        order["id"],
        order["number"],
        order["placed_at"],
        order["currency"],
        str(order["total"]),
        order["customer"]["id"],
    )


def ceiling(lines: list[bytes], schema: dict[str, Any], folder: Path) -> float:
    """Carry ``lines`` through the loop and return events per second."""
    valid = jsonschema_rs.validator_for(schema, validate_formats=True).is_valid
    log, target = connect(folder / "ceiling-log.db"), connect(folder / "ceiling-target.db")
    log.execute("CREATE TABLE page (base INTEGER PRIMARY KEY, body BLOB)")
    target.execute(
        "CREATE TABLE orders (id TEXT PRIMARY KEY, number, placed_at, currency, total TEXT, customer)"
    )
    pack, unpack = zstandard.ZstdCompressor(level=1).compress, zstandard.ZstdDecompressor().decompress
    started = time.perf_counter()
    base = 0
    for page in pages(lines):
        good = [line for line in page if valid(orjson.loads(line))]
        with log:
            log.execute("INSERT INTO page VALUES (?, ?)", (base, pack(msgspec.msgpack.encode(good))))
        (body,) = log.execute("SELECT body FROM page WHERE base = ?", (base,)).fetchone() or (b"",)
        rows = [mapped(orjson.loads(line)) for line in msgspec.msgpack.decode(unpack(body))]
        with target:
            target.executemany(UPSERT, rows)
        base += len(good)
    taken = time.perf_counter() - started
    log.close()
    target.close()
    return len(lines) / taken
