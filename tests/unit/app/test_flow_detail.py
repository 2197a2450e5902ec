"""One flow: what it promises, what it does about failures, and what waits in it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.control_room import day, fill

from trunkline.app.backbone import opened
from trunkline.app.flow_detail import flow_detail, length, policy
from trunkline.app.snapshot import snapshot
from trunkline.delivery.retry import RetryPolicy
from trunkline.kernel.errors import UsageError


@pytest.fixture
async def backbone(tmp_path, machine):
    async with opened(day(tmp_path / "day"), machine) as opened_backbone:
        await fill(opened_backbone)
        yield opened_backbone


# It has its target, its files, and what is open in it: what waits, what holds others back, why letters died.
async def test_detail(backbone):
    it = await flow_detail(backbone, await snapshot(backbone), "orders-to-shop")
    assert (it.target.state, it.bearing.state, it.file) == ("away", "closed", "flows/orders-to-shop.yaml")
    assert [one.offset for one in it.waiting] == [6]
    assert [(one.offset, one.holds_back) for one in it.holders] == [(3, 1)]
    assert [(one.kind, one.letters) for one in it.causes] == [("http-422", 2), ("timeout", 1)]
    assert it.promises == ["Data arrives within 30s.", "Each event takes effect at least once."]


# A flow with nothing open asks for nothing more.
async def test_nothing_open(backbone):
    it = await flow_detail(backbone, await snapshot(backbone), "orders-to-stock")
    assert (it.waiting, it.holders, it.causes) == ([], [], [])


# A near miss is told.
async def test_absent(backbone):
    with pytest.raises(UsageError, match="orders-to-shop"):
        await flow_detail(backbone, await snapshot(backbone), "orders-to-shp")


# The policy is said in words: how often, how long, and what then; each rule for a kind of error too.
async def test_policy(backbone):
    flow = backbone.project.flows["orders-to-shop"]
    assert policy(flow)[:2] == [
        (
            "An event is tried 6 times at the most, after waits of up to 100 ms, 200 ms, 400 ms, 800 ms, "
            "1.6 s. No attempt begins later than 3 d after the first."
        ),
        "Then it is a dead letter, and later events of its entity wait for it.",
    ]
    rules = {"http-404": None, "http-409": RetryPolicy(attempts=2, first_seconds=1.0)}
    ruled = policy(replace(flow, retry=RetryPolicy(attempts=1, rules=rules)))
    assert ruled[0] == "An event is tried once."
    assert ruled[2:] == ["http-404: never tried again.", "http-409: 2 attempts, after waits of up to 1 s."]
    many = policy(replace(flow, retry=RetryPolicy(attempts=30)))
    assert many[0].count(",") == 8
    assert "and so on" in many[0]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.25, "250 ms"), (90, "1.5 min"), (7_200, "2 h"), (259_200, "3 d")]
)
def test_lengths(seconds, text):
    assert length(seconds) == text
