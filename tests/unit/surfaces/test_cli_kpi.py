"""``trunkline kpi`` tells the KPIs of a window, as a table and as JSON."""

from __future__ import annotations

import json

import pytest

FLOW = "orders-to-warehouse"


# The tables name what there is; the JSON has every number.
def test_a_report(trunkline, orders, bury):
    trunkline("publish", "order", "--file", orders(3))
    bury([1], cursor=2)
    code, out, _ = trunkline("kpi", "--by", "flow")
    assert code == 0
    assert all(
        word in out
        for word in (FLOW, "p95 s", "failed %", "publish/order@1", "oldest owed s", "late after s")
    )
    report = json.loads(trunkline("kpi", "--by", "system", "--json")[1])
    assert report["total"]["kpis"]["accepted"] == 3
    assert [one["name"] for one in report["views"]] == ["shop", "warehouse"]
    alone = json.loads(trunkline("kpi", "--flow", FLOW, "--since", "1h", "--json")[1])
    assert (alone["total"]["dead"], alone["total"]["name"]) == (1, FLOW)


# With --every there is a line a step.
def test_a_series(trunkline, orders):
    trunkline("publish", "order", "--file", orders(3))
    code, out, _ = trunkline("kpi", "--since", "2h", "--every", "1h")
    assert code == 0
    assert "error %" in out.splitlines()[0]
    points = [json.loads(line) for line in trunkline("kpi", "--every", "1d", "--json")[1].splitlines()]
    assert sum(one["accepted"] for one in points) == 3


# A window in the past is empty, and says which one it is.
def test_a_window(trunkline, orders):
    trunkline("publish", "order", "--file", orders(1))
    out = trunkline("kpi", "--from", "2026-01-04", "--to", "2026-01-05")[1]
    assert out.startswith("From 2026-01-04T00:00:00Z to 2026-01-05T00:00:00Z")


# What is no window, step, flow, system or stream is refused as a mistake of who asked.
@pytest.mark.parametrize(
    "wrong",
    [
        ["--since", "soon"],
        ["--from", "2026-01-05", "--to", "2026-01-04"],
        ["--every", "90s"],
        ["--every", "x"],
        ["--flow", "none"],
        ["--system", "none"],
        ["--stream", "none"],
    ],
)
def test_mistakes(trunkline, orders, wrong):
    trunkline("publish", "order", "--file", orders(1))
    assert trunkline("kpi", *wrong)[0] == 2
