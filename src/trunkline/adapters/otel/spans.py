"""Sends spans by OTLP over HTTP, from a thread of its own, and never keeps anybody waiting.

Spans wait in a bounded queue. What does not fit, and what the collector does not take in time, is dropped and
counted, and told once until the collector takes something again. Sampling is by the trace id, as
OpenTelemetry's ``TraceIdRatioBased`` has it, so every process decides the same of a trace; what failed is
kept whatever its trace id says.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import random
import threading
from collections.abc import Callable, Mapping

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from trunkline.kernel.spans import Span

QUEUE_SPANS = 2_048
"""How many spans wait to be sent; more are dropped."""

BATCH_SPANS = 512
"""How many are sent at once."""

EXPORT_SECONDS = 5.0
"""How long a collector may take."""

_LOW = (1 << 64) - 1
_KINDS = {"receive": SpanKind.CONSUMER, "send": SpanKind.CLIENT, "settle": SpanKind.CLIENT}
_SCOPE = InstrumentationScope("trunkline")
_STOP = object()

# the library would write lines of its own for what is counted and told here
logging.getLogger("opentelemetry.exporter").addHandler(logging.NullHandler())
logging.getLogger("opentelemetry.exporter").propagate = False


class OtlpSpans:
    """A ``Tracer`` that sends to ``endpoint``; ``lost`` is told of a first drop, from any thread."""

    def __init__(
        self,
        endpoint: str,
        headers: Mapping[str, str],
        service: str,
        sample: float,
        lost: Callable[[str], None],
    ) -> None:
        self._bound = round(sample * (1 << 64))
        self._resource = Resource.create({"service.name": service})
        self._exporter = OTLPSpanExporter(
            f"{endpoint.rstrip('/')}/v1/traces", headers=dict(headers), timeout=EXPORT_SECONDS
        )
        self._queue: queue.Queue[object] = queue.Queue(QUEUE_SPANS)
        self._bits = random.Random().getrandbits  # noqa: S311  span ids, not secrets
        self._lost = lost
        self._counting = threading.Lock()
        self._told = False
        self.dropped = 0
        self._thread = threading.Thread(target=self._send_all, name="otlp", daemon=True)
        self._thread.start()

    def keeps(self, trace: str) -> bool:
        """Tell by the lower half of the trace id."""
        return int(trace, 16) & _LOW < self._bound

    def end(self, span: Span) -> None:
        """Have a span sent, or drop it where too many wait."""
        try:
            self._queue.put_nowait(span)
        except queue.Full:
            self._drop(1, "too many spans wait for the collector")

    def close(self) -> None:
        """Send what waits, within the time that an export may take; then what is left is dropped."""
        with contextlib.suppress(queue.Full):
            self._queue.put(_STOP, timeout=EXPORT_SECONDS)
            self._thread.join(EXPORT_SECONDS)
        self._exporter.shutdown()  # type: ignore[no-untyped-call]  # the library's; it ends what is tried again
        with contextlib.suppress(queue.Full):
            self._queue.put(_STOP, timeout=EXPORT_SECONDS)
        self._thread.join(EXPORT_SECONDS)

    def _send_all(self) -> None:
        ending = False
        while not ending:
            batch = [self._queue.get()]
            while len(batch) < BATCH_SPANS and not self._queue.empty():
                batch.append(self._queue.get())
            ending = _STOP in batch
            self._send([self._readable(one) for one in batch if isinstance(one, Span)])

    def _send(self, spans: list[ReadableSpan]) -> None:
        if not spans:
            return
        try:
            taken = self._exporter.export(spans) is SpanExportResult.SUCCESS
        except Exception:  # noqa: BLE001  whatever the library raises: delivery goes on without traces
            taken = False
        if taken:
            self._told = False
        else:
            self._drop(len(spans), "the collector did not take them")

    def _drop(self, count: int, why: str) -> None:
        with self._counting:
            self.dropped += count
            is_news, self._told = not self._told, True
        if is_news:
            self._lost(f"spans are dropped ({self.dropped} so far): {why}")

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
            instrumentation_scope=_SCOPE,
        )


def _context(trace: int, span: int, *, remote: bool) -> SpanContext:
    return SpanContext(trace, span, is_remote=remote, trace_flags=TraceFlags(TraceFlags.SAMPLED))
