"""The KPIs of a project: by flow, system and stream, as its ledger, log and quarantine say."""

from __future__ import annotations

import pytest
from msgspec.structs import astuple
from tests.unit.app.conftest import FLOW

from trunkline.app.kpis import Window, kpis, series, summed
from trunkline.delivery.ledger import Range, Record
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import UsageError
from trunkline.kernel.rollup import DAY, HOUR, MINUTE
from trunkline.kernel.sketch import sketch_of
from trunkline.observe.alerts.machine import Transition
from trunkline.observe.alerts.store import Changes

QUIET = 15


@pytest.fixture
def now(backbone):
    return backbone.machine.clock.now()


@pytest.fixture
async def history(backbone, publish, bury):
    """Five accepted, five repeated, two refused; two delivered after three and five seconds, one dead."""
    await publish(5)
    await publish(5)
    await publish(2, status="lost")
    now = backbone.machine.clock.now()
    settled = Range(2, 3, now, now, 1, 2, (), sketch_of([3 * SECOND, 5 * SECOND]))
    await backbone.ledger.record(Record(FLOW, now, 4, settled))
    await bury([1], cursor=4)


def hour(now, **what):
    return Window(now - HOUR, now + 1, **what)


# The whole report says what happened, what is open, and how old things are.
async def test_a_report(backbone, history, now):
    backbone.machine.clock.advance(QUIET)
    report = await kpis(backbone, hour(now))
    total = report.total
    assert (total.kpis.accepted, total.kpis.duplicates, total.kpis.refused) == (5, 5, 2)
    assert (total.kpis.delivered, total.kpis.died, total.kpis.failed_percent) == (2, 1, 60.0)
    assert total.kpis.freshness_p95 == pytest.approx(5, rel=1 / 64)
    assert (total.dead, total.quarantined, total.waiting, total.held) == (1, 2, 0, 0)
    assert [(one.source, one.silent_seconds) for one in report.sources] == [
        ("publish/order@1", QUIET),
        ("shop/order", None),
    ]
    [flow] = report.flows
    assert (flow.flow, flow.behind, flow.dead) == (FLOW, 1, 1)
    assert report.views == []


# What sums alone tell is what the report tells of the same window, whole or of one flow.
async def test_sums_alone(backbone, history, now):
    for what in ({}, {"flow": FLOW}):
        alone = await summed(backbone, hour(now, **what))
        report = (await kpis(backbone, hour(now, **what))).total.kpis
        assert (alone.accepted, alone.delivered, alone.died) == (5, 2, 1)
        assert astuple(alone)[:10] == astuple(report)[:10]
        assert alone.freshness_p95 == report.freshness_p95


# What the report says is what ledger, log and quarantine say.
async def test_it_agrees_with_the_ledger(backbone, history, now):
    found = (await kpis(backbone, hour(now))).total.kpis
    counts = await backbone.ledger.counts(FLOW, 0, now + 1)
    assert (found.delivered, found.late, found.dropped, found.died) == (*astuple(counts)[:3], counts.died)
    [stream] = [info for info in await backbone.log.streams() if info.stream == "order@1"]
    assert found.accepted == stream.next
    assert found.refused == sum(one.arrivals for one in await backbone.quarantine.counts())


# By flow, by stream and by system there is a view of each, and one may ask for one alone.
@pytest.mark.parametrize(
    ("by", "names"),
    [("flow", [FLOW]), ("stream", ["order@1"]), ("system", ["shop", "warehouse"])],
)
async def test_views(backbone, history, now, by, names):
    report = await kpis(backbone, hour(now), by)
    assert [one.name for one in report.views] == names
    fed = [one for one in report.views if one.name != "shop"]
    assert [(one.kpis.accepted, one.kpis.delivered, one.dead) for one in fed] == [(5, 2, 1)]
    alone = await kpis(backbone, hour(now, **{by: names[-1]}))
    assert alone.total.kpis == report.views[-1].kpis


