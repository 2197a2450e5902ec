"""One world: flows that live, crash and come back in it while events arrive and people answer dead letters.

The delivery code is the real one, from ``FlowRunner`` down. Log and ledger are the in-memory references and
outlive every process. A seed decides all of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import NamedTuple

from msgspec.structs import replace
from tests.simulation.loop import Deadlock, Livelock, LoopClock, VirtualLoop, run
from tests.simulation.plan import Life, Plan, plan
from tests.simulation.ports import Faults, Process, Reached, Store
from tests.simulation.scene import Scene

from trunkline.app.bearings import kept, resume
from trunkline.delivery.bearing import Bearing, Terms
from trunkline.delivery.flow import Ports
from trunkline.delivery.ledger import CaseQuery, Discard, Retry
from trunkline.delivery.memory import MemoryLedger
from trunkline.delivery.pace import LEAST_PER_SECOND
from trunkline.delivery.quota import Quota
from trunkline.delivery.runner import FlowRunner
from trunkline.delivery.standing import MemoryStandings, Standing
from trunkline.eventlog.memory import MemoryLog
from trunkline.eventlog.port import Retention
from trunkline.kernel.clock import SECOND
from trunkline.kernel.event import Event
from trunkline.kernel.ids import SystemIds
from trunkline.kernel.limits import Limits
from trunkline.kernel.signals import BreakerOpened, FlowStarted, Signals
from trunkline.testkit.clock import START
from trunkline.testkit.traffic import Ceiling, Traffic
from trunkline.testkit.witness import storms

SETTLING_SECONDS = 300.0
"""How long a healed world may take beyond the longest wait: a pause at its longest, and people's answers."""

STOPPING_SECONDS = 60.0
"""How long a process that was asked to stop may take: the longest call, and a pause of the store."""

FOREVER = Life(seconds=0.0, end="stop", count=0, after=0.0)

AGE_SECONDS = 15.0
"""How old a dead letter is when a person sees it: older than any call can be that still straggles."""


class Note(NamedTuple):
    """Something that happened: ``at`` microseconds from the beginning, in which process, to which events."""

    at: int
    process: int
    who: str
    what: str
    offsets: tuple[int, ...]
    detail: str


