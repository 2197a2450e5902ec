"""Traces reach a collector, between the sender's span and the target's, and failures whatever is sampled."""

from __future__ import annotations

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.scenarios.test_log_canaries import CANARIES, FILES, Crm, person

from trunkline.adapters.keyfile.key import make_key
from trunkline.app.acts import StartReplay, perform
from trunkline.app.backbone import opened, this_machine
from trunkline.app.project import Project
from trunkline.app.run import running
from trunkline.app.telemetry import telemetry
from trunkline.connectors.source import Arrival
from trunkline.delivery.replay.port import Selection
from trunkline.kernel.signals import BatchDelivered, DeadLettered, ReplayChanged, TelemetryLost
from trunkline.kernel.tracing import replayed_as

collector_pb2 = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")

TRACE, SENDER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Collector(ThreadingHTTPServer):
    """A small OTLP/HTTP receiver: keeps the spans that it is sent, and the bodies as they came."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Receiving)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.spans, self.bodies, self.headers = [], [], []

    def of(self, operation):
        """Return the spans of one operation."""
        return [span for span in self.spans if span.name.startswith(f"{operation} ")]


class _Receiving(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        request = collector_pb2.ExportTraceServiceRequest.FromString(body)
        self.server.bodies.append(body)
        self.server.headers.append(dict(self.headers))
        self.server.spans += [
            span for of in request.resource_spans for scope in of.scope_spans for span in scope.spans
        ]
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def servers():
    both = Crm(), Collector()
    for server in both:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield both
    for server in both:
        server.shutdown()
        server.server_close()


def written(folder, crm, endpoint, sample):
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("%(url)s", f"http://127.0.0.1:{crm.server_port}"))
    settings = f"observe: {{otlp: {{endpoint: '{endpoint}', sample: {sample}, headers: {{x-key: secret://otel/key}}}}}}"
    (folder / "trunkline.yaml").write_text(f"project: canaries\n{settings}\n")
    (folder / "state").mkdir()
    make_key(folder / "state" / "trunkline.key")
    return Project.load(folder)


class Signals:
    """Waits for signals of a machine."""

    def __init__(self, machine):
        self.came = []
        self._bell = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        machine.signals.listen(self._hear)

    def _hear(self, signal):
        self.came.append(signal)
        self._loop.call_soon_threadsafe(self._bell.set)

    async def until(self, kind, **fields):
        while not any(
            isinstance(one, kind) and all(getattr(one, name) == value for name, value in fields.items())
            for one in self.came
        ):
            self._bell.clear()
            await asyncio.wait_for(self._bell.wait(), 30)


def machine_of():
    return this_machine({"TRUNKLINE_SECRET_OTEL_KEY": "k3y"})


# The sender's span is the parent of the arrival, that is the parent of the attempt, and the target was told
# of the attempt; a replay is another trace, linked to the arrival. No value of a record is in a span.
async def test_a_trace_from_end_to_end(tmp_path, servers):
    crm, collector = servers
    crm.status = 200
    machine = machine_of()
    signals = Signals(machine)
    with telemetry(written(tmp_path, crm, collector.url, 1.0), machine) as traced:
        async with opened(Project.load(tmp_path), traced) as backbone, running(backbone, None):
            arrival = Arrival(person(1), correlation=TRACE, parent=f"{SENDER}-01")
            await backbone.intakes["publish/person@1"].accept([arrival])
            await signals.until(BatchDelivered, delivered=1)
            started = await perform(
                backbone, StartReplay(flow="people", selection=Selection(), by="ann", why="lost")
            )
            await signals.until(ReplayChanged, state="done")
    [received] = collector.of("receive")
    sent, again = collector.of("send")
    assert (received.trace_id.hex(), received.parent_span_id.hex()) == (TRACE, SENDER)
    assert (sent.trace_id.hex(), sent.parent_span_id) == (TRACE, received.span_id)
    assert crm.traces == [f"00-{one.trace_id.hex()}-{one.span_id.hex()}-01" for one in (sent, again)]
    assert (again.trace_id.hex(), again.parent_span_id) == (replayed_as(TRACE, started.id), b"")
    assert [(link.trace_id.hex(), link.span_id) for link in again.links] == [(TRACE, received.span_id)]
    told = {one.key: one.value.string_value or one.value.int_value for one in sent.attributes}
    assert told["messaging.system"] == "trunkline"
    assert told["messaging.operation.type"] == "send"
    assert told["messaging.destination.name"] == "person@1"
    assert told["messaging.consumer.group.name"] == "people"
    assert {headers["x-key"] for headers in collector.headers} == {"k3y"}
    assert not [canary for canary in CANARIES if canary.encode() in b"".join(collector.bodies)]


# With no trace sampled, a refusal, each failed attempt and the dead letter are sent all the same.
async def test_failures_are_always_kept(tmp_path, servers):
    crm, collector = servers
    machine = machine_of()
    signals = Signals(machine)
    with telemetry(written(tmp_path, crm, collector.url, 0), machine) as traced:
        async with opened(Project.load(tmp_path), traced) as backbone, running(backbone, None):
            arrivals = [Arrival(person(1), correlation=TRACE), Arrival(person(2, amount="much"))]
            await backbone.intakes["publish/person@1"].accept(arrivals)
            await signals.until(DeadLettered)
    assert [len(collector.of(operation)) for operation in ("receive", "send", "settle")] == [1, 2, 1]
    assert {span.status.code for span in collector.spans} == {2}
    assert [span.trace_id.hex() for span in (*collector.of("send"), *collector.of("settle"))] == [TRACE] * 3
    assert crm.traces == [f"00-{TRACE}-{span.span_id.hex()}-01" for span in collector.of("send")]


# A collector that is away costs spans, which is told once, and delays no delivery.
async def test_a_collector_that_is_away(tmp_path, servers):
    crm, _ = servers
    crm.status = 200
    machine = machine_of()
    signals = Signals(machine)
    with telemetry(written(tmp_path, crm, "http://127.0.0.1:9", 1.0), machine) as traced:
        async with opened(Project.load(tmp_path), traced) as backbone, running(backbone, None):
            await backbone.intakes["publish/person@1"].accept([Arrival(person(n)) for n in range(9)])
            await signals.until(TelemetryLost)
        assert len(crm.traces) == 9
    assert len([one for one in signals.came if isinstance(one, TelemetryLost)]) == 1
