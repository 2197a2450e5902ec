"""How long ``trunkline check`` takes for 1,000 contracts of 20 registered versions each, and its memory.

Three projects: nothing registered, everything registered, and everything registered with 20 contracts changed
since, each of which is held against all its versions.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.project import child
from benchmarks.scratch import peak_mb, scratch
from trunkline.adapters.journal.lines import line_of
from trunkline.app.check import check
from trunkline.contracts.contract import load
from trunkline.contracts.registry.content import contract_digest
from trunkline.contracts.registry.version import Content, Entry

CONTRACTS = 1_000
VERSIONS = 20
CHANGED = 20
GOAL_SECONDS = 5.0
ROUNDS = 3
AT = 1_767_225_600_000_000

_ORDER = (Path(__file__).parent / "order.odcs.yaml").read_text("utf-8")
_HEAD = "id: shop-order\nname: order\nversion: 1.0.0\n"
_FIELD = "      - {{name: note_{number}, logicalType: string, logicalTypeOptions: {{maxLength: 80}}}}\n"
_PROPERTIES = "    properties:\n"
_PATHS = {
    "plain": "check, nothing registered",
    "registered": f"check, {VERSIONS} versions of each",
    "changed": f"the same, {CHANGED} of them changed",
}


def text_of(number: int, version: int) -> str:
    """Return a contract's text: each version has another description, every fourth an optional field more."""
    head = _HEAD.replace("order", f"order-{number}").replace("1.0.0", f"1.{version}.0")
    fields = "".join(_FIELD.format(number=one) for one in range(version // 4))
    told = _ORDER.replace(_HEAD, head).replace("every benchmark sends", f"benchmarks send, as of {version}")
    before, properties, after = told.partition(_PROPERTIES)
    return before + properties + fields + after


def journal(number: int) -> bytes:
    """Return a journal with every version of a contract; the digest of the latest is the true one."""
    lines, before = [], ""
    for version in range(VERSIONS):
        text = text_of(number, version)
        last = version == VERSIONS - 1
        digest = contract_digest(load(text, "x")) if last else hashlib.sha256(text.encode()).hexdigest()
        said = Content(kind="odcs", text=text, digest=digest, id=int(digest[:8], 16) >> 1)
        entry = Entry(
            number=version + 1,
            act="register",
            version=f"1.{version}.0",
            at=AT + version,
            by="bench",
            why="as measured",
            content=said,
        )
        lines.append(line_of(f"order-{number}", entry, before))
        before = json.loads(lines[-1])["digest"]
    return b"".join(lines)


def write(folder: Path, kind: str) -> None:
    """Write a project of one kind."""
    (folder / "trunkline.yaml").write_text("project: bench\n")
    for name in ("contracts", "registry"):
        (folder / name).mkdir()
    for number in range(CONTRACTS):
        version = VERSIONS if kind == "changed" and number < CHANGED else VERSIONS - 1
        (folder / f"contracts/order-{number}.odcs.yaml").write_text(text_of(number, version))
        if kind != "plain":
            (folder / f"registry/order-{number}.jsonl").write_bytes(journal(number))


def main() -> None:
    """Check the project in a folder once, in this process."""
    started, busy = time.perf_counter(), time.process_time()
    report = check(Path(sys.argv[1]))
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    found = {"s of CPU": round(busy, 2), "contracts": len(report.contracts), "faults": len(report.faults)}
    print(json.dumps({"seconds": seconds, "rss_mb": peak_mb(), "found": found}))


def _row(kind: str) -> dict[str, Any]:
    with scratch() as name:
        write(Path(name), kind)
        best = min((child("registry", name) for _ in range(ROUNDS)), key=lambda one: one["seconds"])
    return {
        "path": f"{_PATHS[kind]}, {CONTRACTS:,} contracts",
        "rate": CONTRACTS / best["seconds"],
        "rss_mb": best["rss_mb"],
        "found": {"s": round(best["seconds"], 2)} | best["found"],
        "goal": f"< {GOAL_SECONDS:g} s",
        "goal_met": best["seconds"] < GOAL_SECONDS,
    }


async def run() -> list[dict[str, Any]]:
    """Give the records of ``python -m benchmarks registry``."""
    return [await asyncio.to_thread(_row, kind) for kind in _PATHS]


if __name__ == "__main__":
    main()
