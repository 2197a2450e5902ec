"""A reading becomes sums with their start and gauges, under the names that Prometheus scrapes."""

from __future__ import annotations

import threading

import pytest
from tests.otlp import Collector

from trunkline.kernel.clock import SECOND
from trunkline.observe import metrics as m
from trunkline.observe.metrics import Reading, Sample
from trunkline.testkit.clock import START

otel = pytest.importorskip("trunkline.adapters.otel.metrics")
sender = pytest.importorskip("trunkline.adapters.otel.sender")

BEGAN = START - 60 * SECOND
FLOW = ("orders", "erp")


def sent(*readings):
    """Return the server that got readings."""
    server = Collector()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    outlet = otel.OtlpMetrics(sender.Collector(server.url, {}, {}, lambda _: None))
    for reading in readings:
        outlet.take(reading)
    sender.close([outlet.sender])
    server.shutdown()
    server.server_close()
    return server


def reading(*samples, at=START):
    return Reading(samples, at, 7, BEGAN)


# A counter of the store counts since the store does, one of the process since that; both are whole numbers.
def test_sums():
    server = sent(reading(Sample(m.FLOW_DROPPED, FLOW, 3), Sample(m.ANSWERS, ("shop/ask", "200"), 4)))
    [dropped] = server.points("trunkline_flow_events_dropped_total").values()
    [answered] = server.points("trunkline_answers_total").values()
    assert (dropped.as_int, dropped.start_time_unix_nano) == (3, 7_000)
    assert (answered.as_int, answered.start_time_unix_nano) == (4, BEGAN * 1_000)
    assert {one.sum.is_monotonic for one in server.metrics} == {True}
    assert {one.sum.aggregation_temporality for one in server.metrics} == {2}


# A counter that was read lower than before starts anew when it was last read.
def test_a_counter_that_fell():
    later = START + SECOND
    readings = [reading(Sample(m.FLOW_DROPPED, FLOW, n), at=START + n * SECOND) for n in (1, 5)]
    server = sent(*readings, reading(Sample(m.FLOW_DROPPED, FLOW, 2), at=later + 8 * SECOND))
    [fallen] = server.points("trunkline_flow_events_dropped_total").values()
    assert (fallen.as_int, fallen.start_time_unix_nano) == (2, (START + 5 * SECOND) * 1_000)


# A gauge says its unit by its name; each quantile of a summary is a series of its own, as in Prometheus.
def test_gauges():
    quantiles = ((0.5, 1.0), (0.99, 4.0))
    server = sent(reading(Sample(m.FREE_BYTES, (), 5), Sample(m.FLOW_FRESHNESS, FLOW, quantiles=quantiles)))
    free, freshness = server.metrics
    assert (free.unit, free.gauge.data_points[0].as_double) == ("By", 5.0)
    assert freshness.unit == "s"
    shares = server.points("trunkline_flow_freshness_seconds")
    assert {dict(labels)["quantile"]: one.as_double for labels, one in shares.items()} == {
        "0.5": 1.0,
        "0.99": 4.0,
    }


# Repeats were consumed as well as new arrivals; what failed is counted apart, by the conventions' error.type.
def test_messages():
    source = ("shop/order", "order@1")
    samples = [Sample(m.FLOW_INFO, (*FLOW, "order@1", "erp.orders"), 1)]
    samples += [Sample(m.SOURCE_ACCEPTED, source, 5), Sample(m.SOURCE_DUPLICATES, source, 2)]
    samples += [Sample(m.FLOW_DELIVERED, FLOW, 4), Sample(m.FLOW_FAILED, FLOW, 1)]
    server = sent(reading(*samples))
    [[labels, came]] = server.points(otel.CONSUMED).items()
    assert came.as_int == 7
    assert dict(labels)["messaging.operation.name"] == "receive"
    found = server.points(otel.SENT)
    assert {dict(labels).get("error.type"): one.as_int for labels, one in found.items()} == {
        None: 4,
        "_OTHER": 1,
    }
    assert {dict(labels)["messaging.destination.name"] for labels in found} == {"order@1"}
    assert {one.unit for one in server.metrics if one.name in (otel.SENT, otel.CONSUMED)} == {"{message}"}
