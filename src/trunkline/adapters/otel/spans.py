"""Spans as OTLP has them.

Sampling is by the trace id, as OpenTelemetry's ``TraceIdRatioBased`` has it, so every process decides the
same of a trace; what failed is kept whatever its trace id says.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from trunkline.adapters.otel.sender import EXPORT_SECONDS, SCOPE, Collector, Queued, Sender
from trunkline.kernel.spans import Span

QUEUED = Queued("spans", waiting=2_048, batch=512, linger_seconds=1.0)

_LOW_DIGITS = 16
_ABOVE_ALL = "g"
_KINDS = {"receive": SpanKind.CONSUMER, "send": SpanKind.CLIENT, "settle": SpanKind.CLIENT}


class OtlpSpans:
    """A ``Tracer`` that sends to a collector the share ``sample`` of traces."""

    def __init__(self, collector: Collector, sample: float) -> None:
        bound = round(sample * (1 << 64))
        # digits of one length are in the order of their numbers, and this is asked of every event
        self._bound = f"{bound:016x}" if bound < 1 << 64 else _ABOVE_ALL
        self._resource = collector.resource
        self._exporter = OTLPSpanExporter(
            collector.url("traces"), headers=collector.headers, timeout=EXPORT_SECONDS
        )
        self._bits = random.Random().getrandbits  # noqa: S311  span ids, not secrets
        self.sender = Sender(QUEUED, self._export, self._exporter.shutdown, collector.lost)

    def keeps(self, trace: str) -> bool:
        """Tell by the lower half of the trace id."""
        return trace[-_LOW_DIGITS:] < self._bound

    def end(self, span: Span) -> None:
        """Have a span sent, or drop it where too many wait."""
        self.sender.put(span)

    def _export(self, spans: Sequence[Span]) -> bool:
        found = self._exporter.export([self._readable(span) for span in spans])
        return found is SpanExportResult.SUCCESS

    def _readable(self, span: Span) -> ReadableSpan:
        trace = int(span.trace, 16) if span.trace else self._bits(128) | 1
        own = int(span.span, 16) if span.span else self._bits(64) | 1
        attributes = {
            "messaging.system": "trunkline",
            "messaging.operation.type": span.operation,
            "messaging.operation.name": span.operation,
            **span.attributes,
            **({"error.type": span.error} if span.error else {}),
        }
        return ReadableSpan(
            f"{span.operation} {span.name}",
            context=_context(trace, own, remote=False),
            parent=_context(trace, int(span.parent, 16), remote=True) if span.parent else None,
            resource=self._resource,
            attributes=attributes,
            links=[Link(_context(int(of, 16), int(in_, 16), remote=True)) for of, in_ in span.links],
            kind=_KINDS[span.operation],
            status=Status(StatusCode.ERROR, span.error) if span.error else Status(),
            start_time=span.began * 1_000,
            end_time=span.ended * 1_000,
            instrumentation_scope=SCOPE,
        )


def _context(trace: int, span: int, *, remote: bool) -> SpanContext:
    return SpanContext(trace, span, is_remote=remote, trace_flags=TraceFlags(TraceFlags.SAMPLED))
