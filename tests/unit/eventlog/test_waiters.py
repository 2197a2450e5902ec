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


# Where nobody can tell any more how far streams reach, all that wait are told, and who gave up is not.
async def test_all_are_told_of_a_failure():
    waiters = Waiters()
    waits = [asyncio.ensure_future(waiters.wait(stream, 0)) for stream in ("s", "s", "t")]
    await asyncio.sleep(0)
    waits[0].cancel()
    waiters.fail(ValueError("gone"))
    answers = await asyncio.gather(*waits, return_exceptions=True)
    assert [type(one) for one in answers] == [asyncio.CancelledError, ValueError, ValueError]
    assert not waiters.are_any


# Who gives up in the moment it is woken has given up: that it is on no list any more is no error.
async def test_giving_up_when_woken():
    waiters = Waiters()
    waiting = asyncio.ensure_future(waiters.wait("s", 0))
    await asyncio.sleep(0)
    waiting.cancel()
    waiters.wake("s", 1)
    [answer] = await asyncio.gather(waiting, return_exceptions=True)
    assert isinstance(answer, asyncio.CancelledError)
