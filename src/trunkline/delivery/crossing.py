"""Where a flow and its replay meet on the way to one target: live calls first, and each key in its order.

The composition root wraps a flow's target with ``Live`` and a replay's with ``Replaying``, both around one
``Crossing``. Four rules, of which the decision record on replays gives the proof:

1. A replayed call begins only while live calls leave room at the target.
2. Of one entity key a live and a replayed call are never under way together.
3. While it is open what came of a live event, the replayed ones of its key wait.
4. Once a newer event of its key took effect since the replay began, a replayed one is superseded: not sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Sequence

from msgspec.structs import replace

from trunkline.connectors.target import Features, Item, Progress, Target
from trunkline.delivery.books import Books
from trunkline.delivery.control import first_done
from trunkline.delivery.ledger import Case
from trunkline.delivery.replay import Replay
from trunkline.kernel.clock import Clock
from trunkline.kernel.errors import DeliveryError, Retryable, Superseded

_SUPERSEDED = Superseded("superseded", "a newer event of this entity took effect since the replay began")
_FLOW_FIRST = Retryable("flow-first", "the flow has a newer event of this entity open, which goes first")


class Traffic:
    """The calls under way to one system: of live flows, and of replays."""

    def __init__(self) -> None:
        self.live = 0
        self.replayed = 0
        self._changed = asyncio.Event()

    def tell(self) -> None:
        """Have everyone look again who waits for something here."""
        self._changed.set()

    async def until(self, free: Callable[[], bool]) -> None:
        """Return once ``free()``; nothing else has run since it said so."""
        while not free():
            self._changed.clear()
            await self._changed.wait()


class Crossing:
    """What a flow's live calls and those of its replay know of each other; for one event loop.

    ``live`` and ``replayed`` are the calls under way. ``doubts`` holds for an entity key the offset of a
    live event of which it is not known whether it took effect, or will.
    """

    def __init__(self, traffic: Traffic) -> None:
        self.traffic = traffic
        self.live: list[Sequence[Item]] = []
        self.replayed: list[Sequence[Item]] = []
        self.doubts: dict[str, int] = {}
        self._watched: Container[str] | None = None
        self._newest: dict[str, int] = {}

    def watch(self, keys: Container[str]) -> None:
        """From now on remember what becomes of the newest live event of each of ``keys``."""
        self._watched = keys
        self._newest = {key: offset for key, offset in self._newest.items() if key in keys}
        self.doubts = {key: offset for key, offset in self.doubts.items() if key in keys}

    def forget(self) -> None:
        """Remember nothing any more."""
        self._watched = None
        self._newest, self.doubts = {}, {}

    def begins(self, items: Sequence[Item]) -> None:
        """Note that a live call begins."""
        self.live.append(items)
        self.traffic.live += 1
        if self._watched is not None:
            for item in items:
                self.doubt(item.subject, item.offset)

    def ends(self, items: Sequence[Item]) -> None:
        """Note that a live call is over, however it ended."""
        self.live.remove(items)
        self.traffic.live -= 1
        self.traffic.tell()

    def doubt(self, key: str, offset: int) -> None:
        """Note that it is not known what becomes of a live event."""
        if self._watched is not None and key and key in self._watched:
            self.doubts[key] = max(offset, self.doubts.get(key, -1))

    def took_effect(self, key: str, offset: int) -> None:
        """Note that an event has taken effect."""
        if self._watched is not None and key and key in self._watched:
            self._newest[key] = max(offset, self._newest.get(key, -1))
            if self.doubts.get(key, -1) <= offset:
                self.doubts.pop(key, None)

    def settle(self, case: Case) -> None:
        """Note how a live event ended that was in doubt."""
        if case.state == "delivered":
            self.took_effect(case.key, case.offset)
        elif self.doubts.get(case.key) == case.offset:
            del self.doubts[case.key]

    def is_superseded(self, item: Item) -> bool:
        """Tell whether a newer event of an item's key took effect."""
        return self._newest.get(item.subject, -1) > item.offset

    def returns(
        self, items: Sequence[Item], errors: Sequence[DeliveryError | None], features: Features
    ) -> None:
        """Note what took effect of a call that came back: nothing, where an atomic target blamed an item."""
        if self._watched is None or (features.atomic and any(errors)):
            return
        for item, error in zip(items, errors, strict=True):
            if error is None:
                self.took_effect(item.subject, item.offset)


def is_closed(case: Case) -> bool:
    """Tell whether nothing of an event's key waits for it any more."""
    return not case.holds and case.state != "waiting"


def share_a_key(items: Sequence[Item], calls: Sequence[Sequence[Item]]) -> bool:
    """Tell whether a call of ``items`` would be for a key that one of ``calls`` is for as well."""
    if not calls:
        return False
    keys = {item.subject for item in items if item.subject}
    return any(item.subject in keys for call in calls for item in call)


