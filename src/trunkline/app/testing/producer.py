"""The producer side: whether a contract would have refused what really came."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import Any

from trunkline.app.masking import masked
from trunkline.app.testing.records import Recorded
from trunkline.app.testing.result import Finding, Result
from trunkline.contracts.contract import Contract
from trunkline.contracts.field import pointer_of
from trunkline.contracts.violations import Violation
from trunkline.kernel import json
from trunkline.kernel.clock import to_rfc3339

MOST_SOURCES = 20
"""How many sources of one finding are named."""
EXAMPLE_BYTES = 10_000
"""The largest record that is shown as an example."""


class _Group:
    """The records that break one rule at one place."""

    def __init__(self, first: Recorded, violation: Violation, pointer: str, example: Any) -> None:
        self.violation = violation
        self.pointer = pointer
        self.example = example
        self.place = first.place
        self.count = self.first = self.last = 0
        self.sources: dict[str, None] = {}

    def add(self, one: Recorded) -> None:
        self.first = min(self.first, one.at) if self.count else one.at
        self.last = max(self.last, one.at)
        self.count += 1
        if len(self.sources) < MOST_SOURCES:
            self.sources[one.source] = None

    def finding(self) -> Finding:
        first, last = (to_rfc3339(at) if at else "" for at in (self.first, self.last))
        return Finding(
            self.violation.rule,
            self.pointer,
            self.violation.message,
            self.count,
            self.example,
            self.place,
            first,
            last,
            tuple(self.sources),
        )


async def producer_side(
    name: str, contract: Contract, known: Contract | None, recorded: AsyncIterable[Recorded]
) -> Result:
    """Hold recorded records against a contract.

    ``known`` is the version that the project has: what is personal by either of the two is not shown.
    """
    places = {field.path for field in contract.fields}
    groups: dict[tuple[str, str, str], _Group] = {}
    looked_at = refused = 0
    async for one in recorded:
        looked_at += 1
        refused += bool(one.wrong)
        told = set()
        for violation in one.wrong:
            pointer = _generalized(violation.pointer, places)
            key = (violation.rule, pointer, violation.message)
            if key not in groups:
                groups[key] = _Group(one, violation, pointer, _example(one.record, contract, known))
            if key not in told:
                groups[key].add(one)
            told.add(key)
    if not looked_at:
        return Result("producer", name, "skipped", "nothing is recorded")
    found = sorted(groups.values(), key=lambda one: (-one.count, one.pointer, one.violation.rule))
    findings = tuple(one.finding() for one in found)
    would = f"{refused:,} would be refused" if refused else "none would be refused"
    summary = f"{looked_at:,} record{'' if looked_at == 1 else 's'} of what came, {would}"
    return Result("producer", name, "failed" if refused else "passed", summary, looked_at, refused, findings)


def _example(record: Any, contract: Contract, known: Contract | None) -> Any:
    """Return a record as it may be shown; None for one that cannot be read or is too large."""
    shown = masked(record, contract if isinstance(record, dict) else None)
    shown = shown if known is None else masked(shown, known)
    return shown if len(json.encode(shown)) <= EXAMPLE_BYTES else None


def _generalized(pointer: str, places: set[tuple[str, ...]]) -> str:
    """Return a pointer with ``-`` for the positions of items, so that all items are one place."""
    path: tuple[str, ...] = ()
    for token in (one.replace("~1", "/").replace("~0", "~") for one in pointer.split("/")[1:]):
        is_item = token.isdecimal() and (*path, token) not in places
        path = (*path, "-" if is_item else token)
    return pointer_of(path)
