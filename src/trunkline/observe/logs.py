"""Signals as log lines: JSON for machines, aligned text on a terminal.

``trunkline run`` listens with a ``LogListener``. What happens thousands of times a second (arrivals,
delivered batches) is counted and written as one line a stream or flow at every ``flush``; everything
that a person has to look at is written at once. A line carries names, counts and identifiers as the
signals do, never a payload, and which system it is about where it is about one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TextIO, TypeAlias

import msgspec

from trunkline.kernel import json
from trunkline.kernel import signals as s
from trunkline.kernel.clock import Clock, to_rfc3339

LEVELS: Mapping[type[s.Signal], str] = {
    s.SourceStarted: "info",
    s.Accepted: "info",
    s.Refused: "warning",
    s.Answered: "info",
    s.FileDone: "info",
    s.SourceFailed: "error",
    s.FlowStarted: "info",
    s.BatchDelivered: "info",
    s.AttemptFailed: "warning",
    s.DeadLettered: "error",
    s.FlowStalled: "error",
    s.BreakerOpened: "error",
    s.BreakerClosed: "info",
    s.TargetIsolated: "error",
    s.TargetReset: "info",
    s.FlowPaused: "warning",
    s.FlowResumed: "info",
    s.ReplayChanged: "info",
    s.ReplayProgress: "info",
    s.ContractDeprecated: "warning",
    s.ContractEnded: "error",
    s.LoggedIn: "info",
    s.LoggedOut: "info",
    s.LogInFailed: "warning",
    s.TokenRotated: "warning",
    s.AlertFired: "error",
    s.AlertAcknowledged: "info",
    s.AlertResolved: "info",
    s.NoticeFailed: "error",
    s.TelemetryLost: "warning",
    s.Stopping: "info",
}
"""How loud each signal is; one that is not listed is ``info``."""

_INSTANTS = ("retry_at", "until")
_OF_SYSTEMS = (("source", "/"), ("target", "."))
_PLAIN = re.compile(r"^[^\s\"\x00-\x1f\x7f-\x9f\u2028\u2029]+$")
_WORD = re.compile(r"(?<!^)(?=[A-Z])")


def event_name(kind: type) -> str:
    """Return the name of a signal in the logs, or of an act: ``DeadLettered`` is ``dead-lettered``."""
    return _WORD.sub("-", kind.__name__).lower()


Write: TypeAlias = Callable[[str, str, Mapping[str, Any]], None]
"""Writes one line: its level, its event's name and its fields."""


def make_writer(stream: TextIO, clock: Clock, *, as_json: bool) -> Write:
    """Return what writes a line at once to ``stream``, stamped with the time."""

    def write(level: str, event: str, fields: Mapping[str, Any]) -> None:
        time = to_rfc3339(clock.now())
        if as_json:
            line = json.encode({"time": time, "level": level, "event": event, **fields}).decode()
        else:
            line = f"{time} {level:<7} {event:<15} {' '.join(map(_pair, fields.items()))}"
        stream.write(line + "\n")
        stream.flush()

    return write


def _pair(field: tuple[str, Any]) -> str:
    """Write a field for a person; a text that is no plain word is quoted, so that it stays on its line."""
    name, value = field
    text = f"{value}"
    return f"{name}={text if _PLAIN.match(text) else json.encode(text).decode()}"


class LogListener:
    """Writes signals as lines, with each of ``writers``; call ``flush`` on a timer and once at the end."""

    def __init__(self, *writers: Write) -> None:
        self._writers = writers
        self._accepted: dict[tuple[str, str], list[int]] = {}
        self._answered: dict[tuple[str, int], s.Answered] = {}
        self._delivered: dict[str, s.BatchDelivered] = {}

    def __call__(self, signal: s.Signal) -> None:
        """Take one signal: count it, or write it at once."""
        if isinstance(signal, s.Accepted):
            counts = self._accepted.setdefault((signal.source, signal.stream), [0, 0])
            counts[0] += signal.events
            counts[1] += signal.duplicates
        elif isinstance(signal, s.Answered):
            place = (signal.source, signal.status)
            known = self._answered.get(place)
            self._answered[place] = _summed(known, signal) if known else signal
        elif isinstance(signal, s.BatchDelivered):
            before = self._delivered.get(signal.flow)
            self._delivered[signal.flow] = _joined(before, signal) if before else signal
        else:
            self._write(signal)

    def flush(self) -> None:
        """Write what was counted since the last time, one line a stream, a status of a source, and a flow."""
        accepted, self._accepted = self._accepted, {}
        for (source, stream), (events, duplicates) in accepted.items():
            self._write(s.Accepted(source=source, stream=stream, events=events, duplicates=duplicates))
        gathered = [*self._answered.values(), *self._delivered.values()]
        self._answered, self._delivered = {}, {}
        for signal in gathered:
            self._write(signal)

    def _write(self, signal: s.Signal) -> None:
        kind = type(signal)
        level, event, fields = LEVELS.get(kind, "info"), event_name(kind), _fields_of(signal)
        for write in self._writers:
            write(level, event, fields)


def _summed(before: s.Answered, after: s.Answered) -> s.Answered:
    """Return one signal for answers of one status: their sums, the longest wait."""
    return msgspec.structs.replace(
        after,
        requests=before.requests + after.requests,
        repeats=before.repeats + after.repeats,
        longest_seconds=max(before.longest_seconds, after.longest_seconds),
    )


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
    for name, end in _OF_SYSTEMS:
        if fields.get(name):
            return {**fields, "system": fields[name].partition(end)[0]}
    return fields
