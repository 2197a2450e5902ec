"""Whole traces are kept by their ids, and spans dropped rather than waited for."""

from __future__ import annotations

import pytest

from trunkline.kernel.spans import Span

spans = pytest.importorskip("trunkline.adapters.otel.spans")
sender = pytest.importorskip("trunkline.adapters.otel.sender")


def exporter(lost, sample=0.25):
    return spans.OtlpSpans(sender.Collector("http://127.0.0.1:9", {}, {"service.name": "test"}, lost), sample)


# Whether a trace is kept depends on nothing but the lower half of its id and the share that is asked for.
@pytest.mark.parametrize(
    ("sample", "trace", "kept"),
    [
        (0.25, "f" * 16 + "3fffffffffffffff", True),
        (0.25, "0" * 16 + "4000000000000000", False),
        (0, "1".zfill(32), False),
        (0, "0" * 15 + "1" + "0" * 16, False),
        (1, "f" * 32, True),
    ],
)
def test_sampling(sample, trace, kept):
    made = exporter(lambda _: None, sample)
    assert made.keeps(trace) is kept
    sender.close([made.sender])


# More spans than may wait, for a collector that is away, are dropped and counted, and that is told once.
def test_what_does_not_fit_is_dropped():
    told = []
    made = exporter(told.append)
    count = 3 * spans.QUEUED.waiting
    for number in range(count):
        made.end(Span("send", "crm.people", number, number))
    sender.close([made.sender])
    assert (made.sender.dropped, len(told)) == (count, 1)