class World:
    """A plan, carried out; ``wrong`` is what went wrong and ``notes`` how it came to it."""

    def __init__(self, made: Plan, loop: VirtualLoop) -> None:
        self.plan = made
        self.clock = LoopClock(loop)
        self.chance = random.Random(f"world {made.seed}")
        self.faults = Faults(made, random.Random(f"faults {made.seed}"), self.clock)
        self.log = MemoryLog(self.clock)
        self.ledger = MemoryLedger()
        self.notes: list[Note] = []
        self.wrong: list[str] = []
        self.events: dict[str, list[Event]] = {flow.stream: [] for flow in made.flows}
        self.scenes = [
            Scene(
                flow,
                made.targets[flow.target],
                self.events[flow.stream],
                self.faults.of_call,
                self.clock,
                self.note,
            )
            for flow in made.flows
        ]
        self.runners: list[FlowRunner] = []
        self.standings = MemoryStandings()
        self.ceiling = Ceiling()
        self.traffic: list[Traffic] = []
        self.starts: list[int] = []
        self._keeping = contextlib.AsyncExitStack()
        self.left: set[tuple[str, int]] = set()
        self._processes = 0

    def note(self, who: str, what: str, offsets=(), detail: str = "") -> None:
        at = self.clock.now() - START
        self.notes.append(Note(at, self._processes, who, what, tuple(offsets), detail))

    async def story(self) -> None:
        """Live, heal, settle, and judge."""
        arriving = asyncio.create_task(self._arrive())
        others = [asyncio.create_task(work) for work in (self._answer(), self._tidy(), self._switch())]
        for life in self.plan.lives:
            if self._passed() < self.plan.last_at:
                await self._live(life)
                await asyncio.sleep(life.after)
        await self._settle(arriving)
        for other in others:
            other.cancel()
        for ended in await asyncio.gather(*others, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended
        await self._judge()

    def _passed(self) -> float:
        return (self.clock.now() - START) / SECOND

    # Processes.

    async def _start(self, life: Life) -> tuple[Process, list[asyncio.Task[None]]]:
        self._processes += 1
        process = Process(life, self.chance, self.plan.delays)
        self.note("process", "starts")
        self.starts.append(self.clock.now())
        bearings = await self._share(process)
        self.runners = [
            FlowRunner(scene.flow, self._ports(scene, process), bearings[scene.plan.target])
            for scene in self.scenes
        ]
        for runner, scene in zip(self.runners, self.scenes, strict=True):
            if scene.paused_at is not None:
                runner.pause()
        return process, [asyncio.create_task(runner.run()) for runner in self.runners]

    async def _share(self, process: Process) -> list[Bearing]:
        """Make what the flows of a process share, as the composition root does, and who watches it."""
        made, signals = self.plan, Signals()
        signals.listen(self._heard)
        ids = SystemIds(self.clock, self.chance.getrandbits(32))
        limits = {"calls_per_second": made.calls_per_second, "concurrency": made.concurrency}
        quota, self.ceiling = Quota(**limits), Ceiling(**limits)
        terms = [
            Terms(one.breaker, one.budget, None if one.atomic else one.concurrency) for one in made.targets
        ]
        names = [f"target-{number}" for number in range(len(terms))]
        bearings = [
            Bearing(name, self.clock, ids, signals, one, quota)
            for name, one in zip(names, terms, strict=True)
        ]
        if not made.remembers:
            self.standings = MemoryStandings()
        known = await self.standings.load()
        self.traffic = [
            Traffic(
                one,
                self.ceiling,
                self.clock,
                batch=target.batch if target.atomic else 0,
                away=known.get(name, Standing()).outage is not None,
            )
            for name, one, target in zip(names, terms, made.targets, strict=True)
        ]
        by_name = dict(zip(names, bearings, strict=True))
        await resume(by_name, self.standings)
        stored = Store(self.standings, process, self.faults)
        await self._keeping.enter_async_context(kept(by_name, stored, signals))
        return bearings

    def _heard(self, signal) -> None:
        if isinstance(signal, BreakerOpened):
            self.note(signal.target, "is left alone", (), f"{signal.kind}: {signal.detail}")

    def _ports(self, scene: Scene, process: Process) -> Ports:
        signals = Signals()
        traffic = self.traffic[scene.plan.target]
        signals.listen(scene.heard)
        signals.listen(
            lambda signal: traffic.starts_over(signal.flow) if isinstance(signal, FlowStarted) else None
        )
        return Ports(
            log=Store(self.log, process, self.faults),
            ledger=Store(self.ledger, process, self.faults, scene.told),
            target=Reached(scene, traffic, process, self.faults),
            clock=self.clock,
            ids=SystemIds(self.clock, self.chance.getrandbits(32)),
            signals=signals,
            limits=Limits(page_events=self.plan.page_events),
        )

    async def _live(self, life: Life) -> None:
        """Run a process until it stops or crashes."""
        process, tasks = await self._start(life)
        ended = asyncio.create_task(process.ended.wait())
        seconds = min(life.seconds, self.plan.last_at - self._passed())
        await asyncio.wait([ended, *tasks], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if life.end == "crash":
            process.crash()
        await self._stop(process, tasks)
        await self._drop([ended, *tasks])

    async def _stop(self, process: Process, tasks) -> None:
        """Ask a process to stop, unless it has crashed, and end it."""
        if not process.ended.is_set():
            self.note("process", "is asked to stop")
            for runner in self.runners:
                runner.stop()
            done, pending = await asyncio.wait(tasks, timeout=STOPPING_SECONDS)
            if pending and not process.ended.is_set():
                self.wrong.append(f"a process did not stop within {STOPPING_SECONDS:g} s")
            failed = [task.exception() for task in done if not task.cancelled() and task.exception()]
            self.wrong += [f"a flow ended with {error!r}" for error in failed]
        with contextlib.suppress(asyncio.CancelledError):  # it has crashed, or does so as it stores
            await self._keeping.aclose()
        self.note("process", "crashes" if process.ended.is_set() else "has stopped")
        process.crash()
        for number, traffic in enumerate(self.traffic):
            self.wrong += [f"target-{number}: {one}" for one in traffic.faults]
        self.wrong += [f"system: {one}" for one in self.ceiling.faults]

    async def _drop(self, tasks) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # The world around them.

    async def _arrive(self) -> None:
        for arrival in self.plan.arrivals:
            await asyncio.sleep(max(0.0, arrival.at - self._passed()))
            events = self.events[arrival.stream]
            first = len(events)
            new = [self._event(arrival.stream, first + n, key) for n, key in enumerate(arrival.subjects)]
            events += new
            self.note(arrival.stream, "arrive", range(first, first + len(new)))
            await self.log.append(arrival.stream, new)

    def _event(self, stream: str, number: int, subject: str) -> Event:
        now = self.clock.now()
        return Event(
            id=f"e{number}",
            source="till",
            type="order",
            subject=subject,
            time=now,
            recorded=now,
            contract=stream,
            correlation=f"{number + 1:032x}",
            data=b'{"n": %d}' % number,
        )

    async def _answer(self) -> None:
        """People look at the dead letters from time to time, mend what they can and answer some."""
        while True:
            await asyncio.sleep(self.plan.answers * self.chance.uniform(0.5, 1.5))
            for scene in self.scenes:
                for offset in await self._dead(scene):
                    if self.faults.healed or self.chance.random() < 0.3:
                        await self._resolve(scene, offset)

    async def _dead(self, scene: Scene) -> list[int]:
        """Return a flow's dead letters that a person will have seen, and has not decided to leave."""
        found = await self.ledger.find(CaseQuery(flow=scene.plan.name, state="dead", limit=1_000))
        seen = self.clock.now() - round(AGE_SECONDS * SECOND)
        dead = [case.offset for _, case in found if case.at <= seen]
        return [offset for offset in dead if (scene.plan.name, offset) not in self.left]

    async def _resolve(self, scene: Scene, offset: int) -> None:
        chance, name = self.chance, scene.plan.name
        if self.faults.healed and chance.random() < self.plan.left:
            self.left.add((name, offset))
            return
        scene.mended = scene.mended or self.faults.healed or chance.random() < 0.2
        answer = Discard("old") if chance.random() < 0.3 else Retry()
        if await self.ledger.resolve(name, offset, answer, self.clock.now()):
            scene.resolved(offset, answer)
        if self.runners and chance.random() < 0.5:
            self.runners[self.scenes.index(scene)].look()

    async def _switch(self) -> None:
        """People pause flows and resume them, whether a process runs or not; in a healed world all go on."""
        chance = random.Random(f"switch {self.plan.seed}")
        while self.plan.pauses and not self.faults.healed:
            await asyncio.sleep(self.plan.pauses * chance.uniform(0.5, 1.5))
            number = chance.randrange(len(self.scenes))
            scene = self.scenes[number]
            scene.turned(paused=scene.paused_at is None and not self.faults.healed)
            if self.runners:
                runner = self.runners[number]
                runner.resume() if scene.paused_at is None else runner.pause()

    def _resume_all(self) -> None:
        for scene, runner in zip(self.scenes, self.runners, strict=True):
            scene.turned(paused=False)
            runner.resume()

    async def _tidy(self) -> None:
        """Trim what every flow says it needs no more, as the janitor does."""
        while self.plan.trims:
            await asyncio.sleep(self.chance.uniform(5.0, 60.0))
            stands = {status.flow: status.keep_from for status in await self.ledger.status()}
            for stream in self.events:
                flows = [flow.name for flow in self.plan.flows if flow.stream == stream]
                keep = min(stands.get(name, 0) for name in flows)
                await self.log.trim(stream, Retention(keep_from=keep, before=self.clock.now()))

    # The end.

    async def _settle(self, arriving: asyncio.Task[None]) -> None:
        """Make the world whole and give it the time it may need, until nothing is left to do."""
        process, tasks = await self._start(FOREVER)
        await asyncio.sleep(self.plan.healed_at - self._passed())
        self.note("world", "is healed")
        self.faults.healed = True
        self._resume_all()
        for scene in self.scenes:
            scene.mended = True
        await arriving
        longest = max(flow.policy.longest_seconds for flow in self.plan.flows)
        until = self._passed() + longest * 1.1 + SETTLING_SECONDS + self._longest_queue()
        while self._passed() < until and not await self._is_settled():
            await asyncio.wait(tasks, timeout=20.0, return_when=asyncio.FIRST_COMPLETED)
        await self._stop(process, tasks)
        await self._drop(tasks)

    def _longest_queue(self) -> float:
        """Return how long events may stand in line at a target: for its slow start, and for its budget.

        A retry that may not be made yet is not stuck. Each event may be one, and a budget without first
        attempts allows its floor in each window, which slides by slots.
        """
        waits = []
        for number, target in enumerate(self.plan.targets):
            events = sum(len(scene.events) for scene in self.scenes if scene.plan.target == number)
            budget = target.budget
            floor = max(1, int(budget.floor_per_second * budget.window_seconds))
            waits.append(events * (1 / LEAST_PER_SECOND + 1.1 * budget.window_seconds / floor))
        return max(waits)

    async def _is_settled(self) -> bool:
        return not any([scene.stuck(await self._fates(scene), self._left_of(scene)) for scene in self.scenes])

    async def _fates(self, scene: Scene):
        return [await self.ledger.fate(scene.plan.name, offset) for offset in range(len(scene.events))]

    def _left_of(self, scene: Scene) -> set[int]:
        return {offset for name, offset in self.left if name == scene.plan.name}

    async def _judge(self) -> None:
        crashes = any(life.end != "stop" for life in self.plan.lives)
        for scene in self.scenes:
            calm = not (crashes or self.plan.store or scene.target.in_doubt or scene.target.lied)
            counts = await self.ledger.counts(scene.plan.name, 0, self.clock.now() + 1)
            found = scene.judge(await self._fates(scene), self._left_of(scene), counts, once=calm)
            self.wrong += [f"{scene.plan.name}: {one}" for one in found]
        for number, target in enumerate(self.plan.targets):
            watched = [scene.witness for scene in self.scenes if scene.plan.target == number]
            repeats = [at for witness in watched for at in witness.repeats]
            spans = [(_instant(away.begin), _instant(away.end)) for away in target.away]
            found = storms(spans, repeats, self.starts, target.concurrency, target.breaker)
            self.wrong += [f"target-{number}: {one}" for one in found]


def _instant(seconds: float) -> int:
    return START + round(seconds * SECOND)


def play(seed: int, *, replies: bool = False) -> World:
    """Carry out the world of a seed and return it; with ``replies`` somebody waits for each of its events."""
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    chosen = plan(seed)
    flows = tuple(replace(flow, replies=replies) for flow in chosen.flows)
    world = World(replace(chosen, flows=flows), loop)
    try:
        run(loop, world.story())
    except (Deadlock, Livelock) as stuck:
        world.wrong.append(str(stuck))
    finally:
        asyncio.set_event_loop(None)
    return world
