"""Signals as log lines: JSON for machines, aligned text on a terminal.

``trunkline run`` listens with a ``LogListener``. What happens thousands of times a second (arrivals,
delivered batches) is counted and written as one line a stream or flow at every ``flush``; everything
that a person has to look at is written at once. A line carries names, counts and identifiers as the
signals do, never a payload.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import msgspec
import structlog

from trunkline.kernel import signals as s
from trunkline.kernel.clock import Clock, to_rfc3339

LEVELS: Mapping[type[s.Signal], str] = {
    s.SourceStarted: "info",
    s.Accepted: "info",
    s.Refused: "warning",
    s.FileDone: "info",
    s.SourceFailed: "error",
    s.FlowStarted: "info",
    s.BatchDelivered: "info",
    s.AttemptFailed: "warning",
    s.DeadLettered: "error",
    s.FlowStalled: "error",
    s.Stopping: "info",
}
"""How loud each signal is; one that is not listed is ``info``."""

_INSTANTS = ("retry_at",)
_WORD = re.compile(r"(?<!^)(?=[A-Z])")


def event_name(kind: type[s.Signal]) -> str:
    """Return the name a signal has in the logs: ``DeadLettered`` is ``dead-lettered``."""
    return _WORD.sub("-", kind.__name__).lower()


def make_logger(stream: TextIO, clock: Clock, *, as_json: bool) -> Any:
    """Return a structlog logger that writes to ``stream``; nothing process-wide is changed."""

    def stamp(_logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {"time": to_rfc3339(clock.now()), "level": method, "event": line.pop("event"), **line}

    renderer = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False, timestamp_key="time", sort_keys=False)
    )
    return structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[stamp, renderer],
        wrapper_class=structlog.BoundLogger,
        context_class=dict,
    )


class LogListener:
    """Writes signals to a logger; call ``flush`` on a timer and once at the end."""

    def __init__(self, logger: Any) -> None:
        self._logger = logger
        self._accepted: dict[tuple[str, str], list[int]] = {}
        self._delivered: dict[str, s.BatchDelivered] = {}

    def __call__(self, signal: s.Signal) -> None:
        """Take one signal: count it, or write it at once."""
        if isinstance(signal, s.Accepted):
            counts = self._accepted.setdefault((signal.source, signal.stream), [0, 0])
            counts[0] += signal.events
            counts[1] += signal.duplicates
        elif isinstance(signal, s.BatchDelivered):
            before = self._delivered.get(signal.flow)
            self._delivered[signal.flow] = _joined(before, signal) if before else signal
        else:
            self._write(signal)

    def flush(self) -> None:
        """Write what was counted since the last time, one line a stream and one a flow."""
        accepted, self._accepted = self._accepted, {}
        for (source, stream), (events, duplicates) in accepted.items():
            self._write(s.Accepted(source=source, stream=stream, events=events, duplicates=duplicates))
        delivered, self._delivered = self._delivered, {}
        for signal in delivered.values():
            self._write(signal)

    def _write(self, signal: s.Signal) -> None:
        kind = type(signal)
        write = getattr(self._logger, LEVELS.get(kind, "info"))
        write(event_name(kind), **_fields_of(signal))


def _joined(before: s.BatchDelivered, after: s.BatchDelivered) -> s.BatchDelivered:
    """Return one signal for two runs of a flow: the extent of both, their sums, the worst lag."""
    return s.BatchDelivered(
        flow=after.flow,
        first=min(before.first, after.first),
        last=max(before.last, after.last),
        delivered=before.delivered + after.delivered,
        dropped=before.dropped + after.dropped,
        lag_seconds=max(before.lag_seconds, after.lag_seconds),
    )


def _fields_of(signal: s.Signal) -> dict[str, Any]:
    fields = msgspec.structs.asdict(signal)
    for name in _INSTANTS:
        if name in fields:
            fields[name] = to_rfc3339(fields[name])
    return fields
