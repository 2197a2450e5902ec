"""Traces, metrics and log lines reach a collector, and one that is away costs no delivery."""

from __future__ import annotations

import asyncio
import threading

import pytest
from tests.otlp import Collector, attributes
from tests.scenarios.test_log_canaries import CANARIES, FILES, Crm, person

from trunkline.adapters.keyfile.key import make_key
from trunkline.app.acts import StartReplay, perform
from trunkline.app.backbone import opened, this_machine
from trunkline.app.metrics import measured
from trunkline.app.project import Project
from trunkline.app.run import running
from trunkline.app.telemetry import telemetry
from trunkline.connectors.source import Arrival
from trunkline.delivery.replay.port import Selection
from trunkline.kernel.rollup import DAY, floor_to
from trunkline.kernel.signals import BatchDelivered, DeadLettered, ReplayChanged, TelemetryLost
from trunkline.kernel.tracing import arrival_span, replayed_as
from trunkline.observe.logs import LogListener

TRACE = "0af7651916cd43dd8448eb211c80319c"  # no-secret: the example of the standard
SENDER = "b7ad6b7169203331"


@pytest.fixture
def servers():
    both = Crm(), Collector()
    for server in both:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield both
    for server in both:
        server.shutdown()
        server.server_close()


def written(folder, crm, endpoint, sample, more=""):
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("%(url)s", f"http://127.0.0.1:{crm.server_port}"))
    settings = f"observe: {{otlp: {{endpoint: '{endpoint}', sample: {sample}, headers: {{x-key: secret://otel/key}}{more}}}}}"
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
        await self._until(
            lambda: any(
                isinstance(one, kind) and all(getattr(one, name) == value for name, value in fields.items())
                for one in self.came
            )
        )

    async def until_told(self, name):
        await self._until(lambda: any(one.detail.startswith(name) for one in self._all(TelemetryLost)))

    async def until_delivered(self, count):
        await self._until(lambda: sum(one.delivered for one in self._all(BatchDelivered)) >= count)

    def _all(self, kind):
        return [one for one in self.came if isinstance(one, kind)]

    async def _until(self, is_so):
        while not is_so():
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
    told = attributes(sent)
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
    with telemetry(
        written(tmp_path, crm, "http://127.0.0.1:9", 1.0, ", metrics: false, logs: false"), machine
    ) as traced:
        async with opened(Project.load(tmp_path), traced) as backbone, running(backbone, None):
            await backbone.intakes["publish/person@1"].accept([Arrival(person(n)) for n in range(9)])
            await signals.until(TelemetryLost)
        assert len(crm.traces) == 9
    assert len([one for one in signals.came if isinstance(one, TelemetryLost)]) == 1


def listened(machine):
    """Have the lines of a run sent, as the command does."""
    listener = LogListener(machine.write)
    machine.signals.listen(listener)
    return listener


