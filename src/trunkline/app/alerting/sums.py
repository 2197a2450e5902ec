"""What is measured over a time, from the sums that KPIs are made of: one question a window for all flows.

Sums are of whole minutes, so a window begins up to a minute earlier than it says. They are asked for again
after a sixtieth of the window, where a rule wants them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from trunkline.app.alerting.measures import MEASURES
from trunkline.app.backbone import Backbone
from trunkline.kernel.clock import SECOND
from trunkline.kernel.rollup import Arrivals, Deliveries
from trunkline.observe.alerts.rule import Series
from trunkline.observe.rollups import Pair, widened

LOOKS = 60

T = TypeVar("T")


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _finished(one: Deliveries) -> int:
    return one.effects + one.dropped + one.died


def _quantile(at: float) -> Callable[[Deliveries], float]:
    def value(one: Deliveries) -> float:
        [found] = one.lags.quantiles(at)
        return 0.0 if found is None else found / SECOND

    return value


OF_FLOWS: Mapping[str, Callable[[Deliveries], float]] = {
    "failed": lambda one: min(1.0, _share(one.died, _finished(one))),
    "retried": lambda one: min(1.0, _share(one.first_failures, _finished(one))),
    "errors": lambda one: _share(one.failures, one.attempts),
    "delivered": lambda one: float(one.effects),
    "freshness_p50": _quantile(0.5),
    "freshness_p95": _quantile(0.95),
    "freshness_p99": _quantile(0.99),
}
"""Measures of what a flow did in a time: 0 where it did nothing."""

OF_SOURCES: Mapping[str, Callable[[Arrivals], float]] = {
    "refused": lambda one: _share(one.refused, one.accepted + one.refused),
    "accepted": lambda one: float(one.accepted),
}
"""Measures of what came from a source in a time."""


class Sums:
    """Reads sums where rules want them, and keeps them for a while."""

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone
        self._deliveries: dict[tuple[int, bool], tuple[int, Mapping[str, Deliveries]]] = {}
        self._arrivals: dict[int, tuple[int, Mapping[Pair, Arrivals]]] = {}

    async def of_flows(self, wanted: Collection[Series], now: int) -> Callable[[str], dict[Series, float]]:
        """Return what gives the values of a flow that rules want."""
        known = {}
        for series in wanted:
            if series.measure in OF_FLOWS:
                lags = MEASURES[series.measure].unit == "duration"
                known[series] = await self._delivered(series.window_seconds, now, lags=lags)
        return lambda flow: {
            series: OF_FLOWS[series.measure](sums.get(flow, Deliveries())) for series, sums in known.items()
        }

    async def of_sources(self, wanted: Collection[Series], now: int) -> Callable[[Pair], dict[Series, float]]:
        """Return what gives the values of a stream's source that rules want."""
        known = {}
        for series in wanted:
            if series.measure in OF_SOURCES:
                known[series] = await self._came(series.window_seconds, now)
        return lambda pair: {
            series: OF_SOURCES[series.measure](sums.get(pair, Arrivals())) for series, sums in known.items()
        }

    async def _delivered(self, seconds: int, now: int, *, lags: bool) -> Mapping[str, Deliveries]:
        at, found = self._deliveries.get((seconds, lags), (0, {}))
        if now - at >= seconds * SECOND // LOOKS:
            bounds = await self._bounds(seconds, now)
            found = await self._backbone.rollups.deliveries(*bounds, lags=lags)
            self._deliveries[seconds, lags] = (now, found)
        return found

    async def _came(self, seconds: int, now: int) -> Mapping[Pair, Arrivals]:
        at, found = self._arrivals.get(seconds, (0, {}))
        if now - at >= seconds * SECOND // LOOKS:
            found = await self._backbone.rollups.arrivals(*await self._bounds(seconds, now))
            self._arrivals[seconds] = (now, found)
        return found

    async def _bounds(self, seconds: int, now: int) -> tuple[int, int]:
        return widened(now - seconds * SECOND, now + 1, await self._backbone.rollups.kept())
