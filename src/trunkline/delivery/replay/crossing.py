"""Where a flow and its replay meet on the way to one target, each key in its order.

The composition root wraps a flow's target with ``Live`` and a replay's with ``Replaying``, both around one
``Crossing``. Three rules, of which docs/explanation/delivery.md says why they keep the order:

1. Of one entity key a live and a replayed call are never under way together.
2. While it is open what came of a live event, the replayed ones of its key wait.
3. Once a newer event of its key took effect since the replay began, a replayed one is superseded: not sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container, Sequence

from msgspec.structs import replace

from trunkline.connectors.target import Around, Features, Item, Progress, Target
from trunkline.delivery.ledger import Case
from trunkline.delivery.replay.books import SCAN_EVENTS, Books
from trunkline.delivery.replay.port import Replay
from trunkline.kernel.errors import Deferred, DeliveryError, Superseded

_SUPERSEDED = Superseded("superseded", "a newer event of this entity took effect since the replay began")
_FLOW_FIRST = Deferred("flow-first", "the flow has a newer event of this entity open, which goes first")


class Crossing:
    """What a flow's live calls and those of its replay know of each other; for one event loop.

    ``live`` (by identity, from when they want to begin) and ``replayed`` are the calls under way. ``doubts``
    holds for an entity key the offset of a live event of which it is not known whether it took effect, or
    will; ``asked`` are the keys of those that a replayed event had to wait for.
    """

    def __init__(self) -> None:
        self.live: dict[int, Sequence[Item]] = {}
        self.replayed: list[Sequence[Item]] = []
        self.doubts: dict[str, int] = {}
        self.asked: set[str] = set()
        self._ended = asyncio.Event()
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
        self._newest, self.doubts, self.asked = {}, {}, set()

    def begins(self, items: Sequence[Item]) -> None:
        """Note that a live call wants to begin."""
        self.live[id(items)] = items
        if self._watched is not None:
            for item in items:
                self.doubt(item.subject, item.offset)

    async def clear_of(self, items: Sequence[Item]) -> None:
        """Return once no replayed call of a key of ``items`` is under way."""
        while share_a_key(items, self.replayed):
            self._ended.clear()
            await self._ended.wait()

    def ends_replayed(self, items: Sequence[Item]) -> None:
        """Note that a replayed call is over, however it ended."""
        self.replayed.remove(items)
        self._ended.set()

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


class _Side(Around):
    """What both sides of a crossing have."""

    def __init__(self, target: Target, crossing: Crossing) -> None:
        super().__init__(target)
        self._crossing = crossing


class Live(_Side):
    """A flow's target, with a replay beside it now and then."""

    async def deliver(self, items: Sequence[Item], progress: Progress | None) -> list[DeliveryError | None]:
        """Deliver, once no replayed call of the same keys is under way; none of them begins meanwhile."""
        crossing = self._crossing
        crossing.begins(items)
        try:
            if crossing.replayed:
                await crossing.clear_of(items)
            errors = await self._target.deliver(items, progress)
            crossing.returns(items, errors, self.features)
        finally:
            del crossing.live[id(items)]
        return errors


class Replaying(_Side):
    """A replay's target: it is sent what is still wanted, or hears why nothing was sent.

    ``exactly`` sends every event, whatever else has reached its entity. ``books`` are the flow's.
    """

    def __init__(self, target: Target, crossing: Crossing, books: Books, replay: Replay) -> None:
        super().__init__(target, crossing)
        self._books = books
        self._exactly = replay.exactly
        self._since = replay.created
        own = target.features
        self.features = replace(
            own,
            batch=max(1, min(own.batch, int(replay.rate))) if own.atomic else 1,
            concurrency=max(1, own.concurrency // 2),
        )

    async def deliver(self, items: Sequence[Item], progress: Progress | None) -> list[DeliveryError | None]:
        """Deliver all, or where one is not to be sent, or not now, none: see ``Target.deliver``."""
        crossing = self._crossing
        busy = {one.subject for call in crossing.live.values() for one in call if one.subject}
        verdicts = [self._verdict(item, busy) for item in items]
        if any(verdicts):
            return verdicts
        crossing.replayed.append(items)
        try:
            errors = await self._target.deliver(items, progress)
            crossing.returns(items, errors, self.features)
        finally:
            crossing.ends_replayed(items)
        return errors

    def _verdict(self, item: Item, busy: Container[str]) -> DeliveryError | None:
        crossing, key = self._crossing, item.subject
        if not self._exactly and crossing.is_superseded(item):
            return _SUPERSEDED
        if not self._exactly and key in crossing.doubts:
            crossing.asked.add(key)
            return _FLOW_FIRST
        return _FLOW_FIRST if key in busy else None

    async def look_up(self) -> None:
        """Ask the ledger what became of the live events that replayed ones had to wait for."""
        crossing, asked = self._crossing, sorted(self._crossing.asked)
        crossing.asked.difference_update(asked)
        for start in range(0, len(asked), SCAN_EVENTS):
            keys = [key for key in asked[start : start + SCAN_EVENTS] if key in crossing.doubts]
            for case in await self._books.cases([crossing.doubts[key] for key in keys]):
                if is_closed(case):  # an older one may have taken effect before we looked
                    await self.remember_late(case.key)
                    crossing.settle(case)

    async def remember_late(self, key: str = "") -> None:
        """Note what the flow delivered late since the replay began, of one key or of all."""
        async for case in self._books.cases_in("delivered", key):
            if case.at >= self._since:
                self._crossing.took_effect(case.key, case.offset)
