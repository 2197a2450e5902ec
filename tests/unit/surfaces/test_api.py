"""``trunkline.open``: the same use-cases from Python, beside a running process or as the store's owner."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

import trunkline
from trunkline.app import control
from trunkline.app.acts import control_file, handler
from trunkline.app.backbone import opened, this_machine
from trunkline.app.project import Project
from trunkline.app.story import Asked
from trunkline.kernel.errors import ProjectError, StoreError, UsageError
from trunkline.kernel.roles import ROLES
from trunkline.surfaces.api import Reveal

SHOWN = Reveal("ann", "case 81")


@pytest.fixture
def order(folder):
    return json.loads((folder / "examples/order.json").read_text(), parse_float=Decimal)


# A record goes in, is found masked or open, traced and counted.
async def test_the_way_of_a_record(folder, order):
    async with trunkline.open(folder) as project:
        [receipt] = await project.publish("order", order)
        [masked] = [one async for one in project.events("order")]
        [shown] = [one async for one in project.events("order", id="evt-1001-1", reveal=SHOWN)]
        report = await project.trace(receipt.correlation)
        standing = await project.status()
    assert (masked.data["email"], shown.data["email"]) == ("***", "ada@example.com")
    assert shown.data["total"] == Decimal("29.90")
    assert report.events[0].event.id == "evt-1001-1"
    assert standing.flows[0].lag == 1


# Who sees personal data, and why, stands in the audit, and nothing is shown without it.
async def test_reveal(folder, order):
    async with trunkline.open(folder) as project:
        [receipt] = await project.publish("order", order)
        shown = await project.trace(receipt.correlation, reveal=SHOWN)
        assert shown.events[0].event.data["email"] == "ada@example.com"
        [entry] = await project.audit()
        assert (entry.what, entry.by, entry.why) == ("reveal-data", "ann", "case 81")
        assert receipt.correlation in entry.about["what"]
        with pytest.raises(UsageError, match="say who"):
            await project.trace(receipt.correlation, Asked(reveal=True))
        with pytest.raises(UsageError, match="why"):
            [_ async for _ in project.events("order", reveal=Reveal("ann", ""))]
        assert len(await project.audit()) == 1


# Several records get a receipt each; an id that is given makes a repetition known.
async def test_several_with_ids(folder, order):
    async with trunkline.open(folder) as project:
        receipts = await project.publish("order", [order, {**order, "revision": 2}], ids=["a", "b"])
        [again] = await project.publish("order", order, ids=["a"])
    assert [one.status for one in (*receipts, again)] == ["accepted", "accepted", "duplicate"]


# The whole project runs while the block does; what was published is delivered.
async def test_running(folder, order):
    async with trunkline.open(folder) as project, project.run(port=0) as started:
        assert started.webhooks["shop/order"].endswith("/hooks/shop/orders")
        await project.publish("order", order)
    async with trunkline.open(folder) as project:
        assert (await project.status()).flows[0].lag <= 1


# Where another process holds the store, publishing goes through it and running is refused.
async def test_beside_a_running_process(folder, order):
    async with trunkline.open(folder) as first:
        backbone_of_the_other = first._backbone
        addresses = [control_file(first.project, role) for role in ROLES]
        async with (
            control.serving(addresses, handler(backbone_of_the_other)),
            trunkline.open(folder) as second,
        ):
            [receipt] = await second.publish("order", order)
            assert (receipt.status, receipt.offset) == ("accepted", 0)
            with pytest.raises(StoreError, match="stop it first"):
                async with second.run(port=0):
                    pass


# Where another process delivers, publishing is this one's to do; running everything is refused.
async def test_beside_a_running_delivery(folder, order):
    project = Project.load(folder)
    async with opened(project, this_machine({}), ["delivery"]) as other:
        address = [control_file(project, "delivery")]
        async with control.serving(address, handler(other)), trunkline.open(folder) as beside:
            [receipt] = await beside.publish("order", order)
            assert receipt.status == "accepted"
            with pytest.raises(StoreError, match="stop it first"):
                async with beside.run(port=0):
                    pass


# A folder with faults, or none at all, is refused with all of them.
async def test_no_project(tmp_path):
    with pytest.raises(ProjectError, match=r"trunkline\.yaml"):
        async with trunkline.open(tmp_path):
            pass


# A store that another process holds without answering is told as that.
async def test_a_store_that_is_held(folder):
    project = Project.load(folder)
    async with opened(project, this_machine({})):
        with pytest.raises(StoreError, match="another process"):
            async with trunkline.open(folder):
                pass
