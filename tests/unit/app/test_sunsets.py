"""Versions on their way out while a project runs: told, moved, over, and taken back, without a restart."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.app import majors
from tests.unit.app.registered import ANN, DAY

from trunkline.app.backbone import opened
from trunkline.app.project import Project
from trunkline.app.registering import register, step
from trunkline.app.sunsets import LOOK_SECONDS, Sunsets
from trunkline.contracts.registry.rules import Step
from trunkline.kernel.clock import SECOND, to_rfc3339
from trunkline.kernel.signals import ContractDeprecated, ContractEnded

USED = "source shop/order, flow orders-2, flow orders-to-warehouse"


class World:
    """A project over two major versions, and what is said of them."""

    def __init__(self, backbone, folder):
        self.folder, self.clock, self.said = folder, backbone.machine.clock, []
        backbone.machine.signals.listen(self.said.append)
        self.sunsets = Sunsets(backbone, "/docs")
        self.notice = self.sunsets.notices["shop/order"]

    async def take(self, act, **more):
        await step(self.folder, Step(act, "order@1.0.0", **more), ANN, self.clock)

    async def deprecate(self, days):
        await self.take("deprecate", sunset=self.clock.now() + days * DAY)

    @property
    def headers(self):
        return {name.decode(): value.decode() for name, value in self.notice.headers}


@pytest.fixture
async def world(folder, machine):
    majors.second(folder)
    majors.move(folder)
    await register(folder, (), ANN, machine.clock)
    async with opened(Project.load(folder), machine) as backbone:
        yield World(backbone, folder)


# Nothing is said of what is active, nor where there is no registry.
async def test_nothing_to_say(world, folder):
    await world.sunsets.look()
    assert (world.headers, world.notice.over, world.said) == ({}, False, [])
    (folder / "registry/order.jsonl").rename(folder / "registry/elsewhere")
    await world.sunsets.look()
    assert (world.headers, world.said) == ({}, [])


# A deprecation is told once, with who uses the version, and in the headers of its senders.
async def test_a_deprecation(world):
    await world.sunsets.look()
    began = world.clock.now()
    await world.deprecate(2)
    world.clock.advance(5)
    for _ in range(2):
        await world.sunsets.look()
    assert world.said == [ContractDeprecated("order@1.0.0", began + 2 * DAY, USED)]
    assert world.headers == {
        "deprecation": f"@{began // SECOND}",
        "sunset": "Sat, 03 Jan 2026 00:00:00 GMT",
        "link": '</docs/contracts/order@1.html>; rel="deprecation sunset"; type="text/html"',
    }


# At the sunset that is told once, with what to use instead, and its sources are over.
async def test_the_end(world):
    await world.deprecate(1)
    until = world.clock.now() + DAY
    await world.sunsets.look()
    world.clock.advance(86_400)
    for _ in range(2):
        await world.sunsets.look()
    assert world.said[1:] == [ContractEnded("order@1.0.0", until, USED, "order@2.0.0")]
    assert world.notice.over
    assert str(world.notice.ending).endswith(f"{to_rfc3339(until)}: use order@2.0.0")


# A sunset that is moved opens its sources again, told as another one; since when it is deprecated stays.
async def test_a_sunset_that_is_moved(world):
    began = world.clock.now()
    await world.deprecate(1)
    world.clock.advance(86_400)
    await world.sunsets.look()
    await world.deprecate(9)
    await world.sunsets.look()
    assert not world.notice.over
    assert world.headers["deprecation"] == f"@{began // SECOND}"
    assert [type(one) for one in world.said] == [ContractEnded, ContractDeprecated]


# A deprecation that is taken back leaves nothing to say.
async def test_a_deprecation_that_is_taken_back(world):
    await world.deprecate(1)
    await world.sunsets.look()
    await world.take("activate")
    await world.sunsets.look()
    assert (world.headers, world.notice.ending) == ({}, None)


# A journal that cannot be read for a while changes nothing.
async def test_a_journal_that_is_damaged(world, folder):
    await world.deprecate(1)
    await world.sunsets.look()
    journal = folder / "registry/order.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"ann", b"bob"))
    await world.sunsets.look()
    assert "sunset" in world.headers


# It is looked again within a minute, and at the very moment of the next sunset.
async def test_when_it_is_looked(world):
    await world.take("deprecate", sunset=world.clock.now() + 90 * SECOND)
    await world.sunsets.look()
    begun = world.clock.now()
    watching = asyncio.create_task(world.sunsets.watch())
    try:
        woken = []
        while not world.notice.over:
            if world.clock.next_wake is None or world.clock.next_wake <= world.clock.now():
                await asyncio.sleep(0.001)
                continue
            woken.append((world.clock.next_wake - begun) / SECOND)
            world.clock.advance_to(world.clock.next_wake)
        assert woken[:2] == [LOOK_SECONDS, 90.0]
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
