"""The use-case behind every live page: where all flows, streams, sources and targets stand, read cheaply.

``trunkline status`` reads once and looks far back; this is read every few seconds while somebody looks, so it
asks the store a handful of questions whatever the number of flows, and a stream for its newest events only
where it has new ones.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from trunkline.app.backbone import Backbone
from trunkline.app.project import Flow as WiredFlow
from trunkline.app.project import Source
from trunkline.app.quantities import seconds_of
from trunkline.app.verdicts import Health, Numbers, judged
from trunkline.delivery.ledger import FlowStatus
from trunkline.delivery.pausing import Pause
from trunkline.delivery.standing import Standing
from trunkline.eventlog.port import StreamInfo
from trunkline.kernel.clock import SECOND, to_rfc3339
from trunkline.kernel.rollup import MINUTE, NO_DELIVERIES, floor_to

COUNTED_MINUTES = 4
"""How many whole minutes, beside the one under way, rates are counted over at the first look."""

LATEST = 200
"""How many of a stream's newest events are looked through for the last one of each source."""


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
    """A source at a moment; ``silent`` says that it gave nothing for longer than it says that it does."""

    source: str
    system: str
    via: str
    stream: str
    last_event: str | None
    every_seconds: float | None
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


class Latest(msgspec.Struct, frozen=True):
    """What a stream's newest events said when it reached ``next``: when each source was heard of last."""

    next: int
    last: int
    heard: dict[str, int]


async def snapshot(backbone: Backbone, latest: dict[str, Latest]) -> Snapshot:
    """Read where everything stands; ``latest`` is what earlier readings found, and is brought up to date."""
    project = backbone.project
    infos = {info.stream: info for info in await backbone.log.streams()}
    for info in infos.values():
        if info.stream not in latest or latest[info.stream].next != info.next:
            latest[info.stream] = await _latest(backbone, info)
    standings = await backbone.standings.load()
    return Snapshot(
        backbone.machine.clock.now(),
        project.settings.project,
        project.settings.title or project.settings.project,
        backbone.health.unready(),
        await _flows(backbone, infos, standings),
        tuple(_stream(backbone, name, infos, latest) for name in sorted({*project.contracts, *infos})),
        await _sources(backbone, latest),
        tuple(_target(backbone, name, standings.get(name, Standing())) for name in sorted(project.targets)),
    )


async def _latest(backbone: Backbone, info: StreamInfo) -> Latest:
    start, heard, last = max(info.first, info.next - LATEST), dict[str, int](), 0
    while start < info.next:
        page = await backbone.log.read(info.stream, start, LATEST)
        if not page.events:
            break
        heard |= {event.source: event.recorded for event in page.events}
        start, last = page.next, page.events[-1].recorded
    return Latest(info.next, last, heard)


async def _flows(
    backbone: Backbone, infos: Mapping[str, StreamInfo], standings: Mapping[str, Standing]
) -> tuple[FlowSight, ...]:
    known = {one.flow: one for one in await backbone.ledger.status()}
    pauses, ages = await backbone.pauses.load(), _Ages(backbone)
    found = []
    for name, flow in sorted(backbone.project.flows.items()):
        status = known.get(name) or FlowStatus(name, 0, 0, 0, 0, 0, 0)
        info, standing = infos.get(flow.contract.stream), standings.get(flow.target.name, Standing())
        found.append(await _flow(flow, status, info, standing, pauses.get(name), ages))
    return tuple(found)


async def _flow(
    flow: WiredFlow,
    status: FlowStatus,
    info: StreamInfo | None,
    standing: Standing,
    pause: Pause | None,
    ages: _Ages,
) -> FlowSight:
    stream, needs = flow.contract.stream, flow.settings.needs
    cursor = max(status.cursor, info.first if info else 0)
    lag = max(0, info.next - cursor) if info else 0
    numbers = Numbers(
        lag=lag,
        lag_seconds=await ages.of(stream, cursor) if lag else 0.0,
        freshness_seconds=seconds_of(needs.freshness) if needs.freshness else None,
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
        stream,
        flow.target.name,
        health,
        why,
        lag,
        numbers.lag_seconds,
        numbers.freshness_seconds,
        status.waiting,
        status.held,
        status.dead,
        _time(status.delivered_at),
        cursor,
    )


class _Ages:
    """How old events are, in seconds; flows of one stream are often at one event, which is read once."""

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone
        self._now = backbone.machine.clock.now()
        self._known: dict[tuple[str, int], float] = {}

    async def of(self, stream: str, offset: int) -> float:
        place = stream, offset
        if place not in self._known:
            page = await self._backbone.log.read(stream, offset, 1)
            first = page.events[0].recorded if page.events else self._now
            self._known[place] = round((self._now - first) / SECOND, 1)
        return self._known[place]


def _stream(
    backbone: Backbone, name: str, infos: Mapping[str, StreamInfo], latest: Mapping[str, Latest]
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
        _time(latest[name].last if name in latest else 0),
        len(project.sources_of(contract)) if contract else 0,
        len(project.flows_of(contract)) if contract else 0,
    )


async def _sources(backbone: Backbone, latest: Mapping[str, Latest]) -> tuple[SourceSight, ...]:
    held: dict[str, int] = {}
    for count in await backbone.quarantine.counts():
        if count.status == "open":
            held[count.source] = held.get(count.source, 0) + count.entries
    now = backbone.machine.clock.now()
    described = [
        _source(one, latest, held.pop(name, 0), now) for name, one in sorted(backbone.project.sources.items())
    ]
    # what was published by hand, and sources that were removed, still have their quarantine
    rest = [
        SourceSight(name, "", "", name.partition("/")[2], None, None, silent=False, quarantined=count)
        for name, count in sorted(held.items())
    ]
    return (*described, *rest)


def _source(source: Source, latest: Mapping[str, Latest], quarantined: int, now: int) -> SourceSight:
    stream = source.contract.stream
    last = latest[stream].heard.get(source.name, 0) if stream in latest else 0
    every = source.every_seconds
    silent = bool(last and every and now - last > 2 * every * SECOND)
    return SourceSight(
        source.name, source.system, source.via, stream, _time(last), every, silent, quarantined
    )


def _target(backbone: Backbone, name: str, standing: Standing) -> TargetSight:
    target = backbone.project.targets[name]
    flows = sum(flow.target is target for flow in backbone.project.flows.values())
    state, since, by, why = "there", 0, "", ""
    if standing.isolation:
        isolation = standing.isolation
        state, since, by, why = "isolated", isolation.at, isolation.by, isolation.why
    elif standing.outage:
        outage = standing.outage
        state, since, why = "away", outage.since, f"{outage.kind}: {outage.detail}"
    return TargetSight(name, target.system.system, target.via, state, _time(since), by, why, flows)


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
