"""Every metric that the door shows, as values; docs/reference/metrics.md has the same ones.

Names keep to the conventions of Prometheus: base units, ``_total`` for what only grows. Labels are names that
stand in project files, never an entity key, an event or a person. What the store knows is read from it, and
goes on over restarts; what only a process sees begins with it, and says so (``process``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol, TypeAlias

import msgspec

from trunkline.kernel.signals import Answered, Refused, Signal

Kind: TypeAlias = Literal["gauge", "counter", "summary"]


class Metric(msgspec.Struct, frozen=True):
    """A metric: what it measures, of what (``labels``), and whether it begins with the ``process``."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    help: str
    process: bool = False


class Sample(msgspec.Struct, frozen=True):
    """A value of a metric, by the values of its labels in their order.

    Of a summary there are the quantiles, each by its share, and no value.
    """

    metric: Metric
    labels: tuple[str, ...]
    value: float = 0.0
    quantiles: tuple[tuple[float, float], ...] = ()


class Reading(msgspec.Struct, frozen=True):
    """What was read ``at`` a time, and since when its counters count: the store's, and the process's.

    Times are microseconds.
    """

    samples: Sequence[Sample]
    at: int
    store_since: int
    process_since: int


class Meter(Protocol):
    """Whoever is given readings now and then; it never blocks and never raises."""

    def take(self, reading: Reading) -> None:
        """Take a reading, to be sent."""


_FLOW = ("flow", "system")
_SOURCE = ("source", "stream")
_TARGET = ("target", "system")


def _gauge(name: str, labels: tuple[str, ...], text: str) -> Metric:
    return Metric(f"trunkline_{name}", "gauge", labels, text)


def _counter(name: str, labels: tuple[str, ...], text: str) -> Metric:
    return Metric(f"trunkline_{name}_total", "counter", labels, text)


