"""What is measured over a time, from the sums that KPIs are made of."""

from __future__ import annotations

import pytest
from tests.unit.app.conftest import FLOW

from trunkline.app.alerting.measures import MEASURES
from trunkline.app.alerting.sums import OF_FLOWS, OF_SOURCES, Sums
from trunkline.kernel.rollup import Arrivals, Deliveries
from trunkline.observe.alerts.rule import Series


# Shares are of what a flow finished, or tried; of nothing they are 0.
@pytest.mark.parametrize(
    ("sums", "failed", "retried", "errors"),
    [
        (Deliveries(), 0, 0, 0),
        (Deliveries(delivered=97, late=2, died=1, first_failures=3, failures=11), 0.01, 0.03, 0.1),
        (Deliveries(delivered=1, dropped=8, died=1), 0.1, 0, 0),
        (Deliveries(died=3, first_failures=5, failures=24), 1, 1, 1),
    ],
)
def test_flows(sums, failed, retried, errors):
    assert OF_FLOWS["failed"](sums) == pytest.approx(failed)
    assert OF_FLOWS["retried"](sums) == pytest.approx(retried)
    assert OF_FLOWS["errors"](sums) == pytest.approx(errors)
    assert OF_FLOWS["freshness_p95"](sums) == 0


def test_sources():
    came = Arrivals(accepted=30, duplicates=9, refused=10)
    assert (OF_SOURCES["refused"](came), OF_SOURCES["accepted"](came)) == (0.25, 30)
    assert OF_SOURCES["refused"](Arrivals()) == 0


# Every measure that counts over a time is here, and no other.
def test_all_are_here():
    over_time = {name for name, one in MEASURES.items() if one.window_seconds}
    assert over_time == {*OF_FLOWS, *OF_SOURCES}


# A window ends: what happened before it does not count, and it is asked for again after a sixtieth of it.
async def test_windows(letters):
    sums, clock, series = Sums(letters), letters.machine.clock, Series("failed", 3_600)
    values = await sums.of_flows([series, Series("lag")], clock.now())
    assert values(FLOW) == {series: 1.0}
    clock.advance(3_700)
    values = await sums.of_flows([series], clock.now())
    assert (values(FLOW), values("another")) == ({series: 0.0}, {series: 0.0})


async def test_arrivals(backbone, publish):
    series, pair = Series("accepted", 300), ("order@1", "publish")
    await publish(3)
    values = await Sums(backbone).of_sources([series], backbone.machine.clock.now())
    assert (
        sum(values((stream, source))[series] for stream, source in [pair, ("order@1", "publish/order@1")])
        == 3
    )
