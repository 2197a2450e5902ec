"""Log lines as OTLP has them: severity, the event's name, its fields, and the trace they are about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExportResult
from opentelemetry.trace import NonRecordingSpan, SpanContext, set_span_in_context

from trunkline.adapters.otel.sender import EXPORT_SECONDS, SCOPE, Collector, Queued, Sender
from trunkline.kernel.clock import Clock

QUEUED = Queued("log records", waiting=2_048, batch=512, linger_seconds=1.0)

_SEVERITIES = {"info": SeverityNumber.INFO, "warning": SeverityNumber.WARN, "error": SeverityNumber.ERROR}


class _Line(msgspec.Struct, frozen=True):
    at: int
    level: str
    event: str
    fields: Mapping[str, Any]


class OtlpLogs:
    """Writes lines to a collector: what ``observe.logs`` calls a ``Write``.

    ``span_of`` returns the span that a line of such fields belongs to; empty where it is not known.
    """

    def __init__(
        self, collector: Collector, clock: Clock, span_of: Callable[[Mapping[str, Any]], str]
    ) -> None:
        self._resource, self._clock, self._span_of = collector.resource, clock, span_of
        self._exporter = OTLPLogExporter(
            collector.url("logs"), headers=collector.headers, timeout=EXPORT_SECONDS
        )
        self.sender = Sender(QUEUED, self._export, self._exporter.shutdown, collector.lost)

    def __call__(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        """Have a line sent, or drop it where too many wait."""
        self.sender.put(_Line(self._clock.now(), level, event, fields))

    def _export(self, lines: Sequence[_Line]) -> bool:
        found = self._exporter.export([self._readable(line) for line in lines])
        return found is LogRecordExportResult.SUCCESS

    def _readable(self, line: _Line) -> ReadableLogRecord:
        record = LogRecord(
            timestamp=line.at * 1_000,
            observed_timestamp=line.at * 1_000,
            context=self._context(line.fields),
            severity_text=line.level,
            severity_number=_SEVERITIES[line.level],
            body=line.event,
            attributes={name: value for name, value in line.fields.items() if value != ""},
            event_name=f"trunkline.{line.event}",
        )
        return ReadableLogRecord(record, self._resource, SCOPE)

    def _context(self, fields: Mapping[str, Any]) -> Context:
        trace, span = fields.get("correlation", ""), self._span_of(fields)
        if not trace:
            return Context()
        return set_span_in_context(
            NonRecordingSpan(SpanContext(int(trace, 16), int(span or "0", 16), is_remote=False)), Context()
        )
