"""A written project and its open backbone, with time and identifiers held still."""

from __future__ import annotations

import json

import pytest

from trunkline.app.acts import Publish, perform
from trunkline.app.backbone import Machine, opened
from trunkline.app.init import init
from trunkline.app.project import Project
from trunkline.delivery.ledger import Case, Record, Try
from trunkline.kernel.signals import Signals
from trunkline.testkit.clock import CountingIds, ManualClock

FLOW = "orders-to-warehouse"


@pytest.fixture
def folder(tmp_path):
    return init(tmp_path / "shop").folder


@pytest.fixture
def edit(folder):
    """Replace a text of a project file."""

    def change(file, old, new):
        path = folder / file
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    return change


@pytest.fixture
def machine():
    return Machine({}, ManualClock(), CountingIds(), Signals())


@pytest.fixture
async def backbone(folder, machine):
    async with opened(Project.load(folder), machine) as opened_backbone:
        yield opened_backbone


@pytest.fixture
def order(folder):
    """Return the example order as JSON, changed by what is given."""
    example = json.loads((folder / "examples/order.json").read_text("utf-8"))
    return lambda **changes: json.dumps({**example, **changes}).encode()


@pytest.fixture
def publish(backbone, order):
    """Publish so many orders, each of its own key, and return their receipts."""

    async def several(count, **changes):
        records = [order(event_id=f"e{n}", order_id=f"100{n}", **changes) for n in range(count)]
        return await perform(backbone, Publish("order", records))

    return several


@pytest.fixture
def bury(backbone):
    """Record the events below ``cursor`` as settled, the ``offsets`` of them as dead letters."""

    async def record(offsets, cursor):
        now = backbone.machine.clock.now()
        died = (Try(now, "http-422", "the shop refused it"),)
        cases = [Case(n, f"100{n}", "dead", holds=True, attempts=3, at=now, tries=died) for n in offsets]
        await backbone.ledger.record(Record(FLOW, now, cursor=cursor, cases=cases))

    return record


@pytest.fixture
async def letters(backbone, publish, bury):
    """Publish three orders of which the first and the last are dead letters."""
    await publish(3)
    await bury([0, 2], cursor=3)
    return backbone
