"""Runs a project in the roles of this process, all or one, started in order and stopped in reverse.

Log and ledger are open already; then targets and flows (``delivery``), the janitor, sources and webhooks
(``intake``), the control port and the door start, so that nothing is taken in before it can be stored, and
stop from the outside in: first nothing new comes, then what is under way is finished. One source or flow
that fails does not stop the others.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, TypeAlias

import msgspec

from trunkline.app import control
from trunkline.app.acts import control_file, handler
from trunkline.app.alerting.readings import Reader
from trunkline.app.alerting.sending import Sender, channels_of
from trunkline.app.alerting.watching import Watch, link_of
from trunkline.app.backbone import Backbone
from trunkline.app.bearings import kept
from trunkline.app.census import keep_counting
from trunkline.app.connectors import ASKED, PULLED, PUSHED, TARGETS, Checked, Desks
from trunkline.app.gate.admission import Admission, admit
from trunkline.app.guarantee import require
from trunkline.app.kept import PAUSE_SECONDS, Failed, Kept
from trunkline.app.leaks import leaks
from trunkline.app.limited import Limited
from trunkline.app.masking import MASK, masked_subject
from trunkline.app.pausing import Pausable, heeding
from trunkline.app.project import Flow as FlowConfig
from trunkline.app.project import Source as SourceConfig
from trunkline.app.registry import SOURCES
from trunkline.app.replaying import Replayers
from trunkline.app.starting import note_start
from trunkline.app.sunsets import Sunsets
from trunkline.app.traced import TracedTarget
from trunkline.app.trim import fold, trim
from trunkline.app.versions import standing_of
from trunkline.connectors.source import Source as SourcePort
from trunkline.connectors.target import Target as TargetPort
from trunkline.delivery.answering import Answering
from trunkline.delivery.flow import Flow, Ports
from trunkline.delivery.ledger import Ledger
from trunkline.delivery.runner import FlowRunner
from trunkline.intake.notice import Announcing, Ceasing, Notice, announcing
from trunkline.intake.pull import pump
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import ProjectError, StoreError, TrunklineError
from trunkline.kernel.signals import (
    FlowStalled,
    SourceFailed,
    SourceStarted,
    Stopping,
)

TRIM_SECONDS = 3_600.0
"""How often the log is trimmed."""

FOLD_SECONDS = 300.0
"""How often the sums of KPIs are folded."""

GRACE_SECONDS = 30.0
"""How long what is under way may take to finish once the process was told to stop."""


class OpenDoor(Protocol):
    """An open HTTP door; ``url`` is where it listens."""

    url: str

    async def close(self) -> None:
        """Take no more requests, finish those under way, and return."""


OpensDoor: TypeAlias = Callable[[Mapping[str, Announcing]], Awaitable[OpenDoor]]
"""Opens the HTTP door for webhooks by path; the surface gives it, as this room knows no server."""


class Started(msgspec.Struct, frozen=True):
    """What runs: where the door listens (empty without one), each source, and each flow with its cursor.

    ``drafts`` are the flows that are left out until somebody allows drafts.
    """

    address: str
    webhooks: dict[str, str]
    folders: dict[str, str]
    flows: dict[str, int]
    drafts: tuple[str, ...] = ()


@contextlib.asynccontextmanager
async def running(
    backbone: Backbone, opens_door: OpensDoor | None, *, allow_draft: bool = False, pages: str = ""
) -> AsyncIterator[Started]:
    """Run a project while the block runs; leaving it stops in reverse and finishes what is held.

    What runs is what the backbone's roles say. A process of ``delivery`` alone needs no door. Raises
    ``GateError`` where a flow does not pass the gate, ``ProjectError`` where a credential stands in a file; a
    draft runs where ``allow_draft``, as it is. ``pages`` is where the door shows the documentation to all.
    """
    project = backbone.project
    found = leaks(project.folder, project.path(project.settings.secrets.file))
    admission = admit(project, found, allow_draft=allow_draft)
    takes_in = "intake" in backbone.roles
    _require_one_process(backbone)
    await _require_versions(backbone)
    sunsets = Sunsets(backbone, pages)
    await sunsets.look()
    await note_start(backbone)
    backbone.machine.signals.listen(backbone.health.hear)
    async with contextlib.AsyncExitStack() as stack:
        desks: Desks = {}
        if "delivery" in backbone.roles:
            shared = kept(backbone.bearings, backbone.standings, backbone.machine.signals)
            await stack.enter_async_context(shared)
            desks = await _start_flows(backbone, admission, stack)
            _start_alerting(backbone, admission, sunsets, stack)
        if takes_in:
            _start_janitor(backbone, stack)
            _background(stack, keep_counting(backbone), "census")
        _background(stack, sunsets.watch(), "sunsets")
        _background(stack, backbone.health.pulse(), "pulse")
        addresses = [control_file(backbone.project, role) for role in backbone.roles]
        await stack.enter_async_context(control.serving(addresses, handler(backbone)))
        if takes_in:
            _start_pulled(backbone, sunsets.notices, stack)
        pushed = _pushed(backbone, desks, sunsets.notices) if takes_in else {}
        where = await _open_door(backbone, stack, opens_door, pushed) if opens_door else ""
        hooks = {name: where + source.settings.path for name, (source, _) in pushed.items()}
        yield await _started(backbone, admission, where, hooks)
        backbone.machine.signals.emit(Stopping("asked to stop"))


def _start_alerting(
    backbone: Backbone, admission: Admission, sunsets: Sunsets, stack: contextlib.AsyncExitStack
) -> None:
    """Look at what is wrong and tell people; it ends before the flows do, whose end is nobody's news."""
    sender = Sender(backbone, channels_of(backbone))
    reader = Reader(backbone, admission.flows, lambda: sunsets.endings)
    watch = Watch(backbone, reader, link_of(backbone.project), sender.wake)
    _background(stack, watch.run(), "alerts")
    _background(stack, sender.run(), "notices")


