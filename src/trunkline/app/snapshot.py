"""The use-case behind every live page: where all flows, streams, sources and targets stand, read cheaply.

It is read every few seconds while somebody looks, so it asks the store a handful of questions whatever the
number of flows and streams, and reads no event but the first that a flow has still ahead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from trunkline.app.backbone import Backbone
from trunkline.app.owed import Owed, owed
from trunkline.app.project import Flow as WiredFlow
from trunkline.app.project import Source, Target
from trunkline.app.staleness import SourceStaleness, late_bound, needs_seconds, source_staleness
from trunkline.app.verdicts import Health, Numbers, judged
from trunkline.delivery.ledger import FlowStatus
from trunkline.delivery.pausing import Pause
from trunkline.delivery.standing import Standing
from trunkline.eventlog.port import StreamInfo
from trunkline.kernel.clock import SECOND, from_rfc3339, to_rfc3339
from trunkline.kernel.rollup import MINUTE, NO_DELIVERIES, floor_to

COUNTED_MINUTES = 4
"""How many whole minutes, beside the one under way, rates are counted over at the first look."""


class FlowSight(msgspec.Struct, frozen=True):
    """A flow at a moment: how it is and ``why``, how far behind, and what waits in it.

    ``lag`` counts the events that it has not reached, ``lag_seconds`` is the age of the oldest of them and
    ``freshness_seconds`` what it promises; None where it promises nothing. ``per_second`` is how many events
    it got through lately; None until that is known.
    """

    flow: str
    title: str
    stream: str
    target: str
    health: Health
    why: str
    lag: int
    lag_seconds: float
    freshness_seconds: float | None
    waiting: int
    held: int
    dead: int
    last_delivered: str | None
    cursor: int
    per_second: float | None = None


class StreamSight(msgspec.Struct, frozen=True):
    """A stream at a moment: its extent, its stored bytes, and how many events it gets a second lately."""

    stream: str
    title: str
    events: int
    first: int
    next: int
    stored_bytes: int
    last_event: str | None
    sources: int
    flows: int
    per_second: float | None = None


class SourceSight(msgspec.Struct, frozen=True):
    """A source at a moment; ``silent`` where it gave nothing for too long: see ``observe.lateness``.

    ``every_seconds`` is how often it says that it gives something, ``expected_seconds`` how often something
    is expected of it, because that was said or is usual.
    """

    source: str
    system: str
    via: str
    stream: str
    last_event: str | None
    every_seconds: float | None
    expected_seconds: float | None
    silent: bool
    quarantined: int


class TargetSight(msgspec.Struct, frozen=True):
    """A target at a moment: ``there``, ``away`` or ``isolated``, since when, by whom and why."""

    target: str
    system: str
    via: str
    state: str
    since: str | None
    by: str
    why: str
    flows: int


class Snapshot(msgspec.Struct, frozen=True):
    """A project at a moment: ``at`` in microseconds, and ``unready`` where the process is not ready, why."""

    at: int
    project: str
    title: str
    unready: str
    flows: tuple[FlowSight, ...]
    streams: tuple[StreamSight, ...]
    sources: tuple[SourceSight, ...]
    targets: tuple[TargetSight, ...]


async def snapshot(backbone: Backbone) -> Snapshot:
    """Read where everything stands."""
    project = backbone.project
    infos = {info.stream: info for info in await backbone.log.streams()}
    heard = await source_staleness(backbone)
    latest: dict[str, int] = {}
    for one in heard:
        last = from_rfc3339(one.last) if one.last else 0
        latest[one.stream] = max(last, latest.get(one.stream, 0))
    standings = await backbone.standings.load()
    flows = Counter(flow.target.name for flow in project.flows.values())
    return Snapshot(
        backbone.machine.clock.now(),
        project.settings.project,
        project.settings.title or project.settings.project,
        backbone.health.unready(),
        await _flows(backbone, standings),
        tuple(_stream(backbone, name, infos, latest) for name in sorted({*project.contracts, *infos})),
        await _sources(backbone, heard),
        tuple(
            _target(target, standings.get(name, Standing()), flows[name])
            for name, target in sorted(project.targets.items())
        ),
    )


async def _flows(backbone: Backbone, standings: Mapping[str, Standing]) -> tuple[FlowSight, ...]:
    pauses, now = await backbone.pauses.load(), backbone.machine.clock.now()
    return tuple(
        _flow(
            backbone.project.flows[name],
            one,
            standings.get(backbone.project.flows[name].target.name, Standing()),
            pauses.get(name),
            late_bound(backbone, backbone.project.flows[name]),
            now,
        )
        for name, one in sorted((await owed(backbone)).items())
    )


def _flow(
    flow: WiredFlow, one: Owed, standing: Standing, pause: Pause | None, bound: float, now: int
) -> FlowSight:
    status = one.status or FlowStatus(flow.name, 0, 0, 0, 0, 0, 0)
    numbers = Numbers(
        lag=one.lag,
        oldest_seconds=one.age_seconds(now) or 0.0,
        late_after_seconds=bound,
        waiting=status.waiting,
        held=status.held,
        dead=status.dead,
        delivered=bool(status.delivered_at),
        pause=pause,
    )
    health, why = judged(numbers, standing)
    return FlowSight(
        flow.name,
        flow.settings.title,
        flow.contract.stream,
        flow.target.name,
        health,
        why,
        one.lag,
        0.0 if one.since is None else round((now - one.since) / SECOND, 1),
        needs_seconds(flow),
        status.waiting,
        status.held,
        status.dead,
        _time(status.delivered_at),
        one.offset,
    )


def _stream(
    backbone: Backbone, name: str, infos: Mapping[str, StreamInfo], latest: Mapping[str, int]
) -> StreamSight:
    project, info = backbone.project, infos.get(name) or StreamInfo(name, 0, 0, 0, 0)
    contract = project.contracts.get(name)
    return StreamSight(
        name,
        contract.title if contract else "",
        info.next - info.first,
        info.first,
        info.next,
        info.stored_bytes,
        _time(latest.get(name, 0)),
        len(project.sources_of(contract)) if contract else 0,
        len(project.flows_of(contract)) if contract else 0,
    )


async def _sources(backbone: Backbone, heard: Iterable[SourceStaleness]) -> tuple[SourceSight, ...]:
    held: dict[str, int] = {}
    for count in await backbone.quarantine.counts():
        if count.status == "open":
            held[count.source] = held.get(count.source, 0) + count.entries
    known = {(one.stream, one.source): one for one in heard}
    described = [
        _source(one, known[one.contract.stream, name], held.pop(name, 0))
        for name, one in sorted(backbone.project.sources.items())
    ]
    # what was published by hand, and sources that were removed, still have their quarantine
    rest = [
        SourceSight(name, "", "", name.partition("/")[2], None, None, None, silent=False, quarantined=count)
        for name, count in sorted(held.items())
    ]
    return (*described, *rest)


def _source(source: Source, heard: SourceStaleness, quarantined: int) -> SourceSight:
    return SourceSight(
        source.name,
        source.system,
        source.via,
        source.contract.stream,
        heard.last,
        source.every_seconds,
        heard.expected_seconds,
        heard.stale,
        quarantined,
    )


def _target(target: Target, standing: Standing, flows: int) -> TargetSight:
    state, since, by, why = "there", 0, "", ""
    if standing.isolation:
        isolation = standing.isolation
        state, since, by, why = "isolated", isolation.at, isolation.by, isolation.why
    elif standing.outage:
        outage = standing.outage
        state, since, why = "away", outage.since, f"{outage.kind}: {outage.detail}"
    return TargetSight(target.name, target.system.system, target.via, state, _time(since), by, why, flows)


def _time(instant: int) -> str | None:
    return to_rfc3339(instant) if instant else None


def with_rates(now: Snapshot, before: Snapshot) -> Snapshot:
    """Return a snapshot with how many events a second went by since an earlier one."""
    seconds = (now.at - before.at) / SECOND
    if seconds <= 0:
        return now
    cursors = {one.flow: one.cursor for one in before.flows}
    ends = {one.stream: one.next for one in before.streams}
    flows = (replace(one, per_second=_rate(one.cursor, cursors.get(one.flow), seconds)) for one in now.flows)
    streams = (replace(one, per_second=_rate(one.next, ends.get(one.stream), seconds)) for one in now.streams)
    return replace(now, flows=tuple(flows), streams=tuple(streams))


async def with_counted_rates(backbone: Backbone, now: Snapshot) -> Snapshot:
    """Return a snapshot with rates from the sums of the last minutes, where no earlier one is known."""
    since = floor_to(MINUTE, now.at) - COUNTED_MINUTES * MINUTE
    seconds = (now.at - since) / SECOND
    done = await backbone.rollups.deliveries(since, now.at + 1, lags=False)
    came: dict[str, int] = {}
    for (stream, _), sums in (await backbone.rollups.arrivals(since, now.at + 1)).items():
        came[stream] = came.get(stream, 0) + sums.accepted
    flows = (
        replace(one, per_second=_rate(done.get(one.flow, NO_DELIVERIES).effects, 0, seconds))
        for one in now.flows
    )
    streams = (replace(one, per_second=_rate(came.get(one.stream, 0), 0, seconds)) for one in now.streams)
    return replace(now, flows=tuple(flows), streams=tuple(streams))


def _rate(to: int, since: int | None, seconds: float) -> float | None:
    """Return a rate of two digits, so that what goes on evenly does not look new each time."""
    return None if since is None else float(f"{max(0, to - since) / seconds:.2g}")
