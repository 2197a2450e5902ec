"""The testkit's own targets pass the suite of their port, and go wrong as their script says."""

from __future__ import annotations

import asyncio

import pytest

from trunkline.connectors.target import Progress
from trunkline.kernel.errors import Final, Retryable
from trunkline.testkit.target import POISON, AtomicTargetSuite, Effect, TargetSuite, item
from trunkline.testkit.targets import FINE, MemoryService, MemoryTable, Place, Trouble


class Harness:
    """A place in memory that can be away."""

    history = True
    ways = ("away",)

    def __init__(self, kind):
        self.kind = kind
        self.place = Place()
        self.away = False

    def target(self):
        return self.kind(self.place, self.script)

    def script(self, items):
        if self.away:
            return Trouble(raised=Retryable("away", "nobody there"))
        poisoned = {one.offset: Final("poison", "no") for one in items if one.subject == POISON}
        return Trouble(blame=poisoned)

    async def effects(self):
        return [
            Effect(one.subject, one.record["value"], one.record["amount"], one.idempotency_key)
            for one in self.place.received
        ]

    async def break_it(self, way):
        self.away = True

    async def mend(self):
        self.away = False


class TestMemoryTable(AtomicTargetSuite):
    @pytest.fixture
    def harness(self):
        return Harness(MemoryTable)


class TestMemoryService(TargetSuite):
    @pytest.fixture
    def harness(self):
        return Harness(MemoryService)


# A script may let a call take effect and lose its answer.
@pytest.mark.parametrize("kind", [MemoryTable, MemoryService])
async def test_an_answer_can_be_lost_after_the_effect(kind):
    place = Place()
    target = kind(place, lambda items: Trouble(raised=Retryable("timeout", "lost"), after=True))
    with pytest.raises(Retryable):
        await target.deliver([item("a", 1)], Progress("flow", 2))
    assert [one.subject for one in place.received] == ["a"]


# The service refuses to have two items of one key under way: whoever sends them so has a bug.
async def test_the_service_sees_two_items_of_one_key_under_way():
    service = MemoryService(Place(), lambda items: Trouble(seconds=0.001))
    with pytest.raises(AssertionError, match="under way together"):
        await asyncio.gather(service.deliver([item("a", 1)], None), service.deliver([item("a", 2)], None))
    assert Trouble() == FINE


# A call that took effect and comes again succeeds, whatever the script blames now: the table knows it.
async def test_the_table_blames_nothing_that_it_took():
    script = [
        Trouble(raised=Retryable("timeout", "no answer"), after=True),
        Trouble(blame={1: Final("no", "no")}),
    ]
    place = Place()
    table = MemoryTable(place, lambda items: script.pop(0))
    with pytest.raises(Retryable):
        await table.deliver([item("a", 1)], Progress("flow", 2))
    assert await table.deliver([item("a", 1)], Progress("flow", 2)) == [None]
    assert [one.offset for one in place.received] == [1]
