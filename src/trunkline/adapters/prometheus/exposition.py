"""Samples as the text that Prometheus reads: its own format, or OpenMetrics where it asks for that.

The door's ``/metrics`` calls ``exposed``, in a thread. Beside ours it tells what every Python process tells:
``process_*`` and ``python_*``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from prometheus_client import GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector, CollectorRegistry

from trunkline.observe.metrics import METRICS, Metric, Sample

AnyFamily: TypeAlias = GaugeMetricFamily | CounterMetricFamily | SummaryMetricFamily
_FAMILIES: dict[str, type[AnyFamily]] = {
    "gauge": GaugeMetricFamily,
    "counter": CounterMetricFamily,
    "summary": SummaryMetricFamily,
}


class Process:
    """What every Python process tells of itself; registered once, as its parts keep what they saw."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._parts: list[Collector] = [
            ProcessCollector(registry=registry),
            PlatformCollector(registry=registry),
            GCCollector(registry=registry),
        ]

    def collect(self) -> Iterator[Family]:
        """Yield the families of all parts."""
        for part in self._parts:
            yield from part.collect()


class _Samples(Collector):
    def __init__(self, samples: Iterable[Sample], process: Process) -> None:
        self._samples, self._process = samples, process

    def collect(self) -> Iterator[Family]:
        families = {metric.name: _family(metric) for metric in METRICS}
        for sample in self._samples:
            _add(families[sample.metric.name], sample)
        yield from families.values()
        yield from self._process.collect()


def exposed(samples: Iterable[Sample], process: Process, accept: str) -> tuple[bytes, str]:
    """Return the text and its content type, by what an ``Accept`` header asks for."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Samples(samples, process))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


def _family(metric: Metric) -> AnyFamily:
    name = metric.name.removesuffix("_total")
    unit = next((unit for unit in ("seconds", "bytes") if name.endswith(f"_{unit}")), "")
    return _FAMILIES[metric.kind](name, metric.help, labels=metric.labels, unit=unit)


def _add(family: AnyFamily, sample: Sample) -> None:
    if not isinstance(family, SummaryMetricFamily):
        family.add_metric(sample.labels, sample.value)
        return
    named = dict(zip(sample.metric.labels, sample.labels, strict=True))
    for share, value in sample.quantiles:
        family.add_sample(family.name, {**named, "quantile": f"{share:g}"}, value)