# What /metrics tells goes to the collector too: sums with their start, gauges, shares of freshness, and what
# the messaging conventions have a name for; lines are records, in the trace of the event they are about.
async def test_metrics_and_logs(tmp_path, servers):
    crm, collector = servers
    machine = machine_of()
    signals = Signals(machine)
    with telemetry(written(tmp_path, crm, collector.url, 0), machine) as sending:
        listener = listened(sending)
        async with opened(Project.load(tmp_path), sending) as backbone, running(backbone, None):
            arrivals = [Arrival(person(1), correlation=TRACE), Arrival(person(2, amount="much"))]
            await backbone.intakes["publish/person@1"].accept(arrivals)
            await signals.until(DeadLettered)
            crm.status = 200
            await backbone.intakes["publish/person@1"].accept([Arrival(person(3, email="other@example.com"))])
            await signals.until(BatchDelivered, delivered=1)
            read = await measured(backbone)
        listener.flush()
    flow = (("flow", "people"), ("system", "crm"))
    [[_, delivered]] = collector.points("trunkline_flow_events_delivered_total").items()
    assert (attributes(delivered), delivered.as_int) == (dict(flow), 1)
    assert delivered.start_time_unix_nano == floor_to(DAY, machine.clock.now()) * 1_000
    assert delivered.time_unix_nano > delivered.start_time_unix_nano
    [[_, dead]] = collector.points("trunkline_flow_dead_letters").items()
    assert dead.as_double == 1
    shares = collector.points("trunkline_flow_freshness_seconds")
    assert {dict(labels)["quantile"] for labels in shares} == {"0.5", "0.95", "0.99"}
    assert {one.metric.name for one in read} <= {metric.name for metric in collector.metrics}
    sent = collector.points("messaging.client.sent.messages")
    assert {dict(labels).get("error.type"): one.as_int for labels, one in sent.items()} == {
        None: 1,
        "_OTHER": 2,
    }
    came = collector.points("messaging.client.consumed.messages")
    assert {dict(labels).get("error.type"): one.as_int for labels, one in came.items()} == {
        None: 2,
        "_OTHER": 1,
    }
    lines = {record.event_name: record for record in collector.logs}
    line = lines["trunkline.dead-lettered"]
    assert (line.trace_id.hex(), line.span_id.hex()) == (TRACE, arrival_span(TRACE, "person@1", 0))
    assert (line.severity_text, line.severity_number, line.body.string_value) == (
        "error",
        17,
        "dead-lettered",
    )
    assert attributes(line)["flow"] == "people"
    assert lines["trunkline.batch-delivered"].trace_id == b""
    assert {
        "trunkline.accepted",
        "trunkline.refused",
        "trunkline.attempt-failed",
        "trunkline.stopping",
    } <= set(lines)
    assert {attributes(one)["service.instance.id"] for one in collector.resources} == {"delivery+intake"}
    assert {headers["x-key"] for headers in collector.headers} == {"k3y"}
    assert not [canary for canary in CANARIES if canary.encode() in b"".join(collector.bodies)]


# A collector that is away is told once for each kind of telemetry, and every delivery is there all the same.
@pytest.mark.parametrize("answer", [None, 400])
async def test_nothing_reaches_the_collector(tmp_path, servers, answer):
    crm, collector = servers
    crm.status, collector.status = 200, answer
    machine = machine_of()
    signals = Signals(machine)
    url = collector.url if answer else "http://127.0.0.1:9"
    with telemetry(written(tmp_path, crm, url, 1.0, ", metrics_every: 20ms"), machine) as sending:
        listener = listened(sending)
        async with opened(Project.load(tmp_path), sending) as backbone, running(backbone, None):
            for number in range(9):
                await backbone.intakes["publish/person@1"].accept([Arrival(person(number))])
            for kind in ("spans", "log records", "readings of metrics"):
                await signals.until_told(kind)
            await signals.until_delivered(9)
        listener.flush()
        assert len(crm.traces) == 9
    told = [one.detail.partition(" are dropped")[0] for one in signals.came if isinstance(one, TelemetryLost)]
    assert sorted(told) == ["log records", "readings of metrics", "spans"]


# What is switched off is not sent.
@pytest.mark.parametrize("kept", ["spans", "logs", "metrics"])
async def test_switches(tmp_path, servers, kept):
    crm, collector = servers
    crm.status = 200
    off = "".join(
        f", {name}: false" for name in {"traces", "logs", "metrics"} - {kept.replace("spans", "traces")}
    )
    machine = machine_of()
    signals = Signals(machine)
    with telemetry(written(tmp_path, crm, collector.url, 1.0, off), machine) as sending:
        if sending.write:
            listened(sending)
        async with opened(Project.load(tmp_path), sending) as backbone, running(backbone, None):
            await backbone.intakes["publish/person@1"].accept([Arrival(person(1))])
            await signals.until(BatchDelivered, delivered=1)
    assert [name for name in ("spans", "logs", "metrics") if getattr(collector, name)] == [kept]