def _require_one_process(backbone: Backbone) -> None:
    """Raise where somebody would wait here for an answer that another process gets."""
    asked = [one.name for one in backbone.project.sources.values() if SOURCES[one.via].replies]
    if asked and "intake" in backbone.roles and "delivery" not in backbone.roles:
        raise TrunklineError(
            f"whoever asks source {asked[0]} waits for the answer of its flow, so intake and delivery have "
            "to be one process: run without --role"
        )


async def _require_versions(backbone: Backbone) -> None:
    """Raise where a contract is used against what is registered."""
    machine = backbone.machine
    standing = await asyncio.to_thread(standing_of, backbone.project, machine.clock.now())
    if standing.faults:
        raise ProjectError(standing.faults)


async def _start_flows(backbone: Backbone, admission: Admission, stack: contextlib.AsyncExitStack) -> Desks:
    """Run every flow that is admitted; return those that answer, by stream."""
    flows = [backbone.project.flows[name] for name in admission.flows]
    await _require_streams(backbone, flows)
    for flow in flows:
        require(backbone.project, flow, backbone.log.features)
    desks: dict[str, Answering] = {}
    targets, runners, keepers = [], [], []
    pausable: dict[str, list[Pausable]] = {}
    replayers = Replayers(backbone, partial(_stalled, backbone))
    for flow in flows:
        wired, bearing = _wired(backbone, flow, flows), backbone.bearings[flow.target.name]
        desk = None
        if flow.to_reply is not None:
            clock = backbone.machine.clock
            desk = desks[wired.stream] = Answering(wired, flow.to_reply, backbone.ledger, bearing, clock)
        ports = _ports(backbone, flow, desk)
        ports = replayers.beside(wired, ports, partial(_ports, backbone, flow, None))
        targets.append(ports.target)
        runners.append(FlowRunner(wired, ports, bearing))
        pausable[flow.name] = [runners[-1], desk] if desk else [runners[-1]]
        keepers.append(
            _kept(backbone, f"flow {flow.name}", runners[-1].run, partial(_stalled, backbone, flow.name))
        )
    await heeding(backbone, pausable)
    tasks = [asyncio.create_task(keeper.run()) for keeper in keepers]
    stack.push_async_callback(_stop_flows, [*runners, *keepers], tasks, targets)
    await stack.enter_async_context(replayers.running(GRACE_SECONDS))
    return desks


async def _require_streams(backbone: Backbone, flows: Sequence[FlowConfig]) -> None:
    """Raise where a flow would take its place in one stream for its place in another."""
    for flow in flows:
        position, reads = await backbone.ledger.position(flow.name), flow.contract.stream
        if position is not None and position.stream not in ("", reads):
            raise TrunklineError(
                f"flow {flow.name} reads {reads} now, and its place is in {position.stream}: give the flow "
                f"from {reads} another name, and leave this one as it was until trunkline status shows that "
                "it has nothing left to deliver"
            )


def _before(flow: FlowConfig, flows: Sequence[FlowConfig]) -> Iterator[tuple[str, str]]:
    """Yield the flows of earlier major versions to the same target, each with its stream."""
    for one in flows:
        low, high = one.contract, flow.contract
        if one.target is flow.target and low.name == high.name and low.major < high.major:
            yield one.name, low.stream


def _wired(backbone: Backbone, flow: FlowConfig, flows: Sequence[FlowConfig]) -> Flow:
    return Flow(
        name=flow.name,
        stream=flow.contract.stream,
        target=flow.target.name,
        mapping=Checked(flow.mapping, flow.target.contract),
        policy=flow.retry,
        when_dead=flow.settings.when_dead,
        decode=flow.mapping.decode,
        project=backbone.project.settings.project,
        start=flow.start,
        after=tuple(_before(flow, flows)),
        answers=flow.to_reply is not None,
        shows_keys=masked_subject("-", flow.contract) != MASK,
    )


def _misfit(backbone: Backbone, flow: str, why: str) -> None:
    """Note that a flow's target does not fit: the flow is down until a person has mended it."""
    part = f"target of flow {flow}"
    if why:
        backbone.health.down(part, why)
    else:
        backbone.health.up(part)


