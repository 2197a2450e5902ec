"""A running control room in a thread of its own, so that a browser can be driven step by step."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Self

from tests.control_room import open_room

from trunkline.app.backbone import Backbone, opened, this_machine
from trunkline.app.project import Project
from trunkline.surfaces.dashboard.page import ROOM
from trunkline.surfaces.door import Door, serve


class Site:
    """A project after all of ``fills``, its door open; ``run`` does something on its loop."""

    def __init__(self, project: Project, *fills: Callable[[Backbone], Awaitable[None]]) -> None:
        self._project, self._fills = project, fills
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._serve()])
        self.url = ""
        self.backbone: Backbone

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        machine = this_machine({})
        try:
            async with opened(self._project, machine) as self.backbone:
                for fill in self._fills:
                    await fill(self.backbone)
                room = open_room(self.backbone)
                door = await serve(Door({}, machine.ids, mounts={ROOM: room}), "127.0.0.1", 0)
                self.url = f"http://127.0.0.1:{door.port}"
                self._ready.set()
                await self._stop.wait()
                room.close()
                await door.close()
        finally:
            self._ready.set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        assert self.url, "the site did not open"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something on the site's loop, and return what comes of it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)
