"""How old things are now: how long a source has been silent, and what a flow still owes its target.

A source that gives nothing is stale, not healthy: nothing fails where nothing comes.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from trunkline.app.backbone import Backbone
from trunkline.app.owed import Owed, owed
from trunkline.app.project import Flow, Source
from trunkline.app.quantities import seconds_of
from trunkline.contracts.contract import ServiceLevel
from trunkline.delivery.ledger import FlowStatus
from trunkline.kernel.clock import SECOND, to_rfc3339
from trunkline.observe.lateness import late_after, silent_after
from trunkline.observe.rollups import Pair, Seen

Expected: TypeAlias = Literal["", "schedule", "contract", "usual"]
"""Where it is from how often a source gives something: its own ``every``, the contract's service level
``frequency``, or what was usual for it in the last two weeks; empty where nothing says it."""

_UNITS = {"s": 1, "sec": 1, "min": 60, "h": 3_600, "hour": 3_600, "d": 86_400, "day": 86_400, "w": 604_800}
_UNITS |= {"second": 1, "minute": 60, "week": 604_800}


class SourceStaleness(msgspec.Struct, frozen=True):
    """How long a source has given nothing new to a stream.

    ``last`` and ``silent_seconds`` are None where it never gave anything. It is stale once that is longer
    than ``observe.lateness.silent_after`` of ``expected_seconds``.
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

    ``oldest_seconds`` is for how long the oldest is owed that is ahead or waits; None where there is none. It
    is ``late`` where that is above ``late_after_seconds`` (see ``observe.lateness``), ``silent`` where every
    source of its stream that has given anything is stale, and stale where it is either. What is dead or held
    waits for a person, and is told apart.
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
    late_after_seconds: float
    late: bool
    silent: bool
    stale: bool


async def source_staleness(backbone: Backbone) -> list[SourceStaleness]:
    """Tell how long each source of the project, and whoever else gave something, has been silent."""
    now = backbone.machine.clock.now()
    seen = {(one.stream, one.source): one for one in await backbone.rollups.seen()}
    usual, patience = await backbone.usual(), backbone.project.settings.observe.patience
    described = {(one.contract.stream, one.name): one for one in backbone.project.sources.values()}
    return [
        _source(pair, described.get(pair), seen.get(pair), usual.get(pair), patience, now)
        for pair in sorted({*seen, *described}, key=lambda pair: (pair[1], pair[0]))
    ]


def _source(
    pair: Pair,
    described: Source | None,
    seen: Seen | None,
    usual: int | None,
    patience: float,
    now: int,
) -> SourceStaleness:
    stream, name = pair
    if seen is None:
        return SourceStaleness(name, stream, None, None, *_declared(described), stale=False)
    silent, (expected, by) = max(0, now - seen.last), _declared(described)
    if expected is None and described is not None and usual is not None:
        expected, by = usual / SECOND, "usual"
    stale = expected is not None and silent > silent_after(expected, patience) * SECOND
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
    now = backbone.machine.clock.now()
    found = []
    for name, one in sorted((await owed(backbone)).items()):
        flow = backbone.project.flows[name]
        stream = flow.contract.stream
        giving = [each for each in sources if each.stream == stream and each.last and each.expected_by]
        is_silent = bool(giving) and all(each.stale for each in giving)
        found.append(_flow(flow, one, one.age_seconds(now), late_bound(backbone, flow), is_silent))
    return found


def late_bound(backbone: Backbone, flow: Flow) -> float:
    """Return beyond which age in seconds of what it has to deliver a flow is late."""
    return late_after(needs_seconds(flow), backbone.project.settings.observe.patience)


def needs_seconds(flow: Flow) -> float | None:
    """Return how old a flow lets data be; None where it does not say."""
    said = flow.settings.needs.freshness
    return seconds_of(said) if said else None


def _flow(
    flow: Flow,
    one: Owed,
    oldest: float | None,
    bound: float,
    is_silent: bool,  # noqa: FBT001  one of five facts
) -> FlowStaleness:
    status = one.status or FlowStatus(flow.name, 0, 0, 0, 0, 0, 0)
    is_late = oldest is not None and oldest > bound
    return FlowStaleness(
        flow=flow.name,
        stream=flow.contract.stream,
        target=flow.target.name,
        behind=one.lag,
        waiting=status.waiting,
        held=status.held,
        dead=status.dead,
        oldest_seconds=None if oldest is None else round(oldest, 3),
        needs_seconds=needs_seconds(flow),
        late_after_seconds=bound,
        late=is_late,
        silent=is_silent,
        stale=is_late or is_silent,
    )
