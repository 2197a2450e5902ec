"""A line becomes a record: severity, name, fields, and the trace of the event it is about."""

from __future__ import annotations

import threading

import pytest
from tests.otlp import Collector, attributes

from trunkline.testkit.clock import START, ManualClock

logs = pytest.importorskip("trunkline.adapters.otel.logs")
sender = pytest.importorskip("trunkline.adapters.otel.sender")

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def sent(*lines, span=SPAN):
    """Return the records that a collector gets for lines."""
    server = Collector()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    outlet = logs.OtlpLogs(
        sender.Collector(server.url, {}, {}, lambda _: None), ManualClock(), lambda _: span
    )
    for line in lines:
        outlet(*line)
    sender.close([outlet.sender])
    server.shutdown()
    server.server_close()
    return server.logs


# Levels are the severities of the standard, the time is the line's, fields are attributes of their types.
def test_a_line():
    [record] = sent(("warning", "refused", {"source": "shop/order", "events": 2, "reason": ""}))
    assert (record.severity_text, record.severity_number) == ("warning", 13)
    assert record.time_unix_nano == START * 1_000
    assert (record.event_name, record.body.string_value) == ("trunkline.refused", "refused")
    assert attributes(record) == {"source": "shop/order", "events": 2}
    assert (record.trace_id, record.span_id) == (b"", b"")


# A line about one event is in its trace, and in a span where it is known.
@pytest.mark.parametrize("span", [SPAN, ""])
def test_correlation(span):
    [record] = sent(("error", "dead-lettered", {"correlation": TRACE}), span=span)
    assert (record.trace_id.hex(), record.span_id.hex()) == (TRACE, span)
