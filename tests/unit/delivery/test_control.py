"""A flow waits for a ring, an instant or something else, and stops when told."""

from __future__ import annotations

import asyncio

import pytest

from trunkline.delivery.control import IDLE_LOOK_SECONDS, LOOK_SECONDS, Control, Crew, look_seconds
from trunkline.delivery.ledger import Position
from trunkline.kernel.errors import StoreError
from trunkline.testkit.clock import ManualClock


async def turns(count=5):
    for _ in range(count):
        await asyncio.sleep(0)


# A wait ends at its instant and not before.
async def test_a_wait_ends_at_its_instant():
    clock = ManualClock()
    wait = asyncio.create_task(Control(clock).wait(clock.now() + 2_000_000, None))
    await turns()
    clock.advance(1.9)
    await turns()
    assert not wait.done()
    clock.advance(0.2)
    await wait


# A ring ends a wait, also one that came just before it began; heard rings do not count again.
async def test_a_ring_ends_a_wait_once():
    clock = ManualClock()
    control = Control(clock)
    control.ring()
    await control.wait(None, None)
    control.hear()
    wait = asyncio.create_task(control.wait(None, None))
    await turns()
    assert not wait.done()
    control.ring()
    await wait


# A stop cannot be overheard.
async def test_a_stop_ends_every_later_wait():
    control = Control(ManualClock())
    control.stop()
    control.hear()
    await control.wait(None, None)
    assert control.stopping


# What is waited for besides ends the wait, and its error is raised.
async def test_the_other_thing_ends_the_wait_with_its_error():
    async def fail():
        raise StoreError("gone")

    with pytest.raises(StoreError):
        await Control(ManualClock()).wait(None, fail())


# A coroutine is given up with the wait; a task is left to go on.
async def test_a_task_outlives_the_wait():
    control = Control(ManualClock())
    control.ring()
    task = asyncio.create_task(asyncio.Event().wait())
    await control.wait(None, task)
    await turns()
    assert not task.done()
    task.cancel()


# As many workers are roused as there is work for.
async def test_a_crew_is_roused_by_number():
    crew = Crew()
    workers = [asyncio.create_task(crew.rest()) for _ in range(3)]
    await turns()
    workers[2].cancel()
    await turns()
    crew.rouse(1)
    await turns()
    assert [worker.done() for worker in workers] == [False, True, True]
    crew.rouse(10)
    await workers[0]


# A flow looks soon while a person may answer something of it, and seldom once there is nothing left.
@pytest.mark.parametrize(
    ("position", "seconds"),
    [
        (None, LOOK_SECONDS),
        (Position(9, owes=True), LOOK_SECONDS),
        (Position(9, owes=False, dead=True), LOOK_SECONDS),
        (Position(9, owes=False), IDLE_LOOK_SECONDS),
    ],
)
def test_how_soon_a_flow_looks(position, seconds):
    assert look_seconds(position) == seconds
