"""What is exposed is read back by Prometheus' own parsers in both formats, value by value."""

from __future__ import annotations

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from trunkline.adapters.prometheus.exposition import Process, exposed
from trunkline.observe import metrics as m
from trunkline.observe.metrics import METRICS, Metric, Sample

AWKWARD = 'a "quoted"\\ name\nof two lines'
SAMPLES = [
    Sample(m.STREAM_ACCEPTED, ("order@1",), 12),
    Sample(m.STREAM_ACCEPTED, (AWKWARD,), 1),
    Sample(m.FREE_BYTES, (), 2.5e9),
    Sample(m.FLOW_PAUSED, ("orders", "shop"), True),
]


@pytest.mark.parametrize(
    ("accept", "kind", "parse"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8", plain),
        ("text/html,*/*", "text/plain; version=0.0.4; charset=utf-8", plain),
        (
            "application/openmetrics-text; version=1.0.0,text/plain;q=0.5",
            "application/openmetrics-text",
            openmetrics,
        ),
    ],
)
def test_both_formats(accept, kind, parse):
    body, content_type = exposed(SAMPLES, Process(), accept)
    assert content_type.startswith(kind)
    families = {family.name: family for family in parse(body.decode())}
    found = {
        (one.name, tuple(one.labels.values())): one.value
        for family in families.values()
        for one in family.samples
        if one.name.startswith("trunkline_")
    }
    assert found == {
        ("trunkline_stream_events_accepted_total", ("order@1",)): 12,
        ("trunkline_stream_events_accepted_total", (AWKWARD,)): 1,
        ("trunkline_disk_free_bytes", ()): 2.5e9,
        ("trunkline_flow_paused", ("orders", "shop")): 1,
    }
    assert {
        "process_resident_memory_bytes",
        "process_cpu_seconds",
        "python_info",
        "python_gc_collections",
    } <= {name.removesuffix("_total") for name in families}


# Every metric has its kind and its meaning, whether or not there is a value of it now.
def test_every_metric_is_described():
    body, _ = exposed([], Process(), "")
    families = {family.name: family for family in plain(body.decode())}
    for metric in METRICS:
        family = families[metric.name.removesuffix("_total")]
        assert (family.type, family.documentation) == (metric.kind, metric.help)


# A summary has its quantiles.
def test_a_summary(monkeypatch):
    metric = Metric("trunkline_flow_age_seconds", "summary", ("flow",), "how old")
    monkeypatch.setattr("trunkline.adapters.prometheus.exposition.METRICS", (metric,))
    sample = Sample(metric, ("orders",), quantiles=((0.5, 0.25), (0.99, 1.5)))
    for accept, parse in (("", plain), ("application/openmetrics-text", openmetrics)):
        body, _ = exposed([sample], Process(), accept)
        [family] = [one for one in parse(body.decode()) if one.name == metric.name]
        told = {(one.name, one.labels.get("quantile", "")): one.value for one in family.samples}
        assert family.type == "summary"
        assert told == {
            ("trunkline_flow_age_seconds", "0.5"): 0.25,
            ("trunkline_flow_age_seconds", "0.99"): 1.5,
        }
