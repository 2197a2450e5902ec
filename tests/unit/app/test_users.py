"""Who is on a version, from the log and the ledger."""

from __future__ import annotations

import pytest
from tests.unit.app import majors
from tests.unit.app.registered import ANN, DAY

from trunkline.app.backbone import opened
from trunkline.app.project import Project
from trunkline.app.registering import register, step
from trunkline.app.users import users
from trunkline.connectors.source import Arrival
from trunkline.contracts.registry.rules import Step
from trunkline.delivery.ledger import Range, Record
from trunkline.kernel.clock import SECOND, to_rfc3339
from trunkline.kernel.errors import UsageError


@pytest.fixture
async def backbone(folder, machine):
    majors.second(folder)
    majors.move(folder)
    await register(folder, (), ANN, machine.clock)
    async with opened(Project.load(folder), machine) as opened_backbone:
        yield opened_backbone


@pytest.fixture
def send(backbone, order):
    """Have a source bring so many orders, a second apart from those before."""

    async def several(source, *numbers):
        backbone.machine.clock.advance(1)
        arrivals = [Arrival(order(event_id=f"e{n}", order_id=f"{n}")) for n in numbers]
        for receipt in await backbone.intakes[source].accept(arrivals):
            assert receipt.status == "accepted", receipt

    return several


def named(found):
    return {one.name: (one.kind, one.events, one.last_seen, one.configured) for one in found.users}


async def deprecate(backbone, folder):
    clock = backbone.machine.clock
    await step(folder, Step("deprecate", "order@1.0.0", clock.now() + DAY), ANN, clock)
    return to_rfc3339(clock.now())


# Sources are counted by the version they gave, in every stream it went to; flows by what they delivered.
async def test_who_is_on_a_version(backbone, folder, send):
    clock = backbone.machine.clock
    await send("publish/order@1", 1, 2)
    clock.advance(1)
    since = await deprecate(backbone, folder)
    await send("publish/order@1", 3)
    published = to_rfc3339(clock.now())
    await send("shop/order", 4, 5)
    sent = to_rfc3339(clock.now())
    now = clock.now()
    await backbone.ledger.record(Record("orders-2", now, 2, Range(0, 1, now, now, delivered=2)))
    [found] = await users(backbone, "", 100)
    assert (found.contract, found.state, found.since, found.whole) == (
        "order@1.0.0",
        "deprecated",
        since,
        True,
    )
    assert named(found) == {
        "shop/order": ("source", 2, sent, True),
        "publish/order@1": ("source", 1, published, False),
        "orders-2": ("flow", 2, sent, True),
        "orders-to-warehouse": ("flow", 0, None, True),
    }


# A version that is named is told of whatever its state, and one that is not there is an error.
async def test_a_version_by_name(backbone, send):
    assert await users(backbone, "", 100) == []
    await send("shop/order", 1)
    [found] = await users(backbone, "order@2.0.0", 100)
    assert (found.state, found.sunset) == ("active", None)
    assert named(found)["shop/order"] == ("source", 0, None, True)
    [found] = await users(backbone, "order@1", 100)
    assert named(found)["shop/order"][:2] == ("source", 1)
    with pytest.raises(UsageError, match="order has no version 9"):
        await users(backbone, "order@9", 100)


# Of a long log only the latest events are read, and from when on is said.
async def test_the_latest_events_only(backbone, folder, send):
    await deprecate(backbone, folder)
    for number in range(5):
        await send("shop/order", number)
    [found] = await users(backbone, "", 2)
    assert (found.whole, named(found)["shop/order"][1]) == (False, 2)
    assert found.counted_from == to_rfc3339(backbone.machine.clock.now() - SECOND)
