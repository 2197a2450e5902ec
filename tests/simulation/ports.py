"""The borders of a simulated process: every call across one may be slow, fail, or be where the process ends.

What is behind a border outlives the process. Once it has ended, nothing of it reaches across any more,
but for a call that was under way and straggles.
"""

from __future__ import annotations

import asyncio
import random

from msgspec.structs import replace
from tests.simulation.plan import Life, Plan, TargetPlan

from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import DeliveryError, Final, Retryable, StoreError
from trunkline.testkit.clock import START
from trunkline.testkit.targets import FINE, Trouble
from trunkline.testkit.traffic import Sent, Traffic


class Process:
    """Who runs flows, as far as the borders know: while it lives, and where it crashes."""

    def __init__(self, life: Life, chance: random.Random, delays: tuple[float, ...]) -> None:
        self.life = life
        self.ended = asyncio.Event()
        self._chance = chance
        self._delays = delays
        self._left = life.count

    def crash(self) -> None:
        """End here."""
        self.ended.set()

    def passes(self, what: str) -> None:
        """Pass a place where the process may have ended, or ends now."""
        if self.life.end == what:
            self._left -= 1
            if self._left == 0:
                self.crash()
        if self.ended.is_set():
            raise asyncio.CancelledError

    async def step(self) -> None:
        """Stand at a border: give others their turn."""
        self.passes("step")
        delay = self._chance.choice(self._delays)
        if delay:
            await asyncio.sleep(delay * self._chance.random())
        else:
            for _ in range(self._chance.choice((0, 0, 0, 1, 2))):
                await asyncio.sleep(0)
        self.passes("")


class Store:
    """A log or a ledger as a process has it: each call may fail before or after it took effect.

    ``told`` hears of what took effect.
    """

    def __init__(self, inner, process: Process, faults: Faults, told=lambda name, given: None) -> None:
        self._inner = inner
        self._process = process
        self._faults = faults
        self._told = told

    def __getattr__(self, name):
        value = getattr(self._inner, name)
        if not asyncio.iscoroutinefunction(value) or name == "wait":
            return value

        async def call(*given):
            await self._process.step()
            trouble = self._faults.of_store()
            if trouble == "before":
                raise StoreError(f"{name} failed before it took effect")
            result = await value(*given)
            self._told(name, given)
            await self._process.step()
            if trouble == "after":
                raise StoreError(f"{name} failed after it took effect")
            return result

        return call


class Faults:
    """Decides call by call what goes wrong, until the world is healed."""

    def __init__(self, plan: Plan, chance: random.Random, clock) -> None:
        self.healed = False
        self._plan = plan
        self._chance = chance
        self._clock = clock

    def of_store(self) -> str:
        """Return when a call of the store fails: ``before`` or ``after`` it took effect, or never."""
        if self.healed or self._chance.random() >= self._plan.store:
            return ""
        return self._chance.choice(("before", "after"))

    def away(self, number: int):
        """Return the span in which a target is away now, if it is."""
        passed = (self._clock.now() - START) / SECOND
        spans = self._plan.targets[number].away
        return None if self.healed else next((one for one in spans if one.begin <= passed < one.end), None)

    def of_call(self, number: int, ailments: dict[int, str]) -> Trouble:
        """Return how a call to a target goes; ``ailments`` names what is wrong with items by their offset."""
        target = self._plan.targets[number]
        if self.healed:
            return FINE
        away = self.away(number)
        if away is not None:
            return self._absent(target, away, ailments)
        seconds = self._chance.choice(target.seconds) if self._chance.random() < target.slow else 0.0
        return replace(self._present(target, ailments), seconds=seconds)

    def _absent(self, target: TargetPlan, away, offsets) -> Trouble:
        if away.manner == "busy" and not target.atomic:  # a table that takes no row takes no progress either
            return Trouble(blame={offset: Retryable("http-503", "busy", away.wish) for offset in offsets})
        if away.manner == "forbids":
            return Trouble(raised=Final("http-401", "not you"))
        if away.manner == "hangs":
            return Trouble(raised=Retryable("timeout", "no answer", away.wish), seconds=10.0)
        return Trouble(raised=Retryable("connect", "refused", away.wish))

    def _present(self, target: TargetPlan, ailments: dict[int, str]) -> Trouble:
        chance = self._chance
        if "toxic" in ailments.values():
            return Trouble(raised=Retryable("http-500", "it broke"))
        if chance.random() < target.lost:
            return Trouble(raised=Retryable("reset", "lost", chance.choice(target.wishes)))
        if chance.random() < target.in_doubt:
            return Trouble(raised=Retryable("timeout", "no answer"), after=True)
        blame = {offset: error for offset in ailments if (error := self._error(target, ailments[offset]))}
        return Trouble(blame=blame, after=chance.random() < target.lied)

    def _error(self, target: TargetPlan, ailment: str) -> DeliveryError | None:
        if ailment == "poisons":
            return Final("http-422", "poison")
        if ailment == "stubborn" or self._chance.random() < target.refused:
            return Retryable("http-429", "later", self._chance.choice(target.wishes))
        return Final("http-400", "no") if self._chance.random() < target.final else None

    def straggles(self, number: int) -> bool:
        """Tell whether a call goes on after whoever made it is gone."""
        return self._chance.random() < self._plan.targets[number].straggles


