"""The use-case behind ``GET /metrics`` and OTLP: what is stored and noted now, as samples of every metric.

What is stored is not counted for it while events move: all of it is read from ledger, log and quarantine when
somebody asks, so it is the same before and after a restart. What only the process sees is ``noted``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import get_args

from trunkline.app.backbone import Backbone
from trunkline.app.census import entity_counts
from trunkline.app.owed import Owed, owed
from trunkline.app.project import Flow
from trunkline.app.readiness import readiness
from trunkline.app.secret_ages import secret_ages
from trunkline.app.staleness import late_bound, source_staleness
from trunkline.delivery.ledger import FlowStatus
from trunkline.delivery.standing import Standing
from trunkline.eventlog.port import StreamInfo
from trunkline.kernel.clock import SECOND
from trunkline.kernel.release import RELEASE
from trunkline.kernel.roles import Role
from trunkline.kernel.rollup import DAY, MINUTE, NO_DELIVERIES, floor_to
from trunkline.observe import metrics as m
from trunkline.observe.metrics import Metric, Sample


async def measured(backbone: Backbone) -> list[Sample]:
    """Return a sample of every metric that is not of the process alone; raises ``StoreError``."""
    samples = await _ready(backbone)
    samples += [_one(m.FREE_BYTES, await backbone.store.free_bytes())]
    samples += [_one(m.KEEP_FREE_BYTES, backbone.store.keep_free_bytes)]
    for info in await backbone.log.streams():
        samples += await _stream(backbone, info)
    for one in await entity_counts(backbone):
        samples.append(_one(m.STREAM_ENTITIES, one.entities, one.stream))
        samples.append(_one(m.STREAM_DUPLICATES, one.duplicates, one.stream))
    samples += await _sources(backbone)
    samples += await _arrivals(backbone)
    samples += await _flows(backbone)
    samples += await _deliveries(backbone)
    samples += await _targets(backbone)
    samples += await _replays(backbone)
    samples += await _secrets(backbone)
    return samples


def noted(backbone: Backbone) -> list[Sample]:
    """Return a sample of every metric that begins with the process."""
    build = (RELEASE, backbone.project.settings.project)
    lag = _one(m.LOOP_LAG, backbone.health.lag_seconds)
    return [_one(m.BUILD, 1, *build), lag, *backbone.tallies.samples()]


async def counted_since(backbone: Backbone) -> int:
    """Return since when the store's counters count: the day of the first event, in microseconds, or today."""
    first = min((seen.first for seen in await backbone.rollups.seen()), default=backbone.machine.clock.now())
    return floor_to(DAY, first)


RECENT = 10 * MINUTE
"""How far back freshness is told, in microseconds."""


def _one(metric: Metric, value: float, *labels: str) -> Sample:
    return Sample(metric, labels, value)


async def _ready(backbone: Backbone) -> list[Sample]:
    found = await readiness(backbone)
    roles = [_one(m.READY, found.of(role).ready, role) for role in get_args(Role)]
    return roles + [_one(m.PART_READY, part.ready, part.kind, part.name) for part in found.parts]


async def _stream(backbone: Backbone, info: StreamInfo) -> Iterable[Sample]:
    name, page = info.stream, None
    if info.next > info.first:
        page = await backbone.log.read(name, info.next - 1, 1)
    return [
        _one(m.STREAM_ACCEPTED, info.next, name),
        _one(m.STREAM_EVENTS, info.next - info.first, name),
        _one(m.STREAM_BYTES, info.stored_bytes, name),
        *([_one(m.STREAM_LAST, page.events[-1].recorded / SECOND, name)] if page and page.events else []),
    ]


async def _sources(backbone: Backbone) -> list[Sample]:
    waiting = dict.fromkeys(backbone.project.sources, 0)
    for count in await backbone.quarantine.counts():
        if count.status == "open":
            waiting[count.source] = waiting.get(count.source, 0) + count.entries
    return [_one(m.QUARANTINED, entries, name) for name, entries in waiting.items()]


async def _arrivals(backbone: Backbone) -> list[Sample]:
    samples = []
    for (stream, source), came in (await backbone.rollups.arrivals(0, _end(backbone))).items():
        samples += [
            _one(m.SOURCE_ACCEPTED, came.accepted, source, stream),
            _one(m.SOURCE_DUPLICATES, came.duplicates, source, stream),
            _one(m.SOURCE_REFUSED, came.refused, source, stream),
        ]
    for one in await source_staleness(backbone):
        samples.append(_one(m.SOURCE_STALE, one.stale, one.source, one.stream))
        if one.silent_seconds is not None:
            samples.append(_one(m.SOURCE_SILENT, one.silent_seconds, one.source, one.stream))
    return samples


