"""What a replay reads of its flow: the events in the log, and what came of them in the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import msgspec
from msgspec.structs import replace

from trunkline.delivery.ledger import Case, CaseQuery, Ledger, LedgerView, Letters, State
from trunkline.eventlog.port import LogReader, Page

SCAN_EVENTS = 1_000
"""How many events, or cases, are looked at before others have their turn."""

OPEN: tuple[State, ...] = ("waiting", "held", "dead")
"""The states in which a flow still has something to do with an event, or a person has."""


class WholeLedger(Ledger, Letters, LedgerView, Protocol):
    """All sides of a ledger: what a flow writes there, and what is found and asked there."""


class Books(msgspec.Struct, frozen=True):
    """Where a flow's events are, and what came of them: its stream in the log, its name in the ledger."""

    log: LogReader
    ledger: WholeLedger
    stream: str
    flow: str

    async def cases(self, offsets: Sequence[int]) -> Sequence[Case]:
        """Return what the flow knows of ``offsets`` beyond their ranges."""
        return await self.ledger.cases(self.flow, offsets) if offsets else []

    async def open_or_discarded(self, offsets: Sequence[int]) -> set[int]:
        """Return which of ``offsets`` the flow has not delivered and a replay leaves alone."""
        cases = await self.cases(offsets)
        return {one.offset for one in cases if one.state in (*OPEN, "discarded")}

    async def end(self) -> int:
        """Return the stream's end: the offset of its next event."""
        return next((info.next for info in await self.log.streams() if info.stream == self.stream), 0)

    async def cursor(self) -> int:
        """Return the offset below which the flow has settled everything, or has a case of it."""
        position = await self.ledger.position(self.flow)
        return position.cursor if position else 0

    async def pages(self, start: int, end: int) -> AsyncIterator[Page]:
        """Yield the stream from ``start`` up to ``end``, giving others their turn between two pages."""
        while start < end:
            page = await self.log.read(self.stream, start, min(SCAN_EVENTS, end - start))
            events = page.events[: max(0, end - page.base)]
            if not events:
                return
            yield Page(page.stream, page.base, events)
            start = page.next
            await asyncio.sleep(0)

    async def cases_in(self, state: State, key: str = "", flow: str = "") -> AsyncIterator[Case]:
        """Yield the cases in a state, of one key or of all: the flow's, or those of another name."""
        name = flow or self.flow
        query = CaseQuery(name, state, key, limit=SCAN_EVENTS)
        while found := await self.ledger.find(query):
            for _, case in found:
                yield case
            query = replace(query, after=(name, found[-1][1].offset))