BUILD = Metric(
    "trunkline_build_info", "gauge", ("version", "project"), "1, by release and project", process=True
)
READY = _gauge("ready", ("role",), "1 where everything that a role needs is ready")
PART_READY = _gauge("part_ready", ("kind", "name"), "1 where a part is ready, as in /ready")
FREE_BYTES = _gauge("disk_free_bytes", (), "bytes of the store's disk that are free")
KEEP_FREE_BYTES = _gauge(
    "disk_keep_free_bytes", (), "bytes that new events leave free: below it they are refused"
)
STREAM_ACCEPTED = _counter("stream_events_accepted", ("stream",), "events a stream took in, since its first")
STREAM_EVENTS = _gauge("stream_events", ("stream",), "events the log still holds")
STREAM_BYTES = _gauge("stream_stored_bytes", ("stream",), "bytes they take, packed and sealed")
STREAM_LAST = _gauge(
    "stream_last_event_timestamp_seconds", ("stream",), "when the newest was accepted; absent without one"
)
STREAM_ENTITIES = _gauge("stream_entities", ("stream",), "entities, of a stream whose contract says match")
STREAM_DUPLICATES = _gauge(
    "stream_duplicate_entities", ("stream",), "entities that share a match value with an older one"
)
SOURCE_ACCEPTED = _counter("source_events_accepted", _SOURCE, "events a source gave that are stored")
SOURCE_DUPLICATES = _counter("source_events_duplicate", _SOURCE, "arrivals that were stored before")
SOURCE_REFUSED = _counter("source_events_refused", _SOURCE, "arrivals that went to quarantine")
SOURCE_SILENT = _gauge(
    "source_silence_seconds",
    _SOURCE,
    "how long it has given nothing new; absent where it never gave anything",
)
SOURCE_STALE = _gauge("source_stale", _SOURCE, "1 where that is longer than is expected of it")
QUARANTINED = _gauge("source_quarantined_entries", ("source",), "refused arrivals that wait for a person")
FLOW_INFO = _gauge("flow_info", ("flow", "system", "stream", "target"), "1, by what a flow connects")
FLOW_DELIVERED = _counter("flow_events_delivered", _FLOW, "events that took effect, late ones too")
FLOW_DROPPED = _counter("flow_events_dropped", _FLOW, "events that a rule dropped")
FLOW_DIED = _counter("flow_events_dead_lettered", _FLOW, "events that became dead letters, each once")
FLOW_DISCARDED = _counter("flow_events_discarded", _FLOW, "dead letters that a person gave up")
FLOW_SUPERSEDED = _counter("flow_events_superseded", _FLOW, "dead letters that a newer state made moot")
FLOW_FIRST_FAILED = _counter("flow_events_first_failed", _FLOW, "events whose first attempt failed")
FLOW_FAILED = _counter("flow_attempts_failed", _FLOW, "attempts that failed")
FLOW_FRESHNESS = Metric(
    "trunkline_flow_freshness_seconds",
    "summary",
    _FLOW,
    "from an event's own time to its effect: quantiles of the last 10 minutes, absent without one",
)
FLOW_CURSOR = _gauge("flow_cursor", _FLOW, "the offset a flow takes next")
FLOW_LAG = _gauge("flow_lag_events", _FLOW, "events ahead of it that it has not taken")
FLOW_STALE = _gauge(
    "flow_staleness_seconds", _FLOW, "the age of the oldest event that it has not taken; 0 where it took all"
)
FLOW_LATE = _gauge("flow_late", _FLOW, "1 while something that it owes is older than it may get")
FLOW_WAITING = _gauge("flow_waiting_events", _FLOW, "events that wait for a retry")
FLOW_HELD = _gauge("flow_held_events", _FLOW, "events held behind an older one of their key")
FLOW_DEAD = _gauge("flow_dead_letters", _FLOW, "dead letters that wait for a person")
FLOW_LAST = _gauge(
    "flow_last_delivery_timestamp_seconds", _FLOW, "when an event last took effect; absent before one did"
)
FLOW_PAUSED = _gauge("flow_paused", _FLOW, "1 while a person has paused it")
TARGET_UP = _gauge("target_up", _TARGET, "0 while a target is away or isolated")
TARGET_ISOLATED = _gauge(
    "target_isolated", _TARGET, "1 while a person, or the receiver, wants no calls there"
)
REPLAYS = _gauge("replays", ("state",), "replays that have not ended: running, paused, failed")
SECRET_AGE = _gauge(
    "secret_age_seconds", ("secret",), "since when a secret has been the same, at least; absent where unknown"
)
LOOP_LAG = Metric(
    "trunkline_event_loop_lag_seconds",
    "gauge",
    (),
    "how late the process's event loop was at the worst in the last minute",
    process=True,
)
ARRIVALS_REFUSED = Metric(
    "trunkline_arrivals_refused_total",
    "counter",
    ("source", "reason"),
    "arrivals that were not taken",
    process=True,
)
ANSWERS = Metric(
    "trunkline_answers_total",
    "counter",
    ("source", "status"),
    "callers of request sources that were answered",
    process=True,
)

METRICS: tuple[Metric, ...] = tuple(value for value in vars().copy().values() if isinstance(value, Metric))
"""All of them, in their order."""


class Tallies:
    """Counts what only the process sees: a listener of signals."""

    def __init__(self) -> None:
        self._counts: dict[tuple[Metric, tuple[str, ...]], int] = {}

    def __call__(self, signal: Signal) -> None:
        """Count a signal."""
        if isinstance(signal, Refused):
            self._add(ARRIVALS_REFUSED, (signal.source, signal.reason), signal.events)
        elif isinstance(signal, Answered):
            self._add(ANSWERS, (signal.source, str(signal.status)), signal.requests)

    def _add(self, metric: Metric, labels: tuple[str, ...], count: int) -> None:
        known = (metric, labels)
        self._counts[known] = self._counts.get(known, 0) + count

    def samples(self) -> Iterator[Sample]:
        """Yield what was counted."""
        for (metric, labels), count in self._counts.items():
            yield Sample(metric, labels, count)
