"""Readers at the end of a stream are woken by what they wait for and by nothing else."""

from __future__ import annotations

import asyncio

from trunkline.eventlog.waiters import Waiters


# Each waiter has its own offset and stream.
async def test_each_is_woken_by_its_own():
    waiters = Waiters()
    near, far, other = (
        asyncio.ensure_future(waiters.wait(stream, start)) for stream, start in (("s", 3), ("s", 9), ("t", 0))
    )
    await asyncio.sleep(0)
    waiters.wake("s", 3)
    waiters.wake("nobody", 100)
    await asyncio.sleep(0)
    assert not near.done()
    waiters.wake("s", 4)
    await asyncio.sleep(0)
    assert (near.done(), far.done(), other.done()) == (True, False, False)
    for waiting in (far, other):
        waiting.cancel()
    await asyncio.gather(far, other, return_exceptions=True)
    waiters.wake("s", 100)


# Who stops waiting at the moment the stream grows has stopped waiting: nothing goes wrong over it.
async def test_a_wait_may_end_as_the_stream_grows():
    waiters = Waiters()
    waiting = asyncio.ensure_future(waiters.wait("s", 3))
    await asyncio.sleep(0)
    waiting.cancel()
    waiters.wake("s", 4)
    [ended] = await asyncio.gather(waiting, return_exceptions=True)
    assert isinstance(ended, asyncio.CancelledError)
