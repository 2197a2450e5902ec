"""Work for requests runs beside the event loop, a bounded number at a time, for a bounded time."""

from __future__ import annotations

import asyncio
import threading

import pytest

from trunkline.kernel.errors import BusyError, UsageError
from trunkline.surfaces.workers import Workers


# What the work returns or raises comes back, and it runs in another thread.
async def test_work():
    async def where():
        return threading.current_thread().name

    async def fail():
        raise UsageError("no")

    workers = Workers()
    assert (await workers.run(where)).startswith("registry")
    with pytest.raises(UsageError, match="no"):
        await workers.run(fail)
    workers.close()


# Beyond the bound a request is sent away at once; when work is done there is room again.
async def test_room():
    go, begun = threading.Event(), threading.Event()

    async def wait():
        begun.set()
        go.wait()

    workers = Workers(threads=1, under_way=1)
    first = asyncio.create_task(workers.run(wait))
    await asyncio.to_thread(begun.wait)
    with pytest.raises(BusyError):
        await workers.run(wait)
    go.set()
    await first
    await workers.run(wait)


# Who waits too long is told so, and the work goes on to its end.
async def test_time():
    go, done = threading.Event(), threading.Event()

    async def wait():
        go.wait()
        done.set()

    workers = Workers(seconds=0.01)
    with pytest.raises(BusyError, match="come back"):
        await workers.run(wait)
    go.set()
    assert await asyncio.to_thread(done.wait, 30)
