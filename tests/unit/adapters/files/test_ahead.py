"""Steps of a blocking generator, one ahead of whoever awaits them."""

import asyncio
import threading

import pytest

from trunkline.adapters.files.ahead import Ahead


def until(stop, closed):
    try:
        stop.wait()
        yield
    finally:
        closed.set()


async def test_steps_come_in_order_and_end():
    """All steps come, then None for good."""
    ahead = Ahead((number for number in range(3)), threading.Event())
    assert [await ahead.step() for _ in range(5)] == [0, 1, 2, None, None]
    await ahead.close()


async def test_what_the_generator_raises_comes_out():
    """An error of the generator is raised where its step is awaited."""

    def failing():
        yield 0
        raise OSError("the disk")

    ahead = Ahead(failing(), threading.Event())
    assert await ahead.step() == 0
    with pytest.raises(OSError, match="the disk"):
        await ahead.step()
    await ahead.close()


async def test_a_cancelled_waiter_leaves_the_thread_to_close():
    """Cancelling whoever waits does not end the thread; closing does, and closes the generator."""
    stop, closed = threading.Event(), threading.Event()
    ahead = Ahead(until(stop, closed), stop)
    waiter = asyncio.create_task(ahead.step())
    await asyncio.sleep(0)
    waiter.cancel()
    assert [type(result) for result in await asyncio.gather(waiter, return_exceptions=True)] == [
        asyncio.CancelledError
    ]
    assert not closed.is_set()
    await ahead.close()
    assert closed.is_set()
    assert await ahead.step() is None
    await ahead.close()


async def test_closing_while_a_step_is_awaited_begins_no_other():
    """Who waits gets the step under way, and closing does not meet a thread that was begun after it."""
    stop, gate = threading.Event(), threading.Event()

    def steps():
        stop.wait()
        yield 1
        gate.wait()
        yield 2

    ahead = Ahead(steps(), stop)
    waiter = asyncio.create_task(ahead.step())
    await asyncio.sleep(0)
    try:
        await ahead.close()
    finally:
        gate.set()
    assert await waiter == 1
    assert await ahead.step() is None
