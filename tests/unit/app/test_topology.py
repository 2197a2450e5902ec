"""What is joined, and how each way is; the drawing of it is tested with the documentation's."""

from __future__ import annotations

import pytest
from tests.control_room import day, fill

from trunkline.app.backbone import opened
from trunkline.app.snapshot import snapshot
from trunkline.app.topology import topology


@pytest.fixture
async def backbone(tmp_path, machine):
    async with opened(day(tmp_path / "day"), machine) as opened_backbone:
        await fill(opened_backbone)
        yield opened_backbone


# Each flow has its sources, its stream and its target, with how they are now.
async def test_ways(backbone):
    whole = topology(backbone, await snapshot(backbone))
    shop = next(one for one in whole.ways if one.flow == "orders-to-shop")
    assert (shop.sources, shop.stream, shop.target) == (("shop/order",), "order@1", "shop.confirmation")
    assert (shop.health, shop.lag, shop.target_state) == ("away", 5, "away")
    assert whole.systems == {"order@1": ("shop",), "sale@1": ("till",)}


# What the hub replaced is counted: pairs of systems, and the ends that join them.
async def test_what_it_replaced(backbone):
    whole = topology(backbone, await snapshot(backbone))
    assert (whole.pairs, whole.ends, whole.unread) == (3, 4, [])
