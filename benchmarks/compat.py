"""One verdict on a change of a contract: two versions compared, both directions, changes and examples.

Contracts of 10 to 60 fields, nested, with formats, lists and bounds, hardly two alike: what ODCS states.
Beside them JSON Schemas of as many fields that share parts by ``$ref`` and have alternatives, conditions and
``allOf``. One to six fields differ, in ways that are harmless and in ways that break.
"""

from __future__ import annotations

import asyncio
import copy
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from trunkline.contracts.compat.compare import compare

PAIRS = 400
GOAL_MS = 20.0

Leaf = Callable[[random.Random], dict[str, Any]]

LEAVES: tuple[Leaf, ...] = (
    lambda chance: {"type": "string", "minLength": 1, "maxLength": chance.randint(10, 200)},
    lambda chance: {"type": ["string", "null"], "maxLength": chance.randint(10, 200)},
    lambda _chance: {"type": "string", "format": "date-time"},
    lambda _chance: {"type": ["string", "null"], "format": "date"},
    lambda _chance: {"type": "string", "format": "email"},
    lambda chance: {"type": "string", "pattern": f"^[A-Z]{{{chance.randint(1, 4)}}}[0-9]{{4,10}}$"},
    lambda chance: {"type": "integer", "minimum": 0, "maximum": 10 ** chance.randint(1, 9)},
    lambda chance: {
        "type": "number",
        "multipleOf": 0.01,
        "exclusiveMinimum": -(10 ** chance.randint(4, 12)),
        "exclusiveMaximum": 10 ** chance.randint(4, 12),
    },
    lambda chance: {"enum": [*chance.sample(_WORDS, chance.randint(2, 9)), None]},
    lambda _chance: {"type": "boolean"},
)
_OF = {False: "contract", True: "schema with references and alternatives"}
_WORDS = ("open", "paid", "sent", "void", "held", "lost", "back", "part", "done", "kept")


def contract(chance: random.Random, *, is_combined: bool) -> dict[str, Any]:
    """Make the schema of one kind of record."""
    members = leaves("field", chance.randint(6, 14 if is_combined else 34), chance)
    for name in ("address", "customer")[: chance.randint(0, 2)]:
        members[name] = record(leaves(name, 6, chance), 3)
    line = record(leaves("line", chance.randint(4, 8), chance), 4)
    members["lines"] = {"type": "array", "items": line, "minItems": 1}
    made = record(members, 8)
    return combined(made, chance) if is_combined else made


def leaves(name: str, count: int, chance: random.Random) -> dict[str, Any]:
    """Make so many fields without parts."""
    return {f"{name}_{n}": chance.choice(LEAVES)(chance) for n in range(count)}


def record(members: dict[str, Any], needed: int) -> dict[str, Any]:
    """Make an object of which so many members have to be there."""
    return {"type": "object", "properties": members, "required": list(members)[:needed]}


def combined(schema: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Share a part, and let the record be completed by others, one of several, and on a condition."""
    place, money = record(leaves("place", 5, chance), 2), record(leaves("money", 2, chance), 2)
    schema["properties"] |= {"from": {"$ref": "#/$defs/place"}, "to": {"$ref": "#/$defs/place"}}
    schema["properties"]["paid"] = {
        "oneOf": [
            record({"by": {"const": by}, **leaves(by, 3, chance), "sum": {"$ref": "#/$defs/money"}}, 2)
            for by in ("card", "transfer", "cash")
        ]
    }
    schema["properties"]["parent"] = {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/node"}]}
    node = record(leaves("node", 2, chance) | {"above": {"$ref": "#/$defs/node"}}, 1)
    schema["allOf"] = [record(leaves("base", 4, chance), 2)]
    schema["if"] = {"properties": {"field_0": {"const": None}}, "required": ["field_0"]}
    schema["then"] = {"required": ["field_5"]}
    return schema | {"$defs": {"place": place, "money": money, "node": node}}


def changed(schema: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return the schema with a few members changed, added or removed, at any depth."""
    made = copy.deepcopy(schema)
    inner = [made["properties"]["lines"]["items"], *made.get("allOf", ()), *made.get("$defs", {}).values()]
    inner += made["properties"].get("paid", {}).get("oneOf", ())
    inner += [made["properties"][name] for name in ("address", "customer") if name in made["properties"]]
    for number in range(chance.randint(1, 6)):
        place = chance.choice([made, *inner])
        name = chance.choice([one for one in place["properties"] if "_" in one])
        act = chance.randrange(5)
        if act == 0:
            place["properties"][f"more_{number}"] = chance.choice(LEAVES)(chance)
        elif act == 1:
            place["properties"][name] = chance.choice(LEAVES)(chance)
        elif act == 2 and name not in place["required"]:
            place["required"].append(name)
        elif act == 3 and len(place["properties"]) > 3 and name not in place["required"]:
            del place["properties"][name]
        else:
            place["properties"][name]["description"] = "told in other words"
    return made


def _measure(policy: Any, *, is_combined: bool) -> dict[str, Any]:
    chance = random.Random(7)
    took, verdicts = [], {"compatible": 0, "undecided": 0, "breaking": 0}
    for _ in range(PAIRS):
        old = contract(chance, is_combined=is_combined)
        new = changed(old, chance)
        started = time.perf_counter()
        found = compare(old, new, policy)
        took.append((time.perf_counter() - started) * 1_000)
        verdicts[found.effect("backward")] += 1
    slices = statistics.quantiles(took, n=100)
    return {
        "path": f"one verdict on a change of a {_OF[is_combined]}, {policy}",
        "rate": 1_000 / statistics.mean(took),
        "p50_ms": slices[49],
        "p99_ms": slices[98],
        "found": verdicts | {"ms p95": round(slices[94], 1)},
        "goal": f"p95 < {GOAL_MS:.0f} ms",
        "goal_met": slices[94] < GOAL_MS,
    }


async def run() -> list[dict[str, Any]]:
    """Give the records of ``python -m benchmarks compat``."""
    kinds = [(policy, is_combined) for is_combined in (False, True) for policy in ("practical", "strict")]
    return [await asyncio.to_thread(_measure, policy, is_combined=one) for policy, one in kinds]