def _stalled(backbone: Backbone, flow: str, error: Exception, what: str) -> None:
    again = backbone.machine.clock.now() + round(PAUSE_SECONDS * SECOND)
    backbone.machine.signals.emit(FlowStalled(flow, type(error).__name__, what, again))


def _kept(backbone: Backbone, part: str, work: Callable[[], Awaitable[None]], failed: Failed) -> Kept:
    return Kept(part, work, failed, backbone.health, backbone.machine.clock)


def _ports(backbone: Backbone, flow: FlowConfig, desk: Answering | None) -> Ports:
    """Return what a flow runs on; what it tells callers passes the desk on both sides."""
    machine, described = backbone.machine, flow.target
    ledger: Ledger = backbone.ledger
    if desk is None:
        target = TARGETS[described.via](described, backbone)
    else:
        target, ledger = desk.asking(ASKED[described.via](described, backbone)), desk.recording()
    if machine.tracer:
        stream = flow.contract.stream
        target = TracedTarget(target, flow.name, stream, machine.tracer, machine.clock)
    limited = Limited(target, described.system.limits, partial(_misfit, backbone, flow.name))
    limits = backbone.project.settings.limits
    return Ports(backbone.log, ledger, limited, machine.clock, machine.ids, machine.signals, limits)


async def _stop_flows(
    running_parts: Sequence[FlowRunner | Kept], tasks: list[asyncio.Task[None]], targets: Sequence[TargetPort]
) -> None:
    for part in running_parts:
        part.stop()
    await _finished(tasks)
    for target in targets:
        await target.close()


async def _finished(tasks: list[asyncio.Task[None]]) -> None:
    """Wait within the grace, then end what would not finish: it is durable, and begins there again."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=GRACE_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _start_janitor(backbone: Backbone, stack: contextlib.AsyncExitStack) -> None:
    async def keep_tidy() -> None:
        clock = backbone.machine.clock
        trim_at = clock.monotonic() + TRIM_SECONDS
        while True:
            with contextlib.suppress(StoreError):  # it is tried again, and writes say so meanwhile
                await fold(backbone)
                if clock.monotonic() >= trim_at:
                    trim_at += TRIM_SECONDS
                    await trim(backbone)
            await clock.sleep(FOLD_SECONDS)

    _background(stack, keep_tidy(), "janitor")


def _background(stack: contextlib.AsyncExitStack, work: Coroutine[Any, Any, None], name: str) -> None:
    task = asyncio.create_task(work, name=name)

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(end)


def _start_pulled(
    backbone: Backbone, notices: Mapping[str, Notice], stack: contextlib.AsyncExitStack
) -> None:
    for name, described in backbone.project.sources.items():
        if described.via not in PULLED:
            continue
        source = Ceasing(PULLED[described.via](described, backbone), notices[name])
        work = partial(pump, source, backbone.intakes[name], backbone.around)
        keeper = _kept(backbone, f"source {name}", work, partial(_failed, backbone, name))
        stack.push_async_callback(_stop_source, source, keeper, asyncio.create_task(keeper.run()))


def _failed(backbone: Backbone, source: str, _error: Exception, what: str) -> None:
    backbone.machine.signals.emit(SourceFailed(source, what))


async def _stop_source(source: SourcePort, keeper: Kept, task: asyncio.Task[None]) -> None:
    keeper.stop()
    await source.close()
    await _finished([task])


def _pushed(
    backbone: Backbone, desks: Desks, notices: Mapping[str, Notice]
) -> dict[str, tuple[SourceConfig, Announcing]]:
    """Return every source that others push to, by name, with its endpoint; none that nobody would answer."""
    sources = {
        name: one
        for name, one in backbone.project.sources.items()
        if one.via in PUSHED and (one.contract.stream in desks or not SOURCES[one.via].replies)
    }
    around = backbone.around
    return {
        name: (
            one,
            announcing(
                PUSHED[one.via](one, backbone, desks), name, one.contract.stream, notices[name], around
            ),
        )
        for name, one in sources.items()
    }


async def _open_door(
    backbone: Backbone,
    stack: contextlib.AsyncExitStack,
    opens_door: OpensDoor,
    sources: Mapping[str, tuple[SourceConfig, Announcing]],
) -> str:
    try:
        door = await opens_door({source.settings.path: endpoint for source, endpoint in sources.values()})
    except OSError as error:
        raise TrunklineError(f"the HTTP door cannot listen: {error.strerror}; choose another port") from None
    stack.push_async_callback(door.close)
    where = door.url
    for name, (source, _) in sources.items():
        backbone.machine.signals.emit(SourceStarted(name, where + source.settings.path))
    return where


async def _started(backbone: Backbone, admission: Admission, address: str, hooks: dict[str, str]) -> Started:
    project = backbone.project
    sources = project.sources.values() if "intake" in backbone.roles else ()
    flows = admission.flows if "delivery" in backbone.roles else ()
    cursors = {status.flow: status.cursor for status in await backbone.ledger.status()}
    return Started(
        address,
        hooks,
        {one.name: str(project.path(one.settings.folder)) for one in sources if one.via == "files"},
        {name: cursors.get(name, 0) for name in flows},
        admission.drafts,
    )
