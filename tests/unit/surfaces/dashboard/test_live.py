"""Who looks at a page is told when it changed, and the door can close."""

from __future__ import annotations

import asyncio

import pytest
from tests.control_room import ask

from trunkline.kernel.signals import Stopping
from trunkline.surfaces.dashboard.live import Streams
from trunkline.testkit.clock import ManualClock


class Viewer:
    """A browser that looks: it hears events, and goes when it is told to."""

    def __init__(self):
        self.heard = asyncio.Queue()
        self.gone = asyncio.Event()

    async def receive(self):
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        await self.heard.put(message)

    async def event(self):
        return (await self.heard.get())["body"].decode().splitlines()[0]


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def streams(clock):
    return Streams(clock, most=2)


@pytest.fixture
def page():
    """Return a page whose data is a number; it counts how often it was looked at."""

    async def look():
        look.looks += 1
        return str(look.now)

    look.now, look.looks = 1, 0
    return look


def watch(streams, page, seen="1"):
    viewer = Viewer()
    stream = streams.serve("/control/", seen, page, 2.0, viewer.receive, viewer.send)
    viewer.task = asyncio.ensure_future(stream)
    return viewer


async def later(clock):
    """Let the sleepers begin to sleep, and wake them."""
    while clock.next_wake is None:  # noqa: ASYNC110  a turn of the loop, not a wait
        await asyncio.sleep(0)
    clock.advance(2.0)


# It begins at once, with whether the page is what the browser has, and says so every turn.
async def test_changes(streams, clock, page):
    viewer = watch(streams, page)
    assert (await viewer.heard.get())["status"] == 200
    assert await viewer.event() == "event: same"
    page.now = 2
    await later(clock)
    assert await viewer.event() == "event: changed"
    await later(clock)
    assert await viewer.event() == "event: same"
    viewer.gone.set()
    await viewer.task


# A page that changed since it was made is told of at once.
async def test_changed_before(streams, page):
    viewer = watch(streams, page, seen="0")
    await viewer.heard.get()
    assert await viewer.event() == "event: changed"
    streams.close()
    await viewer.task


# Two who look at one address share one look.
async def test_sharing(streams, page):
    viewers = [watch(streams, page), watch(streams, page)]
    for viewer in viewers:
        await viewer.heard.get()
        await viewer.event()
    assert page.looks == 1
    assert streams.full
    streams.close()
    for viewer in viewers:
        await viewer.task


# Where nobody looks any more, nothing is asked.
async def test_nobody(streams, clock, page):
    viewer = watch(streams, page)
    await viewer.heard.get()
    await viewer.event()
    viewer.gone.set()
    await viewer.task
    clock.advance(60)
    await asyncio.sleep(0)
    assert (page.looks, streams.full) == (1, False)


# A process that stops ends every stream, and opens none.
async def test_stopping(room, machine, get):
    viewer = Viewer()
    scope = {"type": "http", "method": "GET", "path": "/control/live", "headers": []}
    query = b"page=%2Fcontrol%2Fflows&seen=x"
    task = asyncio.ensure_future(room({**scope, "query_string": query}, viewer.receive, viewer.send))
    assert (await viewer.heard.get())["headers"][0] == (b"content-type", b"text/event-stream")
    assert await viewer.event() == "event: changed"
    machine.signals.emit(Stopping("asked to stop"))
    await task
    assert (await ask(room, "/control/live?page=/control/flows")).status == 503


# A page that is not there cannot be looked at.
async def test_absent(get):
    assert (await get("/control/live?page=/control/nothing")).status == 404
