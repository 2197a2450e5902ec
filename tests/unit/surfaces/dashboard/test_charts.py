"""The geometry of charts."""

from __future__ import annotations

import pytest

from trunkline.surfaces.dashboard.charts import HEIGHT, bars, ceiling, spark


@pytest.mark.parametrize(("value", "top"), [(0, 1), (1, 1), (3, 5), (7, 10), (101, 200), (0.03, 0.05)])
def test_a_scale_ends_at_a_round_number(value, top):
    assert ceiling(value) == pytest.approx(top)


# Bars stand on the axis, one a moment, in their order; nothing is drawn of nothing.
def test_bars():
    chart = bars([(0, 1.0), (60, 0.0), (120, 2.0)], 180)
    assert [bar.at for bar in chart.bars] == [0, 120]
    assert all(bar.y + bar.height == HEIGHT for bar in chart.bars)
    assert (chart.total, chart.top, chart.since, chart.until) == (3.0, 2.0, 0, 180)
    assert bars([], 180).bars == ()


# A line goes from edge to edge, and is none with fewer than two values.
def test_sparklines():
    assert spark([0, 1]) == "0.0,23.0 100.0,1.0"
    assert spark([1]) == ""
    assert spark([0, 0]) == "0.0,23.0 100.0,23.0"
