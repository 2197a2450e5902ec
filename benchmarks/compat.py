"""One verdict on a change of a contract: two versions compared, both directions, changes and examples.

Contracts of 20 to 60 fields, nested, with formats, lists and bounds; one to six fields differ, in ways that
are harmless and in ways that break.
"""

from __future__ import annotations

import asyncio
import copy
import random
import statistics
import time
from typing import Any

from trunkline.contracts.compat.compare import compare

PAIRS = 400
GOAL_MS = 20.0

LEAVES: tuple[dict[str, Any], ...] = (
    {"type": "string", "minLength": 1, "maxLength": 80},
    {"type": ["string", "null"], "maxLength": 200},
    {"type": "string", "format": "date-time"},
    {"type": ["string", "null"], "format": "date"},
    {"type": "string", "format": "email"},
    {"type": "string", "pattern": "^[A-Z]{2}[0-9]{4,10}$"},
    {"type": "integer", "minimum": 0, "maximum": 1_000_000},
    {"type": "number", "multipleOf": 0.01, "exclusiveMinimum": -(10**10), "exclusiveMaximum": 10**10},
    {"enum": ["open", "paid", "sent", "void", None]},
    {"type": "boolean"},
)


def contract(chance: random.Random) -> dict[str, Any]:
    """Make the schema of one kind of record."""
    members = {f"field_{n}": copy.deepcopy(chance.choice(LEAVES)) for n in range(chance.randint(14, 40))}
    for name in ("address", "customer"):
        members[name] = record({f"{name}_{n}": copy.deepcopy(chance.choice(LEAVES)) for n in range(6)}, 3)
    line = record({f"line_{n}": copy.deepcopy(chance.choice(LEAVES)) for n in range(8)}, 4)
    members["lines"] = {"type": "array", "items": line, "minItems": 1}
    return record(members, 8)


def record(members: dict[str, Any], needed: int) -> dict[str, Any]:
    """Make an object of which so many members have to be there."""
    return {"type": "object", "properties": members, "required": list(members)[:needed]}


def changed(schema: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return the schema with a few members changed, added or removed, at any depth."""
    made = copy.deepcopy(schema)
    places = [made, made["properties"]["address"], made["properties"]["lines"]["items"]]
    for number in range(chance.randint(1, 6)):
        place = chance.choice(places)
        name = chance.choice([one for one in place["properties"] if "_" in one])
        act = chance.randrange(4)
        if act == 0:
            place["properties"][f"more_{number}"] = copy.deepcopy(chance.choice(LEAVES))
        elif act == 1:
            place["properties"][name] = copy.deepcopy(chance.choice(LEAVES))
        elif act == 2 and name not in place["required"]:
            place["required"].append(name)
        else:
            place["properties"][name]["description"] = "told in other words"
    return made


def _measure(policy: Any) -> dict[str, Any]:
    chance = random.Random(7)
    took, verdicts = [], {"compatible": 0, "undecided": 0, "breaking": 0}
    for _ in range(PAIRS):
        old = contract(chance)
        new = changed(old, chance)
        started = time.perf_counter()
        found = compare(old, new, policy)
        took.append((time.perf_counter() - started) * 1_000)
        verdicts[found.effect("backward")] += 1
    slices = statistics.quantiles(took, n=100)
    return {
        "path": f"one verdict on a change of a contract, {policy}",
        "rate": 1_000 / statistics.mean(took),
        "p50_ms": slices[49],
        "p99_ms": slices[98],
        "found": verdicts | {"ms p95": round(slices[94], 1)},
        "goal": f"p95 < {GOAL_MS:.0f} ms",
        "goal_met": slices[94] < GOAL_MS,
    }


async def run() -> list[dict[str, Any]]:
    """Give the records of ``python -m benchmarks compat``."""
    return [await asyncio.to_thread(_measure, policy) for policy in ("practical", "strict")]
