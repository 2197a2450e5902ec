"""How old things are now: how long a source has been silent, and what a flow still owes its target.

A source that gives nothing is stale, not healthy: nothing fails where nothing comes.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from trunkline.app.backbone import Backbone
from trunkline.app.project import Flow, Source
from trunkline.app.quantities import seconds_of
from trunkline.contracts.contract import ServiceLevel
from trunkline.delivery.ledger import FlowStatus
from trunkline.kernel.clock import SECOND, to_rfc3339
from trunkline.kernel.errors import Corrupt
from trunkline.kernel.rollup import DAY
from trunkline.observe.kpi import LEARNED_DAYS, PATIENCE, SHORTEST_SILENCE, usual_silence
from trunkline.observe.rollups import Pair, Seen

Expected: TypeAlias = Literal["", "schedule", "contract", "usual"]
"""Where it is from how often a source gives something: its own ``every``, the contract's service level
``frequency``, or what was usual for it in the last two weeks; empty where nothing says it."""

_UNITS = {"s": 1, "sec": 1, "min": 60, "h": 3_600, "hour": 3_600, "d": 86_400, "day": 86_400, "w": 604_800}
_UNITS |= {"second": 1, "minute": 60, "week": 604_800}


class SourceStaleness(msgspec.Struct, frozen=True):
    """How long a source has given nothing new to a stream.

    ``last`` and ``silent_seconds`` are None where it never gave anything. It is stale once it is silent for
    one and a half times ``expected_seconds``.
    """

    source: str
    stream: str
    last: str | None
    silent_seconds: float | None
    expected_seconds: float | None
    expected_by: Expected
    stale: bool


class FlowStaleness(msgspec.Struct, frozen=True):
    """What a flow owes its target: how many events lie ahead of it, wait, are held or dead.

    ``oldest_seconds`` is the age of the first of all these, from its own time; None where there is none. It
    is ``late`` where that is above what the flow ``needs``, ``silent`` where every source of its stream that
    has given anything is stale, and stale where it is either.
    """

    flow: str
    stream: str
    target: str
    behind: int
    waiting: int
    held: int
    dead: int
    oldest_seconds: float | None
    needs_seconds: float | None
    late: bool
    silent: bool
    stale: bool


async def source_staleness(backbone: Backbone) -> list[SourceStaleness]:
    """Tell how long each source of the project, and whoever else gave something, has been silent."""
    now = backbone.machine.clock.now()
    seen = {(one.stream, one.source): one for one in await backbone.rollups.seen()}
    silences = await backbone.rollups.silences(now - LEARNED_DAYS * DAY, SHORTEST_SILENCE)
    described = {(one.contract.stream, one.name): one for one in backbone.project.sources.values()}
    return [
        _source(pair, described.get(pair), seen.get(pair), silences.get(pair, []), now)
        for pair in sorted({*seen, *described}, key=lambda pair: (pair[1], pair[0]))
    ]


def _source(
    pair: Pair, described: Source | None, seen: Seen | None, silences: list[int], now: int
) -> SourceStaleness:
    stream, name = pair
    if seen is None:
        return SourceStaleness(name, stream, None, None, *_declared(described), stale=False)
    silent, (expected, by) = max(0, now - seen.last), _declared(described)
    if expected is None and described is not None:
        usual = usual_silence(silences, min(LEARNED_DAYS * DAY, seen.last - seen.first))
        expected, by = (None, "") if usual is None else (usual / SECOND, "usual")
    stale = expected is not None and silent > PATIENCE * expected * SECOND
    rounded = None if expected is None else round(expected, 3)
    return SourceStaleness(name, stream, to_rfc3339(seen.last), round(silent / SECOND, 3), rounded, by, stale)


def _declared(source: Source | None) -> tuple[float | None, Expected]:
    """Return how often a source says that it gives something."""
    if source is None:
        return None, ""
    if source.every_seconds is not None:
        return source.every_seconds, "schedule"
    stated = [
        _seconds(level) for level in source.contract.about.service_levels if level.property == "frequency"
    ]
    known = [seconds for seconds in stated if seconds]
    return (min(known), "contract") if known else (None, "")


def _seconds(level: ServiceLevel) -> float | None:
    unit = level.unit.lower()
    known = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s"))
    try:
        return float(level.value) * known if known else None
    except ValueError:
        return None


async def flow_staleness(backbone: Backbone, sources: list[SourceStaleness]) -> list[FlowStaleness]:
    """Tell what each flow of the project owes, and whether anything comes at all for it."""
    ends = {info.stream: info.next for info in await backbone.log.streams()}
    known = {one.flow: one for one in await backbone.ledger.status()}
    ages: dict[tuple[str, int], float | None] = {}
    found = []
    for name, flow in sorted(backbone.project.flows.items()):
        stream, status = flow.contract.stream, known.get(name) or FlowStatus(name, 0, 0, 0, 0, 0, 0)
        place = (stream, status.keep_from)
        if status.keep_from < ends.get(stream, 0) and place not in ages:
            ages[place] = await _age(backbone, *place)
        giving = [one for one in sources if one.stream == stream and one.last is not None and one.expected_by]
        is_silent = bool(giving) and all(one.stale for one in giving)
        behind = max(0, ends.get(stream, 0) - status.cursor)
        found.append(_flow(flow, status, behind, ages.get(place), is_silent))
    return found


def _flow(
    flow: Flow,
    status: FlowStatus,
    behind: int,
    oldest: float | None,
    is_silent: bool,  # noqa: FBT001  one of five facts
) -> FlowStaleness:
    said = flow.settings.needs.freshness
    needs = seconds_of(said) if said else None
    is_late = needs is not None and oldest is not None and oldest > needs
    return FlowStaleness(
        flow=flow.name,
        stream=flow.contract.stream,
        target=flow.target.name,
        behind=behind,
        waiting=status.waiting,
        held=status.held,
        dead=status.dead,
        oldest_seconds=oldest,
        needs_seconds=needs,
        late=is_late,
        silent=is_silent,
        stale=is_late or is_silent,
    )


async def _age(backbone: Backbone, stream: str, offset: int) -> float | None:
    """Return how old the first event at or after an offset is; None where it cannot be read."""
    try:
        page = await backbone.log.read(stream, offset, 1)
    except Corrupt:
        return None
    now = backbone.machine.clock.now()
    return round(max(0, now - page.events[0].time) / SECOND, 3) if page.events else None
