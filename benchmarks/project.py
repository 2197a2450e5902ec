"""The project that benchmarks run: orders into one SQLite table, everything on; how to fill and watch it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.orders import CONTRACT, order
from trunkline.adapters.keyfile.key import make_key
from trunkline.adapters.keyfile.private import write_private
from trunkline.app.backbone import Backbone, Machine
from trunkline.kernel.event import Event
from trunkline.kernel.signals import BatchDelivered, Signal

_FILES = {
    "trunkline.yaml": """
project: bench
listen: {host: 127.0.0.1, port: 0}
""",
    "systems/shop.yaml": """
system: shop
title: Shop
kind: web shop
owner: {team: Bench, contact: bench@example.com}
publishes:
  - {stream: order, via: files, every: 1s, folder: drop, pattern: "*.jsonl", settled_seconds: 0,
     identity: contract}
  - {stream: order, name: hook, via: webhook, path: /hooks/orders, verify: {bearer: secret://shop/hook}}
""",
    "systems/warehouse.yaml": """
system: warehouse
title: Warehouse
kind: database
owner: {team: Bench, contact: bench@example.com}
connection: {sqlite: state/warehouse.db}
accepts:
  - {name: orders, contract: row@1, via: table, table: orders}
""",
    "contracts/row.odcs.yaml": """
apiVersion: v3.1.0
kind: DataContract
id: row
name: row
version: 1.0.0
status: active
schema:
  - name: row
    customProperties: [{property: classification, value: internal}]
    properties:
      - {name: id, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: number, logicalType: integer, required: true}
      - {name: placed_at, logicalType: timestamp, required: true}
      - {name: currency, logicalType: string, required: true}
      - {name: total, logicalType: number, required: true}
      - {name: customer, logicalType: string, required: true}
""",
    "flows/orders.yaml": """
flow: orders
from: order@1
to: warehouse.orders
map: {id: id, number: number, placed_at: placed_at, currency: currency, total: total, customer: customer.id}
needs: {freshness: 1h, consistency: eventual}
""",
}
TOKEN = "bench-token"
APPEND = 1_000


def write(folder: Path) -> None:
    """Write the project; the identity of an order is its number, so entities may repeat."""
    for name, text in _FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    named = CONTRACT.read_text() + "      - {property: idempotencyKey, value: number}\n"
    named += "      - {property: classification, value: internal}\n"
    (folder / "contracts" / "order.odcs.yaml").write_text(named)
    for name in ("state", "drop"):
        (folder / name).mkdir(mode=0o700)
    make_key(folder / "state" / "trunkline.key")
    write_private(folder / "state" / "secrets.yaml", f"shop: {{hook: {TOKEN}}}\n".encode())


def write_orders(path: Path, count: int) -> None:
    """Write a JSON Lines file of orders under its name once it is whole."""
    passing = path.with_suffix(".part")
    with passing.open("wb") as file:
        file.writelines(order(number) + b"\n" for number in range(count))
    passing.rename(path)


async def fill(backbone: Backbone, count: int, entities: int = 1_000_000) -> None:
    """Store so many orders of so many entities through the log's own door, a page an append."""
    ids, now = backbone.machine.ids, backbone.machine.clock.now()
    for start in range(0, count, APPEND):
        events = [
            Event(
                id=str(number),
                source="shop/hook",
                type="order",
                subject=f"ord-{number % entities:08d}",
                time=now,
                recorded=now,
                contract="order@1.0.0",
                correlation=ids.trace_id(),
                data=order(number, entities=entities),
            )
            for number in range(start, start + APPEND)
        ]
        await backbone.log.append("order@1", events)


class Course:
    """How far the flow came and when: ``passed`` gets its cursor and the time with each run it settles."""

    def __init__(self, machine: Machine, count: int) -> None:
        self.passed: list[tuple[int, float]] = []
        self._now = machine.clock.monotonic
        self._count = count
        self._done = asyncio.Event()
        machine.signals.listen(self._note)

    async def done(self) -> None:
        """Return once the flow has settled all it was to."""
        await self._done.wait()

    def _note(self, signal: Signal) -> None:
        if isinstance(signal, BatchDelivered):
            before = self.passed[-1][0] if self.passed else 0
            self.passed.append((max(before, signal.last + 1), self._now()))
            if self.passed[-1][0] >= self._count:
                self._done.set()


def child(module: str, *arguments: object) -> dict[str, Any]:
    """Run ``python -m benchmarks.module`` in a process of its own and return the JSON it prints last."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result
