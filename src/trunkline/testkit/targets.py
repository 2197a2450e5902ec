"""Two targets in memory, for tests of what delivers to them: an atomic table, and a service that is not.

Both are real targets: they keep what they were given, the table with each flow's progress in one step, the
service by idempotency key. A ``Script`` says how a call goes wrong before or after it took effect; what they
hold outlives them in a ``Place``, as a database outlives its client.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import replace

from trunkline.connectors.target import Features, Item, Progress, Response
from trunkline.kernel.errors import DeliveryError, Retryable


class Received(msgspec.Struct, frozen=True):
    """One effect or one call that reached the place, in the order they came."""

    offset: int
    subject: str
    idempotency_key: str
    attempt: int
    record: dict[str, Any]


class Place(msgspec.Struct):
    """What is on the other side: every effect in order, and each flow's progress."""

    received: list[Received] = msgspec.field(default_factory=list)
    progress: dict[str, Progress] = msgspec.field(default_factory=dict)


class Trouble(msgspec.Struct, frozen=True):
    """How one call goes wrong: ``blame`` names offsets and their errors, ``raised`` blames nobody.

    ``after`` lets the service take the effect before the error comes back, as a lost answer does.
    ``seconds`` is how long the call takes, in the turns of whatever ``rest`` is given to the target.
    """

    blame: dict[int, DeliveryError] = {}
    raised: Exception | None = None
    after: bool = False
    seconds: float = 0.0


FINE = Trouble()

Script: TypeAlias = Callable[[Sequence[Item]], Trouble]
"""Asked at each call how it goes."""

Rest: TypeAlias = Callable[[float], Any]
"""An awaitable pause, such as a clock's ``sleep``."""


def fine(items: Sequence[Item]) -> Trouble:
    """Let every call go well."""
    del items
    return FINE


def repeats(items: Sequence[Item], progress: Progress, known: Progress) -> bool:
    """Tell whether a call took effect before, by what an atomic target has stored of its flow.

    Raises ``Retryable`` where a part of it did, or other events did: two runners deliver the flow.
    """
    held_back = set(progress.applied)
    before = [
        item.offset
        for item in items
        if (item.offset in known.applied if item.offset in held_back else item.offset < known.cursor)
    ]
    same = (known.cursor, known.last_event) == (progress.cursor, progress.last_event)
    if before and (len(before) < len(items) or not (same or held_back.issuperset(before))):
        raise Retryable("overtaken", f"flow {progress.flow}: another runner has settled some of these events")
    return bool(before)


def moved(known: Progress | None, progress: Progress) -> Progress:
    """Return what an atomic target that has stored ``known`` stores when it is given ``progress``."""
    if known is None:
        return progress
    newest = known if known.cursor > progress.cursor else progress
    return replace(newest, applied=tuple(dict.fromkeys([*known.applied, *progress.applied])))


class MemoryTable:
    """An atomic target: a call takes effect as a whole, with the flow's progress, or not at all."""

    def __init__(
        self, place: Place, script: Script = fine, *, batch: int = 1_000, rest: Rest = asyncio.sleep
    ) -> None:
        self.name = "table"
        self.features = Features(atomic=True, batch=batch, concurrency=1)
        self._place = place
        self._script = script
        self._rest = rest

    async def open(self) -> None:
        """Open nothing: memory is there."""

    async def deliver(self, items: Sequence[Item], progress: Progress | None) -> list[DeliveryError | None]:
        """Take all of ``items`` with ``progress``, or blame what the script blames and take nothing."""
        trouble = self._script(items)
        if trouble.seconds:
            await self._rest(trouble.seconds)
        if trouble.raised is not None and not trouble.after:
            raise trouble.raised
        known = progress and self._place.progress.get(progress.flow)
        counted = bool(progress and known and repeats(items, progress, known))
        verdicts = [None if counted else trouble.blame.get(item.offset) for item in items]
        if not any(verdicts) and not counted:
            self._take(items, progress)
        if trouble.raised is not None:
            raise trouble.raised
        return verdicts

    def _take(self, items: Sequence[Item], progress: Progress | None) -> None:
        self._place.received += [_received(item) for item in items]
        if progress is not None:
            self._place.progress[progress.flow] = moved(self._place.progress.get(progress.flow), progress)

    async def progress(self, flow: str) -> Progress | None:
        """Return what is stored for ``flow``."""
        return self._place.progress.get(flow)

    async def forget(self, flow: str, applied: Sequence[int]) -> None:
        """Drop marks that the ledger has taken over."""
        known = self._place.progress.get(flow)
        if known is not None:
            kept = tuple(mark for mark in known.applied if mark not in set(applied))
            self._place.progress[flow] = replace(known, applied=kept)

    async def close(self) -> None:
        """Close nothing."""


class MemoryService:
    """A target of single calls, like an HTTP endpoint: many at a time, each with its own answer."""

    def __init__(
        self,
        place: Place,
        script: Script = fine,
        *,
        concurrency: int = 64,
        batch: int = 1,
        rest: Rest = asyncio.sleep,
    ) -> None:
        self.name = "service"
        self.features = Features(atomic=False, batch=batch, concurrency=concurrency)
        self.under_way: list[str] = []
        self.most_under_way = 0
        self._place = place
        self._script = script
        self._rest = rest

    async def open(self) -> None:
        """Open nothing: memory is there."""

    async def deliver(self, items: Sequence[Item], progress: Progress | None) -> list[DeliveryError | None]:
        """Take each item that the script does not blame."""
        del progress
        keys = [item.subject for item in items if item.subject]
        if set(keys) & set(self.under_way) or len(set(keys)) < len(keys):
            raise AssertionError("two items of one key are under way together")
        self.under_way += keys
        self.most_under_way = max(self.most_under_way, len(self.under_way))
        try:
            return await self._answer(items, self._script(items))
        finally:
            for key in keys:
                self.under_way.remove(key)

    async def ask(self, item: Item) -> Response | DeliveryError:
        """Take one item, and answer which effect it was, counting from 1: ``{"effect": 1}``."""
        [verdict] = await self.deliver([item], None)
        body = b'{"effect":%d}' % len(self._place.received)
        return verdict or Response(200, {"Content-Type": "application/json"}, body)

    async def _answer(self, items: Sequence[Item], trouble: Trouble) -> list[DeliveryError | None]:
        if trouble.seconds:
            await self._rest(trouble.seconds)
        if trouble.raised is not None and not trouble.after:
            raise trouble.raised
        verdicts = [trouble.blame.get(item.offset) for item in items]
        self._place.received += [
            _received(item)
            for item, verdict in zip(items, verdicts, strict=True)
            if verdict is None or trouble.after
        ]
        if trouble.raised is not None:
            raise trouble.raised
        return verdicts

    async def progress(self, flow: str) -> Progress | None:
        """Return None: a service keeps no flow's progress."""
        del flow
        return None

    async def forget(self, flow: str, applied: Sequence[int]) -> None:
        """Have nothing to forget."""

    async def close(self) -> None:
        """Close nothing."""


def _received(item: Item) -> Received:
    return Received(item.offset, item.subject, item.idempotency_key, item.attempt, item.record)