async def _deliveries(backbone: Backbone) -> list[Sample]:
    """Return what flows did from the first event on: sums of days are kept for good."""
    flows, end = backbone.project.flows, _end(backbone)
    done = await backbone.rollups.deliveries(0, end, lags=False)
    recent = await backbone.rollups.deliveries(end - RECENT, end)
    samples = []
    for name, flow in flows.items():
        labels, sums = (name, flow.target.system.system), done.get(name, NO_DELIVERIES)
        samples += [_one(metric, getattr(sums, field), *labels) for metric, field in _DONE.items()]
        lags = recent.get(name, NO_DELIVERIES).lags
        if lags.count:
            values = zip(_SHARES, lags.quantiles(*_SHARES), strict=True)
            quantiles = tuple((share, (value or 0) / SECOND) for share, value in values)
            samples.append(Sample(m.FLOW_FRESHNESS, labels, quantiles=quantiles))
    return samples


_SHARES = (0.5, 0.95, 0.99)

_DONE = {
    m.FLOW_DELIVERED: "effects",
    m.FLOW_DROPPED: "dropped",
    m.FLOW_DIED: "died",
    m.FLOW_DISCARDED: "discarded",
    m.FLOW_SUPERSEDED: "superseded",
    m.FLOW_FIRST_FAILED: "first_failures",
    m.FLOW_FAILED: "failures",
}


def _end(backbone: Backbone) -> int:
    """Return the end of the minute that is under way."""
    return floor_to(MINUTE, backbone.machine.clock.now()) + MINUTE


async def _flows(backbone: Backbone) -> list[Sample]:
    found, paused = await owed(backbone), await backbone.pauses.load()
    now = backbone.machine.clock.now()
    samples: list[Sample] = []
    for name, flow in backbone.project.flows.items():
        samples += _flow(flow, found[name], now)
        age = found[name].age_seconds(now)
        is_late = age is not None and age > late_bound(backbone, flow)
        samples.append(_one(m.FLOW_LATE, is_late, name, flow.target.system.system))
        samples.append(_one(m.FLOW_PAUSED, name in paused, name, flow.target.system.system))
    return samples


def _flow(flow: Flow, one: Owed, now: int) -> Iterator[Sample]:
    labels = (flow.name, flow.target.system.system)
    status = one.status or FlowStatus(flow.name, 0, 0, 0, 0, 0, 0)
    yield _one(m.FLOW_INFO, 1, *labels, flow.contract.stream, flow.target.name)
    yield _one(m.FLOW_CURSOR, status.cursor, *labels)
    yield _one(m.FLOW_LAG, one.lag, *labels)
    yield _one(m.FLOW_STALE, 0.0 if one.since is None else max(0, now - one.since) / SECOND, *labels)
    yield _one(m.FLOW_WAITING, status.waiting, *labels)
    yield _one(m.FLOW_HELD, status.held, *labels)
    yield _one(m.FLOW_DEAD, status.dead, *labels)
    if status.delivered_at:
        yield _one(m.FLOW_LAST, status.delivered_at / SECOND, *labels)


async def _targets(backbone: Backbone) -> list[Sample]:
    standings = await backbone.standings.load()
    samples = []
    for name, target in backbone.project.targets.items():
        standing = standings.get(name, Standing())
        labels = (name, target.system.system)
        samples.append(_one(m.TARGET_UP, standing == Standing(), *labels))
        samples.append(_one(m.TARGET_ISOLATED, standing.isolation is not None, *labels))
    return samples


async def _secrets(backbone: Backbone) -> list[Sample]:
    return [
        _one(m.SECRET_AGE, one.age_seconds, one.secret)
        for one in await secret_ages(backbone)
        if one.age_seconds is not None
    ]


async def _replays(backbone: Backbone) -> list[Sample]:
    counts = dict.fromkeys(("running", "paused", "failed"), 0)
    for replay in await backbone.replays.all():
        if replay.is_open:
            counts[replay.state] += 1
    return [_one(m.REPLAYS, count, state) for state, count in counts.items()]
