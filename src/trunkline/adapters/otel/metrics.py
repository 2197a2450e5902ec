"""Readings of metrics as OTLP has them: cumulative sums and gauges under the names that Prometheus scrapes.

Names are not altered, as OpenTelemetry's rules for Prometheus ask by default
(https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/), so a series is the same
whichever way it came. Where a metric of the messaging conventions says the same, it is sent beside it
(https://opentelemetry.io/docs/specs/semconv/messaging/messaging-metrics/).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import msgspec
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Metric,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)

from trunkline.adapters.otel.sender import EXPORT_SECONDS, SCOPE, Collector, Queued, Sender
from trunkline.observe import metrics as m
from trunkline.observe.metrics import Reading, Sample

QUEUED = Queued("readings of metrics", waiting=5, batch=1)

Labels: TypeAlias = tuple[tuple[str, str], ...]
Series: TypeAlias = tuple[str, Labels]

SENT, CONSUMED = "messaging.client.sent.messages", "messaging.client.consumed.messages"
_FAILED: Labels = (("error.type", "_OTHER"),)
_MESSAGES: dict[m.Metric, tuple[str, Labels]] = {
    m.FLOW_DELIVERED: (SENT, ()),
    m.FLOW_FAILED: (SENT, _FAILED),
    m.SOURCE_ACCEPTED: (CONSUMED, ()),
    m.SOURCE_DUPLICATES: (CONSUMED, ()),
    m.SOURCE_REFUSED: (CONSUMED, _FAILED),
}
_HELP = {metric.name: metric.help for metric in m.METRICS} | {
    SENT: "calls for an event that a flow made to its target",
    CONSUMED: "arrivals that a source gave, repeats and refused ones too",
}
_UNITS = {"seconds": "s", "bytes": "By"}


class Counter(msgspec.Struct, frozen=True):
    """Where a counter stands, and since when it has counted (microseconds)."""

    since: int
    value: float


class Counters:
    """Since when each counter has counted: since it was read lower than before, if it ever was."""

    def __init__(self) -> None:
        self._known: dict[Series, Counter] = {}
        self._last = 0

    def read(self, found: dict[Series, Counter], at: int) -> dict[Series, Counter]:
        """Return counters as they were read ``at`` a time, each with its true start."""
        self._known = {series: self._started(series, one) for series, one in found.items()}
        self._last = at
        return self._known

    def _started(self, series: Series, found: Counter) -> Counter:
        before = self._known.get(series)
        if before is None:
            return found
        return Counter(self._last if found.value < before.value else before.since, found.value)


class OtlpMetrics:
    """A ``Meter`` that sends readings to a collector."""

    def __init__(self, collector: Collector) -> None:
        self._resource = collector.resource
        self._exporter = OTLPMetricExporter(
            collector.url("metrics"), headers=collector.headers, timeout=EXPORT_SECONDS
        )
        self._counters = Counters()
        self.sender = Sender(QUEUED, self._export, self._exporter.shutdown, collector.lost)

    def take(self, reading: Reading) -> None:
        """Have a reading sent, or drop it where too many wait."""
        self.sender.put(reading)

    def _export(self, readings: Sequence[Reading]) -> bool:
        found = [self._sent(reading) for reading in readings]
        return all(one is MetricExportResult.SUCCESS for one in found)

    def _sent(self, reading: Reading) -> MetricExportResult:
        counters = self._counters.read(dict(_counters(reading)), reading.at)
        metrics = [*_gauges(reading), *_sums(counters, reading.at)]
        scope = ScopeMetrics(SCOPE, metrics, schema_url="")
        return self._exporter.export(MetricsData([ResourceMetrics(self._resource, [scope], schema_url="")]))


def _labels(sample: Sample) -> Labels:
    return tuple(zip(sample.metric.labels, sample.labels, strict=True))


def _gauges(reading: Reading) -> Iterator[Metric]:
    """Yield what is not counted; a quantile is a gauge by its share, as it is a series for Prometheus."""
    by_metric: dict[m.Metric, list[NumberDataPoint]] = defaultdict(list)
    for sample in reading.samples:
        if sample.metric.kind != "counter":
            by_metric[sample.metric] += _points(sample, reading.at)
    for metric, points in by_metric.items():
        yield Metric(metric.name, metric.help, _UNITS.get(metric.name.rpartition("_")[2], ""), Gauge(points))


def _points(sample: Sample, at: int) -> Iterator[NumberDataPoint]:
    labels = dict(_labels(sample))
    if sample.metric.kind == "gauge":
        yield _point(labels, 0, at, float(sample.value))
    for share, value in sample.quantiles:
        yield _point({**labels, "quantile": str(share)}, 0, at, float(value))


def _point(labels: dict[str, str], since: int, at: int, value: float) -> NumberDataPoint:
    return NumberDataPoint(labels, since * 1_000, at * 1_000, value)


def _counters(reading: Reading) -> Iterator[tuple[Series, Counter]]:
    counted: dict[Series, Counter] = {}
    streams = {one.labels[0]: one.labels[2:] for one in reading.samples if one.metric is m.FLOW_INFO}
    for sample in reading.samples:
        if sample.metric.kind != "counter":
            continue
        since = reading.process_since if sample.metric.process else reading.store_since
        yield (sample.metric.name, _labels(sample)), Counter(since, sample.value)
        if sample.metric in _MESSAGES:
            series = _message(sample, streams)
            before = counted.get(series, Counter(since, 0))
            counted[series] = Counter(since, before.value + sample.value)
    yield from counted.items()


def _message(sample: Sample, flows: dict[str, tuple[str, ...]]) -> Series:
    """Return the series of the messaging conventions that a sample counts for."""
    name, more = _MESSAGES[sample.metric]
    of = sample.labels[0]
    about: Labels
    if name == SENT:
        operation, (stream, target) = "send", flows[of]
        about = (("messaging.consumer.group.name", of), ("trunkline.target", target))
    else:
        operation, stream, about = "receive", sample.labels[1], (("trunkline.source", of),)
    common = (
        ("messaging.system", "trunkline"),
        ("messaging.operation.name", operation),
        ("messaging.operation.type", operation),
        ("messaging.destination.name", stream),
    )
    return name, (*common, *about, *more)


def _sums(counters: dict[Series, Counter], at: int) -> Iterator[Metric]:
    by_name: dict[str, list[NumberDataPoint]] = defaultdict(list)
    for (name, labels), one in counters.items():
        by_name[name].append(_point(dict(labels), one.since, at, int(one.value)))
    for name, points in by_name.items():
        unit = "{message}" if name in (SENT, CONSUMED) else ""
        yield Metric(
            name, _HELP[name], unit, Sum(points, AggregationTemporality.CUMULATIVE, is_monotonic=True)
        )
