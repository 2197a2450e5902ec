"""The suites for targets, on two targets in memory: what they demand can be kept, and breaking it is seen."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from trunkline.connectors.target import Features, Progress
from trunkline.kernel.errors import Final, Retryable
from trunkline.testkit.target import POISON, AtomicTargetSuite, Effect, TargetSuite, item, send
from trunkline.testkit.targets import moved, repeats


class MemoryPlace:
    """A place in memory with its harness: a list of effects and each flow's progress."""

    history = True
    ways = ("away",)

    def __init__(self, *, atomic: bool) -> None:
        self.atomic = atomic
        self.away = False
        self.kept: list[Effect] = []
        self.positions: dict[str, Progress] = {}

    def target(self) -> MemoryTarget:
        return MemoryTarget(self)

    async def effects(self) -> list[Effect]:
        return list(self.kept)

    async def break_it(self, way: str) -> None:
        self.away = True

    async def mend(self) -> None:
        self.away = False


class MemoryTarget:
    """A target for a place in memory, atomic or not as the place says."""

    name = "memory"

    def __init__(self, place: MemoryPlace) -> None:
        self.place = place
        self.features = Features(atomic=place.atomic, batch=100 if place.atomic else 1, concurrency=4)

    async def open(self) -> None:
        pass

    async def deliver(self, items, progress):
        if self.place.away:
            raise Retryable("away", "nobody is there")
        verdicts = [Final("poison", "refused") if one.subject == POISON else None for one in items]
        if self.place.atomic and any(verdicts):
            return verdicts
        known = progress and self.place.positions.get(progress.flow)
        if known and repeats(items, progress, known):
            return verdicts
        for one, verdict in zip(items, verdicts, strict=True):
            if verdict is None:
                record = one.record
                effect = Effect(record["key"], record["value"], record["amount"], one.idempotency_key)
                self.place.kept.append(effect)
        if progress is not None:
            self.place.positions[progress.flow] = moved(known, progress)
        return verdicts

    async def progress(self, flow):
        return self.place.positions.get(flow)

    async def forget(self, flow, applied) -> None:
        if flow in self.place.positions:
            before = self.place.positions[flow]
            left = tuple(offset for offset in before.applied if offset not in applied)
            self.place.positions[flow] = replace(before, applied=left)

    async def close(self) -> None:
        # A call that has begun gets the turn to finish.
        await asyncio.sleep(0)


class TestPlainTarget(TargetSuite):
    """The suite on a target that promises nothing but to deliver."""

    @pytest.fixture
    def harness(self):
        return MemoryPlace(atomic=False)


class TestAtomicTarget(AtomicTargetSuite):
    """The suite on a target that promises transactions."""

    @pytest.fixture
    def harness(self):
        return MemoryPlace(atomic=True)


# An error that is none of ours is not mistaken for a failed delivery.
async def test_a_leaking_target_fails_the_suite() -> None:
    class Leaking(MemoryTarget):
        async def deliver(self, items, progress):
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await send(Leaking(MemoryPlace(atomic=False)), [item("a", 1)])


# A target that applies part of a blamed batch, or forgets a verdict, is caught.
async def test_broken_promises_are_caught() -> None:
    class Partial(MemoryTarget):
        async def deliver(self, items, progress):
            self.place.atomic = False
            return await super().deliver(items, progress)

    class Short(MemoryTarget):
        async def deliver(self, items, progress):
            return []

    for broken, test in (
        (Partial, AtomicTargetSuite().test_a_blamed_item_undoes_the_whole_call),
        (Short, TargetSuite().test_what_is_delivered_is_there),
    ):
        place = MemoryPlace(atomic=True)
        place.target = lambda place=place, broken=broken: broken(place)
        with pytest.raises(AssertionError):
            await test(place)
