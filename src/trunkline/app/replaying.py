"""Runs replays beside their flows: a task for each that is ``running``, also after a restart.

The state of a replay is what is stored. Who changes it tells so by ``ReplayChanged``; then what should run is
held against what runs.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from functools import partial

import msgspec
from msgspec.structs import replace

from trunkline.app.backbone import Backbone
from trunkline.app.kept import PAUSE_SECONDS, Kept
from trunkline.app.replays import change_state, holds_of
from trunkline.delivery.flow import Flow, Ports
from trunkline.delivery.replay.crossing import Crossing, Live
from trunkline.delivery.replay.port import Replay
from trunkline.delivery.replay.runner import US, ReplayRunner, Site
from trunkline.kernel.errors import StoreError, TrunklineError
from trunkline.kernel.signals import FlowPaused, FlowResumed, FlowStarted, ReplayChanged, Signal


class _Side(msgspec.Struct, frozen=True):
    flow: Flow
    ports: Callable[[], Ports]
    crossing: Crossing
    recovered: asyncio.Event


class _Running:
    """One replay that runs, over failures, until it ends or is told to stop."""

    def __init__(self, backbone: Backbone, replay: Replay, side: _Side) -> None:
        self._backbone, self._replay, self._side = backbone, replay, side
        self._runner: ReplayRunner | None = None
        self._stopping = False

    def stop(self) -> None:
        self._stopping = True
        if self._runner:
            self._runner.stop()

    async def run(self) -> None:
        backbone, replay, side = self._backbone, self._replay, self._side
        try:
            holds = holds_of(backbone, backbone.project.flows[replay.flow], replay.selection)
        except TrunklineError as error:
            await change_state(backbone, replay, "failed", US, str(error))
            return
        ports, bearing = side.ports(), backbone.bearings[side.flow.target]
        site = Site(
            side.flow, ports, backbone.ledger, backbone.replays, side.crossing, bearing, side.recovered
        )
        self._runner = ReplayRunner(replay, holds, site)
        if self._stopping:
            self._runner.stop()
        try:
            await self._runner.run()
        finally:
            await ports.target.close()


class Replayers:
    """The replays of a running project; ``failed`` tells, by its name, of one that begins again."""

    def __init__(self, backbone: Backbone, failed: Callable[[str, Exception, str], None]) -> None:
        self._backbone = backbone
        self._failed = failed
        self._sides: dict[str, _Side] = {}
        self._stops: dict[str, Callable[[], None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._look = asyncio.Event()
        backbone.machine.signals.listen(self._hear)

    def beside(self, flow: Flow, ports: Ports, own: Callable[[], Ports]) -> Ports:
        """Return what a flow runs on as replays may run beside it, each on its ``own``."""
        side = _Side(flow, own, Crossing(), asyncio.Event())
        self._sides[flow.name] = side
        return replace(ports, target=Live(ports.target, side.crossing))

    def _hear(self, signal: Signal) -> None:
        if isinstance(signal, FlowStarted) and signal.flow in self._sides:
            self._sides[signal.flow].recovered.set()
        elif isinstance(signal, (ReplayChanged, FlowPaused, FlowResumed)):
            self._look.set()

    @contextlib.asynccontextmanager
    async def running(self, grace_seconds: float) -> AsyncIterator[None]:
        """Run what should run while the block runs; at its end what is under way is finished."""
        watching = asyncio.create_task(self._watch(), name="replays")
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            for stop in self._stops.values():
                stop()
            await self._finish(grace_seconds)

    async def _finish(self, grace_seconds: float) -> None:
        tasks = list(self._tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            self._look.clear()
            try:
                await self._reconcile()
            except StoreError:  # it is looked again; what writes says so meanwhile
                await self._backbone.machine.clock.sleep(PAUSE_SECONDS)
                continue
            await self._look.wait()

    async def _reconcile(self) -> None:
        stored, paused = await self._backbone.replays.all(), await self._backbone.pauses.load()
        flows = self._sides.keys() - paused.keys()
        wanted = {one.id: one for one in stored if one.state == "running" and one.flow in flows}
        for replay_id in self._stops.keys() - wanted.keys():
            self._stops[replay_id]()
        for replay_id in wanted.keys() - self._stops.keys():
            self._begin(wanted[replay_id])

    def _begin(self, replay: Replay) -> None:
        backbone = self._backbone
        running = _Running(backbone, replay, self._sides[replay.flow])
        failed = partial(self._failed, replay.name)
        keeper = Kept(f"replay {replay.name}", running.run, failed, backbone.health, backbone.machine.clock)
        task = asyncio.create_task(keeper.run(), name=replay.name)

        def stop() -> None:
            keeper.stop()
            running.stop()

        def ended(_task: asyncio.Task[None]) -> None:
            del self._stops[replay.id]
            self._tasks.discard(task)
            self._look.set()  # it may have been resumed while it was stopping

        self._stops[replay.id] = stop
        self._tasks.add(task)
        task.add_done_callback(ended)
