"""The use-case behind the KPIs: of any window, by flow, system and stream, from what ledger and log counted.

Command line, API, control room, metrics and alerts all call ``kpis`` and ``series``. What a number means is
in docs/reference/kpis.md, how it is computed in ``observe.kpi``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, TypeVar

import msgspec
from msgspec.structs import replace

from trunkline.app.backbone import Backbone
from trunkline.app.census import EntityCount, duplicate_percent, entity_counts
from trunkline.app.scope import Scope, scope_of, scopes_by
from trunkline.app.staleness import FlowStaleness, SourceStaleness, flow_staleness, source_staleness
from trunkline.kernel.clock import SECOND, to_rfc3339
from trunkline.kernel.errors import UsageError
from trunkline.kernel.rollup import MINUTE, NO_ARRIVALS, NO_DELIVERIES, STEPS, Arrivals, Deliveries, floor_to
from trunkline.observe.alerts.times import answer_times
from trunkline.observe.kpi import Kpis, kpis_of, percent, seconds_or_none
from trunkline.observe.rollups import Pair, widened

By: TypeAlias = Literal["", "flow", "system", "stream"]
"""What the views of a report are of."""

S = TypeVar("S", Deliveries, Arrivals)

MOST_POINTS = 10_000
"""How many points a series has at the most."""


class Window(msgspec.Struct, frozen=True):
    """What to look at: from ``since`` up to ``until`` (microseconds), of one flow, system or stream, or all.

    A system's are the flows to its targets, and what its sources gave.
    """

    since: int
    until: int
    flow: str = ""
    system: str = ""
    stream: str = ""


class View(msgspec.Struct, frozen=True):
    """The KPIs of one flow, system or stream, and what is open of it now: counted until it is resolved.

    ``dead``, ``waiting`` and ``held`` are events of its flows, ``quarantined`` refused arrivals. ``stale``
    is whether data that it should have had by now is not there: see ``SourceStaleness``, ``FlowStaleness``.
    """

    name: str
    kpis: Kpis
    dead: int
    waiting: int
    held: int
    quarantined: int
    stale: bool


class KpiReport(msgspec.Struct, frozen=True):
    """The KPIs of a window, whose ends are put outward to what sums are kept of: minutes, later hours, days.

    ``at`` is the time of what is told of now: ``sources``, ``flows``, what is open, and ``entities``, the
    duplicates of each stream that is matched.
    """

    since: str
    until: str
    at: str
    by: By
    total: View
    views: list[View]
    sources: list[SourceStaleness]
    flows: list[FlowStaleness]
    entities: list[EntityCount]


class Point(msgspec.Struct, frozen=True):
    """What happened in one step: throughput and errors on one time axis.

    ``freshness_p95`` is in seconds, None where nothing was measured or it was not asked for.
    """

    at: str
    accepted: int
    duplicates: int
    refused: int
    delivered: int
    late: int
    dropped: int
    died: int
    attempts: int
    failures: int
    error_percent: float | None
    freshness_p95: float | None


async def kpis(backbone: Backbone, window: Window, by: By = "") -> KpiReport:
    """Return the KPIs of a window as a whole and, ``by`` one of three, of each; raises ``UsageError``."""
    whole, found = await _scope(backbone, window), backbone.rollups
    since, until = await _bounds(backbone, window)
    deliveries = await found.deliveries(since, until, whole.flows) if by else {}
    done = _done(deliveries, whole) if by else await _together(backbone, since, until, whole)
    arrivals = await found.arrivals(since, until)
    sources = await source_staleness(backbone)
    flows = await flow_staleness(backbone, sources)
    held = await _quarantined(backbone)
    streams = {stream for stream, _ in arrivals}
    counts = await entity_counts(backbone)

    def view(scope: Scope, done: Deliveries) -> View:
        own = [one for one in flows if one.flow in scope.flows]
        feeding = [one for one in sources if scope.has(one.stream, one.source)]
        found = kpis_of(done, _came(arrivals, scope), until - since)
        alike = duplicate_percent([one for one in counts if scope.has(one.stream, "")])
        return View(
            scope.name,
            replace(found, duplicate_entity_percent=alike),
            sum(one.dead for one in own),
            sum(one.waiting for one in own),
            sum(one.held for one in own),
            sum(count for pair, count in held.items() if scope.has(*pair)),
            any(one.stale for one in own) or any(one.stale for one in feeding),
        )

    total = view(whole, done)
    if not (window.flow or window.system or window.stream):
        times = answer_times(await backbone.alerts.transitions(since, until))
        answered = replace(total.kpis, mtta_seconds=times.mtta_seconds, mttr_seconds=times.mttr_seconds)
        total = replace(total, kpis=answered)
    return KpiReport(
        to_rfc3339(since),
        to_rfc3339(until),
        to_rfc3339(backbone.machine.clock.now()),
        by,
        total,
        [view(one, _done(deliveries, one)) for one in scopes_by(backbone.project, whole, by, streams)]
        if by
        else [],
        [one for one in sources if whole.has(one.stream, one.source)],
        [one for one in flows if one.flow in whole.flows],
        [one for one in counts if whole.has(one.stream, "")],
    )


async def summed(backbone: Backbone, window: Window) -> Kpis:
    """Return the KPIs of a window as far as sums tell them: nothing of now, of entities or of alerts.

    It is what is looked at all the time, and costs a small part of a report. Raises ``UsageError``.
    """
    scope = await _scope(backbone, window)
    since, until = await _bounds(backbone, window)
    done = await _together(backbone, since, until, scope)
    arrivals = await backbone.rollups.arrivals(since, until)
    return kpis_of(done, _came(arrivals, scope), until - since)


async def series(
    backbone: Backbone, window: Window, step_seconds: int = 60, *, freshness: bool = False
) -> list[Point]:
    """Return what happened in each step of a window, also where that is nothing.

    A step is whole minutes; further back than minutes are kept, whole hours, and before that whole days.
    ``freshness`` adds its 95th percentile, which costs the most. Raises ``UsageError``.
    """
    scope = await _scope(backbone, window)
    step = step_seconds * SECOND
    if step <= 0 or step % MINUTE:
        raise UsageError("a step is a whole number of minutes: 60, 3600, 86400 seconds")
    since, until = await _bounds(backbone, window)
    since, until = floor_to(step, since), -floor_to(step, -until)
    await _check_step(backbone, since, until, step)
    of = max(one for one in STEPS if step % one == 0)
    done, came = _by_step(step, {}, NO_DELIVERIES), _by_step(step, {}, NO_ARRIVALS)
    if scope.flows:
        found = await backbone.rollups.delivery_course(since, until, of, scope.flows, lags=freshness)
        done = _by_step(step, found, NO_DELIVERIES)
    pairs = await _pairs(backbone, scope, since, until)
    if pairs is not None:
        given = await backbone.rollups.arrival_course(since, until, of, pairs)
        came = _by_step(step, given, NO_ARRIVALS)
    return [
        _point(at, done.get(at, NO_DELIVERIES), came.get(at, NO_ARRIVALS)) for at in range(since, until, step)
    ]


def _by_step(step: int, found: Mapping[int, S], nothing: S) -> dict[int, S]:
    by_step: dict[int, S] = {}
    for start, sums in found.items():
        at = floor_to(step, start)
        by_step[at] = by_step.get(at, nothing) + sums
    return by_step


async def _pairs(backbone: Backbone, scope: Scope, since: int, until: int) -> list[Pair] | None:
    """Return what gave anything to a scope: nothing stands for all that gave, None for none that did."""
    if scope.streams is None:
        return []
    return [pair for pair in await backbone.rollups.arrivals(since, until) if scope.has(*pair)] or None


async def _scope(backbone: Backbone, window: Window) -> Scope:
    ran = [one.flow for one in await backbone.ledger.status()]
    return scope_of(backbone.project, ran, window.flow, window.system, window.stream)


async def _bounds(backbone: Backbone, window: Window) -> tuple[int, int]:
    """Return the window as there are sums of it."""
    if window.until <= window.since:
        raise UsageError("the window is backwards: it ends before it begins")
    return widened(window.since, window.until, await backbone.rollups.kept())


async def _check_step(backbone: Backbone, since: int, until: int, step: int) -> None:
    if (until - since) // step > MOST_POINTS:
        raise UsageError(f"that is more than {MOST_POINTS:,} points: take a longer step, or a shorter window")
    kept = await backbone.rollups.kept()
    finest = STEPS[2] if since < kept.hours_from else STEPS[1] if since < kept.minutes_from else MINUTE
    if step % finest:
        raise UsageError(
            f"of that time there are sums by {finest // SECOND} seconds: step by that, or take a later window"
        )


async def _together(backbone: Backbone, since: int, until: int, scope: Scope) -> Deliveries:
    """Return what the flows of a scope did together, nothing where it has none."""
    if not scope.flows:
        return NO_DELIVERIES
    return await backbone.rollups.together(since, until, scope.flows)


def _done(deliveries: Mapping[str, Deliveries], scope: Scope) -> Deliveries:
    return sum((sums for flow, sums in deliveries.items() if flow in scope.flows), NO_DELIVERIES)


def _came(arrivals: Mapping[Pair, Arrivals], scope: Scope) -> Arrivals:
    return sum((sums for pair, sums in arrivals.items() if scope.has(*pair)), NO_ARRIVALS)


def _point(at: int, done: Deliveries, came: Arrivals) -> Point:
    [p95] = done.lags.quantiles(0.95)
    return Point(
        at=to_rfc3339(at),
        accepted=came.accepted,
        duplicates=came.duplicates,
        refused=came.refused,
        delivered=done.delivered,
        late=done.late,
        dropped=done.dropped,
        died=done.died,
        attempts=done.attempts,
        failures=done.failures,
        error_percent=percent(done.failures, done.attempts),
        freshness_p95=seconds_or_none(p95),
    )


async def _quarantined(backbone: Backbone) -> dict[tuple[str, str], int]:
    """Return how many refused arrivals are open, by stream and source."""
    streams = {name: one.contract.stream for name, one in backbone.project.sources.items()}
    found: dict[tuple[str, str], int] = {}
    for count in await backbone.quarantine.counts():
        if count.status == "open":
            pair = (streams.get(count.source, count.source.partition("/")[2]), count.source)
            found[pair] = found.get(pair, 0) + count.entries
    return found
