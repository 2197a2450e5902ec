"""What a system can bear is kept over all flows that lead to it."""

from __future__ import annotations

import asyncio

import pytest

from trunkline.app.limited import Bound, Limited
from trunkline.app.model import SystemLimits
from trunkline.connectors.target import Features
from trunkline.kernel.errors import Final, Retryable
from trunkline.testkit.clock import ManualClock


class Recorder:
    """A target that notes when it was called and how many calls were under way."""

    name = "shop.stock"
    features = Features(atomic=False, batch=1, concurrency=8)

    def __init__(self, clock):
        self.clock, self.at, self.under_way, self.most = clock, [], 0, 0

    async def deliver(self, items, progress):
        self.at.append(self.clock.monotonic())
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        return [None]


# Two targets of one system share its rate: calls begin as far apart as it asks, whoever makes them.
async def test_the_rate_is_shared():
    clock = ManualClock()
    limits = SystemLimits(requests_per_second=2)
    bound, recorder = Bound(limits, clock), Recorder(clock)
    targets = [Limited(recorder, limits, bound, print) for _ in range(2)]
    calls = asyncio.gather(*(targets[n % 2].deliver([], None) for n in range(4)))
    for _ in range(40):
        await asyncio.sleep(0)
        if clock.next_wake is not None:
            clock.advance_to(clock.next_wake)
    await calls
    assert [at - recorder.at[0] for at in recorder.at] == [0, 0.5, 1, 1.5]


# No more calls are under way than the system allows, and the target promises no more.
async def test_the_concurrency_is_shared():
    limits = SystemLimits(concurrency=2)
    clock = ManualClock()
    bound, recorder = Bound(limits, clock), Recorder(clock)
    targets = [Limited(recorder, limits, bound, print) for _ in range(3)]
    await asyncio.gather(*(target.deliver([], None) for target in targets * 3))
    assert recorder.most == 2
    assert targets[0].features.concurrency == 2


# Whether the target takes what it should is told at each opening; one that is only away says nothing.
async def test_a_misfit_is_told():
    class Opening(Recorder):
        errors = [Final("table", "no column price"), Retryable("connect", "refused")]  # noqa: RUF012  used up

        async def open(self):
            if self.errors:
                raise self.errors.pop(0)

    said = []
    clock, limits = ManualClock(), SystemLimits()
    target = Limited(Opening(clock), limits, Bound(limits, clock), said.append)
    for kind in (Final, Retryable):
        with pytest.raises(kind):
            await target.open()
    await target.open()
    assert said == ["no column price", ""]
