"""One replay, running: from a restart, a crash or a pause it goes on where its own ledger says it is.

Each life takes the same steps, and delivers by the same ``FlowRunner`` that every flow has::

    wait for the flow -> fix the bound -> survey -> remember -> deliver

The composition root makes one for each replay that is ``running``, awaits ``run`` in a task of its own, and
calls ``stop`` where it was paused or cancelled, or the process ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

import msgspec
from msgspec.structs import replace

from trunkline.delivery.aside import Aside
from trunkline.delivery.bearing import Bearing
from trunkline.delivery.control import first_done
from trunkline.delivery.flow import Flow, Ports
from trunkline.delivery.replay.books import OPEN, Books, WholeLedger
from trunkline.delivery.replay.crossing import Crossing, Replaying
from trunkline.delivery.replay.port import Change, Replay, Replays
from trunkline.delivery.replay.selecting import Choice, Holds, TooMany, survey
from trunkline.delivery.replay.view import ReplayedLog, replayed
from trunkline.delivery.runner import FlowRunner
from trunkline.kernel.errors import Corrupt
from trunkline.kernel.signals import ReplayChanged, ReplayProgress

TICK_SECONDS = 1.0
"""How often a replay looks whether it is done, and tells how far it is."""

WAIT_SECONDS = 0.25
"""How often a replay that waits for its flow looks again."""

US = "trunkline"
"""Who changes a replay that no person changed."""

_KEYS = 1_000
_FOR_EVER = 2**62


class Site(msgspec.Struct, frozen=True):
    """Where a replay runs: its flow, what it runs on, and where the two meet.

    ``ports.target`` is the replay's own connection to the flow's target, ``bearing`` that target's.
    ``recovered`` is set once the flow has brought its ledger and its target together in this process.
    """

    flow: Flow
    ports: Ports
    ledger: WholeLedger
    replays: Replays
    crossing: Crossing
    bearing: Bearing
    recovered: asyncio.Event


class ReplayRunner:
    """Runs one replay until it is done, has failed, or is told to stop."""

    def __init__(self, replay: Replay, holds: Holds | None, site: Site) -> None:
        self._replay = replay
        self._site = site
        self._clock = site.ports.clock
        self._choice = Choice(replay.selection, holds, exactly=replay.exactly)
        self._books = Books(site.ports.log, site.ledger, site.flow.stream, site.flow.name)
        self._target = Replaying(site.ports.target, site.crossing, self._books, replay)
        room = site.ports.target.features.concurrency
        self._bearing = Aside(site.bearing, self._clock, per_second=replay.rate, room=room)
        self._stopping = asyncio.Event()
        self._told = (0, 0)

    def stop(self) -> None:
        """Ask ``run`` to return: nothing more is sent, what is under way is finished and recorded."""
        self._stopping.set()

    async def run(self) -> None:
        """Take the steps of a life; raises ``StoreError`` where they could not be taken now."""
        preparing = asyncio.ensure_future(self._prepare())
        try:
            await first_done(preparing, self._stopping.wait())
            if preparing.done():
                await self._deliver(preparing.result())
        except (TooMany, Corrupt) as error:
            await self._end(Change("failed", US, str(error), self._clock.now()))
        finally:
            preparing.cancel()
            await asyncio.gather(preparing, return_exceptions=True)
            self._site.crossing.forget()

    async def _prepare(self) -> ReplayedLog:
        replay, site = self._replay, self._site
        await site.recovered.wait()
        site.crossing.watch(_EVERY_KEY)
        bound = await site.replays.fix(replay.id, await self._books.cursor())
        end = await self._books.end()
        while await self._books.cursor() < end:
            await self._clock.sleep(WAIT_SECONDS)
        found = await survey(self._choice, self._books, bound)
        self._replay = replace(replay, planned=found.planned)
        site.crossing.watch(self._choice.first_of)
        await self._remember(bound)
        return ReplayedLog(self._books, self._choice, bound, replay.name, self._clock)

    async def _remember(self, bound: int) -> None:
        """Find what took effect in earlier lives of the replay and makes older events pointless.

        That is what the flow came to since, what was late in the flow, and what the replay itself
        delivered of entities that it still has something open of. What the flow has open goes first; it is
        looked for first as well, so that what is delivered meanwhile is found on one of the two ways.
        """
        flow, keys = self._site.flow.name, self._choice.first_of
        if not keys:
            return
        await self._doubt_open(list(keys))
        await self._remember_newest(flow, (bound, await self._books.cursor()), keys)
        await self._target.remember_late()
        own = self._replay.name
        open_keys = {
            case.key
            for state in OPEN
            async for case in self._books.cases_in(state, flow=own)
            if case.key in keys
        }
        if open_keys:
            await self._remember_newest(own, (self._choice.start, bound), open_keys)

    async def _remember_newest(self, flow: str, span: tuple[int, int], keys: Collection[str]) -> None:
        """Note for each key the newest event of a span of offsets that ``flow`` delivered."""
        of_key: dict[str, list[int]] = {}
        async for page in self._books.pages(*span):
            for offset, event in enumerate(page.events, page.base):
                if event.subject in keys:
                    of_key.setdefault(event.subject, []).append(offset)
        for key, offsets in of_key.items():
            for offset in reversed(offsets):
                if (await self._site.ledger.fate(flow, offset)).state == "delivered":
                    self._site.crossing.took_effect(key, offset)
                    break

    async def _doubt_open(self, keys: Sequence[str]) -> None:
        """Note the newest event of each entity that the flow itself has open."""
        flow = self._site.flow.name
        for start in range(0, len(keys), _KEYS):
            for key in await self._site.ledger.blocked(flow, keys[start : start + _KEYS]):
                for state in OPEN:
                    async for case in self._books.cases_in(state, key):
                        if case.holds:
                            self._site.crossing.doubt(key, case.offset)

    async def _deliver(self, log: ReplayedLog) -> None:
        ports = replace(self._site.ports, log=log, target=self._target)
        runner = FlowRunner(replayed(self._site.flow, self._replay), ports, self._bearing)
        task = asyncio.ensure_future(runner.run())
        try:
            is_done = await self._watch(log, task)
        except BaseException:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise
        runner.stop()
        await task
        if is_done:
            await self._end(Change("done", US, "everything is settled", self._clock.now()))

    async def _watch(self, log: ReplayedLog, task: asyncio.Future[None]) -> bool:
        """Tell how far it is until it is done (True) or ends otherwise."""
        while not (is_done := await self._is_done(log)) and not (self._stopping.is_set() or task.done()):
            await first_done(task, self._clock.sleep(TICK_SECONDS), self._stopping.wait())
        return is_done

    async def _is_done(self, log: ReplayedLog) -> bool:
        await self._target.look_up()
        position = await self._site.ledger.position(self._replay.name)
        await self._tell()
        if position is not None and position.owes:
            return False
        page = await log.read(self._site.flow.stream, position.cursor if position else 0, 1)
        return not page.events

    async def _tell(self) -> None:
        """Note and announce how far it is, where that has changed."""
        replay = self._replay
        counts = await self._site.ledger.counts(replay.name, 0, _FOR_EVER)
        told = (counts.delivered + counts.late, counts.died)
        if told != self._told:
            self._told = told
            await self._site.replays.note(replay.id, replay.planned, *told)
            self._site.ports.signals.emit(ReplayProgress(replay.id, replay.flow, replay.planned, *told))

    async def _end(self, change: Change) -> None:
        if await self._site.replays.change(self._replay.id, change):
            changed = ReplayChanged(self._replay.id, self._replay.flow, change.to, change.by)
            self._site.ports.signals.emit(changed)


class _EveryKey:
    def __contains__(self, _key: object) -> bool:
        return True


_EVERY_KEY = _EveryKey()
