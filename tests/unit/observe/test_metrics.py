"""Metrics keep to the conventions of Prometheus, and a process counts what nothing else keeps."""

from __future__ import annotations

import re

import pytest

from trunkline.kernel.signals import Answered, Refused, Stopping
from trunkline.observe.metrics import ANSWERS, ARRIVALS_REFUSED, METRICS, Sample, Tallies


# Names have the prefix, base units and, where and only where they grow, _total; no two are one.
@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_names(metric):
    assert re.fullmatch(r"trunkline(_[a-z]+)+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert not re.search(r"_(ms|millis\w*|minutes|kilobytes|percent)\b", metric.name)
    assert not {"key", "event", "id", "by", "why"} & set(metric.labels)
    assert [one.name for one in METRICS].count(metric.name) == 1


# Refusals and answers are summed by source and reason or status; other signals count nothing.
def test_tallies():
    tallies = Tallies()
    for signal in (
        Refused("shop/order", "order@1", 2, "signature"),
        Refused("shop/order", "order@1", 3, "signature"),
        Refused("shop/order", "order@1", 1, "size"),
        Answered("desk/ask", "ask@1", 200, 4, 1, 0.5),
        Stopping("asked"),
    ):
        tallies(signal)
    assert list(tallies.samples()) == [
        Sample(ARRIVALS_REFUSED, ("shop/order", "signature"), 5),
        Sample(ARRIVALS_REFUSED, ("shop/order", "size"), 1),
        Sample(ANSWERS, ("desk/ask", "200"), 4),
    ]
