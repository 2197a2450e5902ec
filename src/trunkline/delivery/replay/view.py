"""The stream as a replay reads it: what it does not deliver is blank, long stretches of that are left out.

Its runner takes it for a log. A page still begins where it says and has no gap, because a flow's position
is an offset; between pages there may be one, as where a log was trimmed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from trunkline.delivery.flow import Flow, Mapping
from trunkline.delivery.ledger import Record
from trunkline.delivery.replay.books import Books
from trunkline.delivery.replay.port import Replay
from trunkline.delivery.replay.selecting import Choice
from trunkline.eventlog.port import Page, StreamInfo
from trunkline.kernel.clock import Clock
from trunkline.kernel.event import Event


class ReplayedLog:
    """A ``LogReader`` of the events below ``bound`` that a replay delivers; ``name`` is the replay's."""

    def __init__(self, books: Books, choice: Choice, bound: int, name: str, clock: Clock) -> None:
        self._books = books
        self._choice = choice
        self._end = choice.end(bound)
        self._name = name
        self._clock = clock
        self._passed = (0, 0)

    async def read(self, stream: str, start: int, limit: int = 1_000) -> Page:
        """Return the next page with up to ``limit`` events to deliver in it, or an empty one at the end."""
        passed = self._passed[1] if self._passed[0] == start else start
        async for page in self._books.pages(max(passed, self._choice.start), self._end):
            wanted = await self._wanted(page)
            if wanted:
                await self._pass(start, page.base)
                return self._blanked(page, wanted[:limit])
            self._passed = (start, page.next)
        return Page(stream, start, [])

    async def _wanted(self, page: Page) -> list[int]:
        delivers = self._choice.delivers
        chosen = [offset for offset, event in enumerate(page.events, page.base) if delivers(offset, event)]
        left = await self._books.open_or_discarded(chosen)
        return [offset for offset in chosen if offset not in left]

    async def _pass(self, start: int, base: int) -> None:
        """Move the replay's position over a stretch without an event of its own, once it stands before it.

        So it is never further from the cases that lie ahead of it than a runner looks for them.
        """
        ledger = self._books.ledger
        position = await ledger.position(self._name)
        if base > start and start == (position.cursor if position else 0):
            await ledger.record(Record(self._name, self._clock.now(), base))

    @staticmethod
    def _blanked(page: Page, wanted: list[int]) -> Page:
        kept = set(wanted)
        events = [
            event if offset in kept else blank(event)
            for offset, event in enumerate(page.events[: wanted[-1] + 1 - page.base], page.base)
        ]
        return Page(page.stream, page.base, events)

    async def wait(self, stream: str, start: int) -> None:
        """Never return: below its bound nothing is added."""
        del stream, start
        await asyncio.get_running_loop().create_future()

    async def streams(self) -> list[StreamInfo]:
        """Return the extent of every stream."""
        return await self._books.log.streams()


def blank(event: Event) -> Event:
    """Return an event that is not delivered: without a record and a key, and still the same by its name."""
    return replace(event, subject="", data=b"")


def replayed(flow: Flow, replay: Replay) -> Flow:
    """Return the flow that a replay of ``flow`` is.

    A dead letter lets later events of its entity go on: the newest has to arrive, and history may fail.
    Nobody waits for its answers.
    """
    return replace(
        flow,
        name=replay.name,
        mapping=_unless_blank(flow.mapping),
        decode=_decoded_unless_blank(flow.decode),
        when_dead="skip",
        start="beginning",
        after=(),
        identity=flow.name if replay.original_identity else "",
        answers=False,
        replay=replay.id,
    )


def _unless_blank(mapping: Mapping) -> Mapping:
    def apply(record: Any, event: Event) -> dict[str, Any] | None:
        return mapping(record, event) if event.data else None

    return apply


def _decoded_unless_blank(decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    return lambda data: decode(data) if data else None