class Reached:
    """A target as one flow of one process reaches it: a call under way is the target's, not the caller's.

    ``traffic`` hears of each call as its maker does: of its begin before anything of it took place, and of
    its end in the very moment in which they go on.
    """

    def __init__(self, scene, traffic: Traffic, process: Process, faults: Faults) -> None:
        self._scene = scene
        self._traffic = traffic
        self._process = process
        self._faults = faults
        self.name = scene.client().name
        self.features = scene.client().features

    async def open(self) -> None:
        sent = self._traffic.begins(self._scene.plan.name)
        await self._watched(sent, self._open())
        self._traffic.unused(sent)

    async def _open(self) -> None:
        await self._process.step()
        away = self._faults.away(self._scene.plan.target)
        if away is not None and away.manner == "refuses":
            raise Retryable("connect", "refused", away.wish)

    async def deliver(self, items, progress):
        self._scene.begins()
        sent = self._traffic.begins(self._scene.plan.name, items, self._scene.witness.retries(items))
        verdicts = await self._watched(sent, self._call(items, progress))
        self._traffic.answered(sent, verdicts)
        return verdicts

    async def _watched(self, sent: Sent, call):
        try:
            return await call
        except DeliveryError as error:
            self._traffic.away(sent, error)
            raise
        except BaseException:
            self._traffic.unused(sent)
            raise

    async def _call(self, items, progress):
        await self._process.step()
        self._scene.called(items)
        straggles = self._faults.straggles(self._scene.plan.target)
        call = asyncio.create_task(self._deliver(items, progress))
        call.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            self._process.passes("call")
            verdicts = await asyncio.shield(call)
        except DeliveryError as error:
            self._scene.answered(items, [error] * len(items))
            self._process.passes("answer")
            await self._process.step()
            raise
        except asyncio.CancelledError:
            self._scene.left(items)
            if not straggles:
                call.cancel()
            raise
        self._scene.answered(items, verdicts)
        self._process.passes("answer")
        await self._process.step()
        return verdicts

    async def _deliver(self, items, progress):
        async with self._scene.lock:
            return await self._scene.client().deliver(items, progress)

    async def progress(self, flow):
        await self._process.step()
        async with self._scene.lock:
            return await self._scene.client().progress(flow)

    async def forget(self, flow, applied):
        await self._process.step()
        async with self._scene.lock:
            await self._scene.client().forget(flow, applied)
        await self._process.step()

    async def close(self) -> None:
        pass
