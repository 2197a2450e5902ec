"""The metrics say what log, ledger and quarantine hold, and the same after a restart."""

from __future__ import annotations

import pytest

from trunkline.app.acts import IsolateTarget, PauseFlow, Publish, StartReplay, perform
from trunkline.app.backbone import opened
from trunkline.app.metrics import measured
from trunkline.app.project import Project
from trunkline.app.secret_ages import SecretWatch
from trunkline.app.staleness import late_bound
from trunkline.delivery.ledger import Case, Range, Record
from trunkline.delivery.replay.port import Selection
from trunkline.kernel.clock import SECOND
from trunkline.kernel.sketch import sketch_of
from trunkline.observe.metrics import FLOW_FRESHNESS, METRICS
from trunkline.testkit.clock import START

FLOW, SYSTEM, TARGET = "orders-to-warehouse", "warehouse", "warehouse.orders"


async def told(backbone):
    """Return every sample by its metric's name without the prefix, and its labels' values."""
    return {
        (one.metric.name.removeprefix("trunkline_"), *one.labels): one.value
        for one in await measured(backbone)
    }


# Before anything came, flows, sources and targets are there with nothing to do.
async def test_an_empty_project(backbone):
    found = await told(backbone)
    assert found["ready", "intake"] == found["ready", "delivery"] == 1
    assert found["flow_info", FLOW, SYSTEM, "order@1", TARGET] == 1
    assert found["flow_lag_events", FLOW, SYSTEM] == 0
    assert found["target_up", TARGET, SYSTEM] == 1
    assert found["source_quarantined_entries", "shop/order"] == 0
    assert ("flow_last_delivery_timestamp_seconds", FLOW, SYSTEM) not in found
    assert found[("disk_free_bytes",)] > found[("disk_keep_free_bytes",)] > 0


# A flow is late where readiness, KPIs and alerts call it so.
async def test_late(backbone, publish):
    await publish(1)
    bound = late_bound(backbone, backbone.project.flows[FLOW])
    for seconds, is_late in ((0, 0), (bound, 0), (1, 1)):
        backbone.machine.clock.advance(seconds)
        assert (await told(backbone))["flow_late", FLOW, SYSTEM] == is_late


# What happened is told as it is stored, whoever asks and after whatever restart.
async def test_what_happened(folder, machine, order):
    async with opened(Project.load(folder), machine) as backbone:
        records = [order(event_id=f"e{n}", order_id=f"100{n}") for n in range(5)]
        await perform(backbone, Publish("order", [*records, b"{}"]))
        machine.clock.advance(10)
        cases = [
            Case(0, "1000", "dead", holds=True, at=START),
            Case(1, "1001", "waiting", holds=True, due=START + 60 * SECOND),
            Case(2, "1001", "held", holds=True),
        ]
        settled = Range(0, 3, START, START + SECOND, 1, 1, lags=sketch_of([2 * SECOND]))
        await backbone.ledger.record(Record(FLOW, START, 4, settled, cases))
        await perform(backbone, StartReplay(FLOW, Selection(), "ann", "lost"))
        await perform(backbone, PauseFlow(FLOW, "ann", "the ERP moves"))
        await perform(backbone, IsolateTarget(TARGET, "bob", "stock count"))
    async with opened(Project.load(folder), machine, roles=()) as backbone:
        found = await told(backbone)
        [freshness] = [one for one in await measured(backbone) if one.metric is FLOW_FRESHNESS]
    assert [share for share, _ in freshness.quantiles] == [0.5, 0.95, 0.99]
    assert {round(value) for _, value in freshness.quantiles} == {2}
    expected = {
        ("stream_events_accepted_total", "order@1"): 5,
        ("stream_events", "order@1"): 5,
        ("stream_last_event_timestamp_seconds", "order@1"): START / SECOND,
        ("source_quarantined_entries", "publish/order@1"): 1,
        ("source_events_accepted_total", "publish/order@1", "order@1"): 5,
        ("source_events_refused_total", "publish/order@1", "order@1"): 1,
        ("source_silence_seconds", "publish/order@1", "order@1"): 10,
        ("flow_events_delivered_total", FLOW, SYSTEM): 1,
        ("flow_events_dead_lettered_total", FLOW, SYSTEM): 1,
        ("flow_cursor", FLOW, SYSTEM): 4,
        ("flow_lag_events", FLOW, SYSTEM): 1,
        ("flow_staleness_seconds", FLOW, SYSTEM): 10,
        ("flow_waiting_events", FLOW, SYSTEM): 1,
        ("flow_held_events", FLOW, SYSTEM): 1,
        ("flow_dead_letters", FLOW, SYSTEM): 1,
        ("flow_last_delivery_timestamp_seconds", FLOW, SYSTEM): START / SECOND + 1,
        ("flow_paused", FLOW, SYSTEM): 1,
        ("target_up", TARGET, SYSTEM): 0,
        ("target_isolated", TARGET, SYSTEM): 1,
        ("replays", "running"): 1,
        ("part_ready", "flow", FLOW): 1,
    }
    assert {key: found[key] for key in expected} == expected
    assert found["stream_stored_bytes", "order@1"] > 0


@pytest.fixture
def matched(edit):
    """Have orders be one thing where their status is the same."""
    own = "customProperties:\n      - {property: "
    edit("contracts/order.odcs.yaml", own, own + "match, value: [[status]]}\n      - {property: ")


# Every sample has a value for each label of its metric, and each metric of what is stored has a sample.
async def test_samples_fit_their_metrics(matched, backbone, publish):
    await publish(1)
    settled = Range(0, 0, START, START, 1, 1, lags=sketch_of([SECOND]))
    await backbone.ledger.record(Record(FLOW, START, 1, settled))
    SecretWatch(backbone).look()
    samples = await measured(backbone)
    assert all(len(one.labels) == len(one.metric.labels) for one in samples)
    assert {one.metric for one in samples} == {metric for metric in METRICS if not metric.process}