class _Side:
    """What both sides of a crossing do as every target does."""

    def __init__(self, target: Target, crossing: Crossing) -> None:
        self.name = target.name
        self.features = target.features
        self._target = target
        self._crossing = crossing

    async def open(self) -> None:
        """Open the target; raises what that raises."""
        await self._target.open()

    async def progress(self, flow: str) -> Progress | None:
        """Return what the target has stored."""
        return await self._target.progress(flow)

    async def forget(self, flow: str, applied: Sequence[int]) -> None:
        """Have the target forget."""
        await self._target.forget(flow, applied)

    async def close(self) -> None:
        """Close the target."""
        await self._target.close()


class Live(_Side):
    """A flow's target, with a replay beside it now and then."""

    async def deliver(self, items: Sequence[Item], progress: Progress | None) -> list[DeliveryError | None]:
        """Deliver, once no replayed call of the same keys is under way."""
        crossing = self._crossing
        if crossing.replayed:
            await crossing.traffic.until(lambda: not share_a_key(items, crossing.replayed))
        crossing.begins(items)
        try:
            errors = await self._target.deliver(items, progress)
            crossing.returns(items, errors, self.features)
        finally:
            crossing.ends(items)
        return errors


class Replaying(_Side):
    """A replay's target: at most so many events a second, and only what live calls leave.

    ``exactly`` sends every event, whatever else has reached its entity. Half of the calls that the target
    takes at a time are never the replay's, so that live ones find room at once. ``books`` are the flow's.
    """

    def __init__(
        self, target: Target, crossing: Crossing, books: Books, clock: Clock, replay: Replay
    ) -> None:
        super().__init__(target, crossing)
        self._books = books
        self._clock = clock
        self._apart_seconds = 1 / replay.rate
        self._exactly = replay.exactly
        self._since = replay.created
        self._room = target.features.concurrency
        self._free_at = 0.0
        self._stopped = asyncio.Event()
        self.features = replace(
            target.features,
            batch=max(1, min(target.features.batch, int(replay.rate))),
            concurrency=max(1, self._room // 2),
        )

    def stop(self) -> None:
        """Begin no more calls; whoever waits to begin one is told by a ``Retryable`` that blames nobody."""
        self._stopped.set()
        self._crossing.traffic.tell()

    async def deliver(self, items: Sequence[Item], progress: Progress | None) -> list[DeliveryError | None]:
        """Deliver in turn what is still wanted; see ``Target.deliver``."""
        count = len(items) if self._exactly else sum(not self._crossing.is_superseded(one) for one in items)
        if count:
            await self._turn(count)
            await self._look_up(items)
            await self._crossing.traffic.until(lambda: self._stopped.is_set() or self._is_free(items))
        if self._stopped.is_set():
            raise Retryable("stopped", "the replay was told to stop; it goes on from here when it is resumed")
        verdicts = [self._verdict(item) for item in items]
        wanted = [item for item, verdict in zip(items, verdicts, strict=True) if verdict is None]
        if any(verdicts) and (self.features.atomic or not wanted):
            return verdicts
        errors = iter(await self._send(wanted, progress))
        return [next(errors) if verdict is None else verdict for verdict in verdicts]

    def _verdict(self, item: Item) -> DeliveryError | None:
        """Return why an item is not to be sent, or not now."""
        if self._exactly:
            return None
        if self._crossing.is_superseded(item):
            return _SUPERSEDED
        return _FLOW_FIRST if item.subject in self._crossing.doubts else None

    async def _look_up(self, items: Sequence[Item]) -> None:
        """Ask the ledger what became of live events in doubt that stand in the way of ``items``."""
        doubts = self._crossing.doubts
        offsets = [doubts[item.subject] for item in items if item.subject in doubts]
        for case in await self._books.cases(offsets):
            if is_closed(case):  # an older one may have taken effect before we looked
                await self.remember_late(case.key)
                self._crossing.settle(case)

    async def remember_late(self, key: str = "") -> None:
        """Note what the flow delivered late since the replay began, of one key or of all."""
        async for case in self._books.cases_in("delivered", key):
            if case.at >= self._since:
                self._crossing.took_effect(case.key, case.offset)

    def _is_free(self, items: Sequence[Item]) -> bool:
        traffic = self._crossing.traffic
        if traffic.live + traffic.replayed >= self._room:
            return False
        return not share_a_key(items, self._crossing.live)

    async def _turn(self, events: int) -> None:
        now = self._clock.monotonic()
        begin = max(now, self._free_at)
        self._free_at = begin + events * self._apart_seconds
        if begin > now:
            await first_done(self._clock.sleep(begin - now), self._stopped.wait())

    async def _send(self, items: Sequence[Item], progress: Progress | None) -> Sequence[DeliveryError | None]:
        crossing, traffic = self._crossing, self._crossing.traffic
        crossing.replayed.append(items)
        traffic.replayed += 1
        try:
            errors = await self._target.deliver(items, progress)
            crossing.returns(items, errors, self.features)
        finally:
            crossing.replayed.remove(items)
            traffic.replayed -= 1
            traffic.tell()
        return errors
