"""The use-case behind ``trunkline contract drift``: records as they really come, beside their contracts."""

from __future__ import annotations

from typing import Any

import msgspec

from trunkline.app.backbone import Backbone
from trunkline.app.project import unknown_stream
from trunkline.contracts.contract import Contract
from trunkline.contracts.drift import Profile, Sight
from trunkline.contracts.field import path_of
from trunkline.intake.quarantine import Held, Query
from trunkline.kernel import json
from trunkline.kernel.clock import to_rfc3339

MOST_REFUSED = 1_000
"""How many of the latest refused arrivals of a stream are looked at."""


class DriftLine(msgspec.Struct, frozen=True):
    """One difference: see ``contracts.drift.Drift``; times are RFC 3339."""

    stream: str
    pointer: str
    kind: str
    detail: str
    records: int
    refused: int
    first: str
    last: str
    sources: list[str]


class DriftReport(msgspec.Struct, frozen=True):
    """How many records of a stream were looked at, since when, and every difference."""

    stream: str
    contract: str
    accepted: int
    refused: int
    since: str
    drifts: list[DriftLine]


async def drift(backbone: Backbone, stream: str, last: int) -> list[DriftReport]:
    """Look at the ``last`` events of a stream, or of each where it is empty, and at what was refused.

    Raises ``TrunklineError`` for a stream that is not there.
    """
    contract = backbone.project.contract_of(stream) if stream else None
    if stream and contract is None:
        raise unknown_stream(backbone.project, stream)
    contracts = [contract] if contract else list(backbone.project.contracts.values())
    return [await _report(backbone, one, last) for one in sorted(contracts, key=lambda one: one.stream)]


async def _report(backbone: Backbone, contract: Contract, last: int) -> DriftReport:
    accepted = await _accepted(backbone, contract.stream, last)
    refused = await _refused(backbone, contract, accepted[0][1].at if accepted else 0)
    seen = sorted([*accepted, *refused], key=lambda one: one[1].at)
    profile = Profile(contract, seen[len(seen) // 2][1].at if seen else 0)
    for record, sight in seen:
        profile.add(record, sight)
    lines = [
        DriftLine(
            contract.stream,
            one.pointer,
            one.kind,
            one.detail,
            one.records,
            one.refused,
            to_rfc3339(one.first),
            to_rfc3339(one.last),
            list(one.sources),
        )
        for one in profile.drifts()
    ]
    since = to_rfc3339(seen[0][1].at) if seen else ""
    return DriftReport(contract.stream, contract.ref, len(accepted), len(refused), since, lines)


async def _accepted(backbone: Backbone, stream: str, last: int) -> list[tuple[Any, Sight]]:
    """Return the latest events of a stream, decoded, oldest first."""
    extent = {one.stream: one for one in await backbone.log.streams()}.get(stream)
    if extent is None:
        return []
    found: list[tuple[Any, Sight]] = []
    start = max(extent.first, extent.next - last)
    while start < extent.next:
        page = await backbone.log.read(stream, start, extent.next - start)
        if not page.events:
            break
        found += [(json.decode(event.data), Sight(event.recorded, event.source)) for event in page.events]
        start = page.next
    return found


async def _refused(backbone: Backbone, contract: Contract, since: int) -> list[tuple[Any, Sight]]:
    """Return what was refused since then and can be read, oldest first."""
    query = Query(stream=contract.stream, status=None, since=since, limit=MOST_REFUSED)
    found: list[tuple[Any, Sight]] = []
    for entry in reversed(await backbone.quarantine.list(query)):
        held = await backbone.quarantine.get(entry.id)
        record = _record(held, contract) if held else None
        if isinstance(record, dict):
            found.append((record, Sight(entry.last_seen, entry.source, refused=True)))
    return found


def _record(held: Held, contract: Contract) -> Any:
    """Return the record of an arrival, or None where it has none."""
    if held.arrival.fields is not None:
        record, wrong = contract.typed(held.arrival.fields)
        for one in wrong:
            if one.rule == "type":
                _put_text(record, one.pointer)
        return record
    try:
        return json.decode(held.arrival.raw)
    except ValueError:
        return None


def _put_text(record: dict[str, Any], pointer: str) -> None:
    """Put a text where a column held one that is not of its type, and was left out for it."""
    *above, name = path_of(pointer)
    for token in above:
        record = record.get(token, {})
    record.setdefault(name, "")
