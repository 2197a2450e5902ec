"""Run every benchmark, write ``build/bench.json`` and print it as a table.

``python -m benchmarks`` runs all; ``python -m benchmarks webhook append`` runs the modules named.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

MODULES = (
    "pipeline",
    "webhook",
    "http_target",
    "http_delivery",
    "cost",
    "watching",
    "telemetry",
    "outage",
    "tables",
    "append",
    "backlog",
    "idle",
    "kpi",
    "registry",
    "trace",
    "compat",
)
FIELDS = ("path", "rate", "ceiling_rate", "ratio", "p50_ms", "p99_ms", "rss_mb", "found", "goal", "goal_met")
OUTPUT = Path("build/bench.json")
WIDTH = 160


def shown(value: Any) -> str:
    """Write one cell: whole numbers with separators, others with three digits, nothing as a dash."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, dict):
        return ", ".join(f"{shown(one)} {name}" for name, one in value.items())
    if isinstance(value, (int, float)):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)


def table(records: list[dict[str, Any]]) -> Table:
    """Lay the records out for a terminal."""
    made = Table(title="Trunkline benchmarks (ratios within one run)")
    for field in FIELDS:
        made.add_column(field, justify="left" if field in ("path", "found", "goal") else "right")
    for record in records:
        made.add_row(*(shown(record.get(field)) for field in FIELDS))
    return made


def main() -> None:
    """Run what was asked for, one module after the other, so that none disturbs another."""
    console = Console(width=max(Console().width, WIDTH))
    records: list[dict[str, Any]] = []
    for name in sys.argv[1:] or MODULES:
        with console.status(f"measuring {name}"):
            records += asyncio.run(importlib.import_module(f"benchmarks.{name}").run())
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(
        json.dumps([{field: record.get(field) for field in FIELDS} for record in records], indent=2)
    )
    console.print(table(records))
    console.print(f"written to {OUTPUT}")


main()