# A window in which nothing happened has nothing in it; one that ends before it begins is refused.
async def test_windows(backbone, history, now):
    report = await kpis(backbone, Window(now - 3 * DAY, now - 2 * DAY))
    assert (report.total.kpis.accepted, report.total.kpis.freshness_p50) == (0, None)
    assert report.total.dead == 1
    with pytest.raises(UsageError, match="backwards"):
        await kpis(backbone, Window(now, now))


# A replay counts under its own name and is in nobody else's numbers.
async def test_a_replay_counts_apart(backbone, history, now):
    before = (await kpis(backbone, hour(now))).total.kpis
    await backbone.ledger.record(Record(f"{FLOW}#r1", now, 3, Range(0, 2, now, now, 1, 3)))
    assert (await kpis(backbone, hour(now))).total.kpis == before
    assert (await kpis(backbone, hour(now, flow=f"{FLOW}#r1"))).total.kpis.delivered == 3


# A flow that no file describes any more did what it did.
async def test_a_flow_that_went(backbone, now):
    await backbone.ledger.record(Record("old-flow", now, 3, Range(0, 2, now, now, 1, 3)))
    report = await kpis(backbone, hour(now), "flow")
    assert {one.name: one.kpis.delivered for one in report.views} == {"old-flow": 3, FLOW: 0}
    assert report.total.kpis.delivered == 3


# A series has a point for each step, also where nothing happened, and adds up to the report.
async def test_a_series(backbone, history, now):
    backbone.machine.clock.advance(2 * 60)
    window = Window(now - 2 * MINUTE, now + 3 * MINUTE)
    points = await series(backbone, window, freshness=True)
    assert [(one.accepted, one.delivered, one.died, one.refused) for one in points] == [
        (0, 0, 0, 0),
        (0, 0, 0, 0),
        (5, 2, 1, 2),
        (0, 0, 0, 0),
        (0, 0, 0, 0),
    ]
    assert points[2].freshness_p95 == pytest.approx(5, rel=1 / 64)
    assert points[2].error_percent == 60.0
    assert {one.freshness_p95 for one in await series(backbone, window)} == {None}
    [by_hour] = await series(backbone, Window(now, now + MINUTE, flow=FLOW), 7_200)
    assert (by_hour.accepted, by_hour.delivered) == (5, 2)


# What cannot be drawn is refused: parts of minutes, too many points, minutes that are no longer kept.
async def test_steps(backbone, history, now):
    with pytest.raises(UsageError, match="whole number of minutes"):
        await series(backbone, hour(now), 90)
    with pytest.raises(UsageError, match="points"):
        await series(backbone, Window(now - 30 * DAY, now))
    await backbone.rollups.fold(now + 5 * HOUR)
    await backbone.rollups.trim(now + 5 * HOUR, 0)
    with pytest.raises(UsageError, match="3600 seconds"):
        await series(backbone, hour(now))
    [point] = await series(backbone, Window(now, now + MINUTE), 3_600)
    assert point.accepted == 5
    report = await kpis(backbone, Window(now, now + MINUTE))
    assert (report.since, report.until) == ("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z")


# How fast people answered alerts is told of the whole project; of a part of it nothing says whose they were.
async def test_alerts(backbone, now):
    passed = [
        Transition("a", "late", 1, "firing", now, now),
        Transition("a", "late", 2, "acknowledged", now + 30 * SECOND, now, "ann"),
        Transition("a", "late", 3, "resolved", now + 90 * SECOND, now),
    ]
    await backbone.alerts.commit(Changes(transitions=passed))
    window = Window(now - HOUR, now + 120 * SECOND)
    total = (await kpis(backbone, window)).total.kpis
    assert (total.mtta_seconds, total.mttr_seconds) == (30.0, 90.0)
    part = (await kpis(backbone, Window(window.since, window.until, flow=FLOW))).total.kpis
    assert (part.mtta_seconds, part.mttr_seconds) == (None, None)
