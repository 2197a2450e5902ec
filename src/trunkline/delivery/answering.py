"""The answers of one flow to whoever waits: taken from its target, stored with its record, handed out.

A flow that answers is an ordinary flow. ``Answering`` stands at its two borders: of what the target answered
it makes the reply (``asking``), and what the ledger records of an event carries its reply in the same
transaction (``recording``). Only then is anyone told, so an answer that was given is the answer for good.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from msgspec.structs import replace

from trunkline.connectors.reply import Reply, ToReply
from trunkline.connectors.target import AskedTarget, Item, Progress, Response, Target
from trunkline.delivery.attempt import Mapper
from trunkline.delivery.bearing import Bearing
from trunkline.delivery.flow import Flow
from trunkline.delivery.ledger import Ledger, LedgerView, Record, Replies, StoredReply
from trunkline.kernel.clock import SECOND, Clock
from trunkline.kernel.errors import DeliveryError
from trunkline.kernel.event import Event

ISOLATED_SECONDS = 60.0
"""When to come back to a target that a person isolated: nobody knows, and asking costs little."""

PAUSED_SECONDS = 60.0
"""When to come back to a flow that a person paused: as for a target that is isolated."""

PROBE_SECONDS = 1.0
"""When to come back while one call probes whether a target is there again: then it is known."""

_GONE = "it was delivered, and what its target answered is not kept any more"
_GIVEN_UP = {
    "discarded": "a person gave this request up",
    "dropped": "the flow's mapping yields nothing for this request",
    "superseded": "a newer state of the same record was delivered in its place",
}
_DEAD = "the flow could not deliver this request, and a person has to look"


class AnsweringLedger(Ledger, LedgerView, Replies, Protocol):
    """What a ledger has to be for a flow that answers."""


class Answering:
    """The replies of one flow: what came and is not recorded yet, and who waits; for one event loop."""

    def __init__(
        self, flow: Flow, to_reply: ToReply, ledger: AnsweringLedger, bearing: Bearing, clock: Clock
    ) -> None:
        self._flow = flow.name
        self._name = Mapper(flow).idempotency_key
        self._to_reply = to_reply
        self._ledger = ledger
        self._bearing = bearing
        self._clock = clock
        self._came: dict[int, StoredReply] = {}
        self._waiting: dict[int, list[asyncio.Future[Reply | None]]] = {}
        self._reached = -1
        self._is_paused = False

    def pause(self) -> None:
        """Send callers away until ``resume``: their flow takes nothing."""
        self._is_paused = True

    def resume(self) -> None:
        """Let callers ask again."""
        self._is_paused = False

    def asking(self, target: AskedTarget) -> Target:
        """Return the target as the flow sees it: its answers come here."""
        return _Asking(target, self)

    def recording(self) -> Ledger:
        """Return the ledger as the flow sees it: replies are recorded with what it records."""
        return _Recording(self._ledger, self)

    # What a request source asks.

    def away_seconds(self) -> float:
        """Return for how long nobody answers: the flow is paused, or its target left alone; 0 to ask now."""
        if self._is_paused:
            return PAUSED_SECONDS
        if self._bearing.is_closed:
            return 0.0
        sight = self._bearing.sight()
        if sight.state == "isolated":
            return ISOLATED_SECONDS
        if sight.state == "half-open" and sight.under_way:
            return PROBE_SECONDS
        return max(sight.until - self._clock.now(), 0) / SECOND

    async def told(self, event: Event) -> Reply | None:
        """Return what was answered to an earlier arrival of ``event``, if that is stored."""
        return await self._ledger.reply_named(self._flow, self._name(event))

    async def reply(self, offset: int, *, again: bool) -> Reply:
        """Return what comes of the event at ``offset``, once it is stored; ``again`` if it arrived before.

        Whoever gives up waiting cancels. Raises ``StoreError`` where it cannot be told.
        """
        look = again or offset <= self._reached
        while True:
            told = self._listen(offset)
            try:
                found = await self._found(offset) if look else None
                found = found or await told
            finally:
                self._leave(offset, told)
            if found is not None:
                return found
            look = True

    def _listen(self, offset: int) -> asyncio.Future[Reply | None]:
        told: asyncio.Future[Reply | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(offset, []).append(told)
        return told

    def _leave(self, offset: int, told: asyncio.Future[Reply | None]) -> None:
        waiting = self._waiting[offset]
        waiting.remove(told)
        if not waiting:
            del self._waiting[offset]

    async def _found(self, offset: int) -> Reply | None:
        """Look what came of an event; None while that is open."""
        fate = await self._ledger.fate(self._flow, offset)
        if fate.state in ("pending", "waiting", "held"):
            return None
        # in this order: what is settled by now has its reply stored by now
        stored = await self._ledger.reply(self._flow, offset)
        if stored is not None:
            return stored
        cases = await self._ledger.cases(self._flow, [offset])
        correlation = "".join(case.correlation for case in cases)
        if fate.state == "dead":
            kinds = [one.kind for case in cases for one in case.tries[-1:]]
            return Reply(kind="".join(kinds) or "unknown", detail=_DEAD, correlation=correlation)
        if fate.state in _GIVEN_UP:
            return Reply(kind=fate.state, detail=_GIVEN_UP[fate.state], correlation=correlation)
        return Reply(kind="gone", detail=_GONE, correlation=correlation)

    # What the flow's target and ledger tell.

    def answered(self, item: Item, response: Response) -> None:
        """Make a reply, and keep it until its event is recorded."""
        reply = replace(self._to_reply(response), correlation=item.correlation)
        self._came[item.offset] = StoredReply(item.offset, item.idempotency_key, reply)

    def replies_of(self, record: Record) -> list[StoredReply]:
        """Return the replies to what a record says was delivered."""
        settled = _Settled(record)
        return [one for offset, one in self._came.items() if settled.is_delivered(offset)]

    def recorded(self, record: Record) -> None:
        """Tell those who wait for what a record that is durable now has settled."""
        for stored in record.replies:
            self._came.pop(stored.offset, None)
            self._tell(stored.offset, stored.reply)
        settled = _Settled(record)
        self._reached = max(self._reached, settled.last)
        for offset in [offset for offset in self._waiting if settled.is_closed(offset)]:
            self._tell(offset, None)

    def _tell(self, offset: int, reply: Reply | None) -> None:
        for told in self._waiting.get(offset, ()):
            if not told.done():
                told.set_result(reply)


class _Settled:
    """What a record says of offsets: its cases one by one, its range of all others in it."""

    def __init__(self, record: Record) -> None:
        self._range = record.range
        self._cases = {case.offset: case.state for case in record.cases}
        self.last = max(self._cases, default=-1)
        if record.range is not None:
            self.last = max(self.last, record.range.last)

    def is_delivered(self, offset: int) -> bool:
        state = self._cases.get(offset)
        return self._in_range(offset) if state is None else state == "delivered"

    def is_closed(self, offset: int) -> bool:
        state = self._cases.get(offset)
        return self._in_range(offset) if state is None else state not in ("waiting", "held")

    def _in_range(self, offset: int) -> bool:
        return self._range is not None and self._range.first <= offset <= self._range.last


class _Asking:
    """A ``Target`` whose answers become replies."""

    def __init__(self, target: AskedTarget, answering: Answering) -> None:
        self.name, self.features = target.name, target.features
        self.open, self.close = target.open, target.close
        self.progress, self.forget = target.progress, target.forget
        self._target = target
        self._answering = answering

    async def deliver(self, items: Sequence[Item], progress: Progress | None) -> list[DeliveryError | None]:  # noqa: ARG002  what is asked keeps no progress
        """Ask for each item."""
        return [await self._ask(item) for item in items]

    async def _ask(self, item: Item) -> DeliveryError | None:
        answer = await self._target.ask(item)
        if isinstance(answer, DeliveryError):
            return answer
        self._answering.answered(item, answer)
        return None


class _Recording:
    """A ``Ledger`` that stores replies with what a flow records."""

    def __init__(self, ledger: Ledger, answering: Answering) -> None:
        self.position, self.rewind, self.cases = ledger.position, ledger.rewind, ledger.cases
        self.waiting, self.held, self.blocked = ledger.waiting, ledger.held, ledger.blocked
        self._ledger = ledger
        self._answering = answering

    async def record(self, record: Record) -> None:
        """Store ``record`` with the replies to what it settles, then tell those who wait."""
        whole = replace(record, replies=self._answering.replies_of(record))
        await self._ledger.record(whole)
        self._answering.recorded(whole)
