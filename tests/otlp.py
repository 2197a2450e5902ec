"""A small OTLP/HTTP receiver: keeps what it is sent, as values and as the bodies that came."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

traces_pb2 = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
logs_pb2 = pytest.importorskip("opentelemetry.proto.collector.logs.v1.logs_service_pb2")
metrics_pb2 = pytest.importorskip("opentelemetry.proto.collector.metrics.v1.metrics_service_pb2")


class Collector(ThreadingHTTPServer):
    """Keeps spans, log records and metrics; answers ``status``."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Receiving)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.status = 200
        self.spans, self.logs, self.metrics = [], [], []
        self.resources, self.bodies, self.headers = [], [], []

    def of(self, operation):
        """Return the spans of one operation."""
        return [span for span in self.spans if span.name.startswith(f"{operation} ")]

    def points(self, name):
        """Return the latest points of a metric by their attributes: pairs in order."""
        [*_, metric] = [one for one in self.metrics if one.name == name]
        kind = getattr(metric, metric.WhichOneof("data"))
        return {tuple(sorted(attributes(one).items())): one for one in kind.data_points}

    def take(self, path, body):
        """Keep one request."""
        if path == "/v1/traces":
            for of in traces_pb2.ExportTraceServiceRequest.FromString(body).resource_spans:
                self.resources.append(of.resource)
                self.spans += [span for scope in of.scope_spans for span in scope.spans]
        elif path == "/v1/logs":
            for of in logs_pb2.ExportLogsServiceRequest.FromString(body).resource_logs:
                self.resources.append(of.resource)
                self.logs += [record for scope in of.scope_logs for record in scope.log_records]
        elif path == "/v1/metrics":
            for of in metrics_pb2.ExportMetricsServiceRequest.FromString(body).resource_metrics:
                self.resources.append(of.resource)
                self.metrics += [metric for scope in of.scope_metrics for metric in scope.metrics]


class _Receiving(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.bodies.append(body)
        self.server.headers.append(dict(self.headers))
        if self.server.status == 200:
            self.server.take(self.path, body)
        self.send_response(self.server.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def attributes(one):
    """Return the attributes of a span, a record or a point as values."""
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in one.attributes}
