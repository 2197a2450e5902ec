"""Runs a project in the roles of this process, all or one, started in order and stopped in reverse.

Log and ledger are open already; then targets and flows (``delivery``), the janitor, sources and webhooks
(``intake``), the control port and the door start, so that nothing is taken in before it can be stored, and
stop from the outside in: first nothing new comes, then what is under way is finished. One source or flow
that fails does not stop the others.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, TypeAlias

import msgspec

from trunkline.app import control
from trunkline.app.acts import control_file, handler
from trunkline.app.backbone import Backbone
from trunkline.app.bearings import kept
from trunkline.app.connectors import PULLED, TARGETS, Checked, webhook
from trunkline.app.guarantee import require
from trunkline.app.health import STORE_SECONDS, Health
from trunkline.app.kept import PAUSE_SECONDS, Failed, Kept
from trunkline.app.limited import Limited
from trunkline.app.project import Flow as FlowConfig
from trunkline.app.project import Source as SourceConfig
from trunkline.app.replaying import Replayers
from trunkline.app.trim import trim
from trunkline.connectors.source import Source as SourcePort
from trunkline.connectors.target import Target as TargetPort
from trunkline.delivery.flow import Flow, Ports
from trunkline.delivery.runner import FlowRunner
from trunkline.intake.pull import pump
from trunkline.intake.webhook import Webhook
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import StoreError, TrunklineError
from trunkline.kernel.signals import FlowStalled, Signal, SourceFailed, SourceStarted, Stopping

TRIM_SECONDS = 3_600.0
"""How often the log is trimmed."""

GRACE_SECONDS = 30.0
"""How long what is under way may take to finish once the process was told to stop."""


class OpenDoor(Protocol):
    """An open HTTP door."""

    host: str
    port: int

    async def close(self) -> None:
        """Take no more requests, finish those under way, and return."""


OpensDoor: TypeAlias = Callable[[Mapping[str, Webhook]], Awaitable[OpenDoor]]
"""Opens the HTTP door for webhooks by path; the surface gives it, as this room knows no server."""


class Started(msgspec.Struct, frozen=True):
    """What runs: where the door listens (empty without one), each source, and each flow with its cursor."""

    address: str
    webhooks: dict[str, str]
    folders: dict[str, str]
    flows: dict[str, int]


@contextlib.asynccontextmanager
async def running(backbone: Backbone, opens_door: OpensDoor | None) -> AsyncIterator[Started]:
    """Run a project while the block runs; leaving it stops in reverse and finishes what is held.

    What runs is what the backbone's roles say. A process of ``delivery`` alone needs no door.
    """
    takes_in = "intake" in backbone.roles
    backbone.machine.signals.listen(partial(_note_store, backbone.health))
    async with contextlib.AsyncExitStack() as stack:
        if "delivery" in backbone.roles:
            shared = kept(backbone.bearings, backbone.standings, backbone.machine.signals)
            await stack.enter_async_context(shared)
            await _start_flows(backbone, stack)
        if takes_in:
            _start_janitor(backbone, stack)
        addresses = [control_file(backbone.project, role) for role in backbone.roles]
        await stack.enter_async_context(control.serving(addresses, handler(backbone)))
        if takes_in:
            _start_pulled(backbone, stack)
        pushed = _webhooks(backbone) if takes_in else {}
        where = await _open_door(backbone, stack, opens_door, pushed) if opens_door else ""
        yield await _started(backbone, where)
        backbone.machine.signals.emit(Stopping("asked to stop"))


async def _start_flows(backbone: Backbone, stack: contextlib.AsyncExitStack) -> None:
    for flow in backbone.project.flows.values():
        require(backbone.project, flow, backbone.log.features)
    targets, runners, keepers = [], [], []
    replayers = Replayers(backbone, partial(_stalled, backbone))
    for flow in backbone.project.flows.values():
        wired = _wired(backbone, flow)
        connect = partial(_connected, backbone, flow)
        target = replayers.beside(wired, connect(), partial(_own_ports, backbone, connect))
        targets.append(target)
        runners.append(FlowRunner(wired, _ports(backbone, target), backbone.bearings[flow.target.name]))
        keepers.append(
            _kept(backbone, f"flow {flow.name}", runners[-1].run, partial(_stalled, backbone, flow.name))
        )
    tasks = [asyncio.create_task(keeper.run()) for keeper in keepers]
    stack.push_async_callback(_stop_flows, [*runners, *keepers], tasks, targets)
    await stack.enter_async_context(replayers.running(GRACE_SECONDS))


def _wired(backbone: Backbone, flow: FlowConfig) -> Flow:
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
    )


def _connected(backbone: Backbone, flow: FlowConfig) -> TargetPort:
    made = TARGETS[flow.target.via](flow.target, backbone)
    return Limited(made, flow.target.system.limits, partial(_misfit, backbone, flow.name))


def _own_ports(backbone: Backbone, connect: Callable[[], TargetPort]) -> Ports:
    return _ports(backbone, connect())


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


def _note_store(health: Health, signal: Signal) -> None:
    """Note that a flow could not record what it did: the store is full or away for what arrives as well."""
    if isinstance(signal, FlowStalled) and signal.kind == "store":
        health.down("store", signal.detail, STORE_SECONDS)


def _kept(backbone: Backbone, part: str, work: Callable[[], Awaitable[None]], failed: Failed) -> Kept:
    return Kept(part, work, failed, backbone.health, backbone.machine.clock)


def _ports(backbone: Backbone, target: TargetPort) -> Ports:
    machine = backbone.machine
    limits = backbone.project.settings.limits
    return Ports(backbone.log, backbone.ledger, target, machine.clock, machine.ids, machine.signals, limits)


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
        while True:
            await backbone.machine.clock.sleep(TRIM_SECONDS)
            with contextlib.suppress(StoreError):  # it is tried again in an hour, and writes say so meanwhile
                await trim(backbone)

    _background(stack, keep_tidy(), "janitor")


def _background(stack: contextlib.AsyncExitStack, work: Coroutine[Any, Any, None], name: str) -> None:
    task = asyncio.create_task(work, name=name)

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(end)


def _start_pulled(backbone: Backbone, stack: contextlib.AsyncExitStack) -> None:
    for name, described in backbone.project.sources.items():
        if described.via not in PULLED:
            continue
        source = PULLED[described.via](described, backbone)
        work = partial(pump, source, backbone.intakes[name], backbone.around)
        keeper = _kept(backbone, f"source {name}", work, partial(_failed, backbone, name))
        stack.push_async_callback(_stop_source, source, keeper, asyncio.create_task(keeper.run()))


def _failed(backbone: Backbone, source: str, _error: Exception, what: str) -> None:
    backbone.machine.signals.emit(SourceFailed(source, what))


async def _stop_source(source: SourcePort, keeper: Kept, task: asyncio.Task[None]) -> None:
    keeper.stop()
    await source.close()
    await _finished([task])


def _webhooks(backbone: Backbone) -> dict[str, SourceConfig]:
    return {name: one for name, one in backbone.project.sources.items() if one.via == "webhook"}


async def _open_door(
    backbone: Backbone,
    stack: contextlib.AsyncExitStack,
    opens_door: OpensDoor,
    sources: Mapping[str, SourceConfig],
) -> str:
    webhooks = {source.settings.path: webhook(source, backbone) for source in sources.values()}
    try:
        door = await opens_door(webhooks)
    except OSError as error:
        raise TrunklineError(f"the HTTP door cannot listen: {error.strerror}; choose another port") from None
    stack.push_async_callback(door.close)
    where = f"http://{door.host}:{door.port}"
    for name, source in sources.items():
        backbone.machine.signals.emit(SourceStarted(name, where + source.settings.path))
    return where


async def _started(backbone: Backbone, address: str) -> Started:
    project = backbone.project
    sources = project.sources.values() if "intake" in backbone.roles else ()
    flows = project.flows if "delivery" in backbone.roles else ()
    cursors = {status.flow: status.cursor for status in await backbone.ledger.status()}
    return Started(
        address,
        {one.name: address + one.settings.path for one in sources if one.via == "webhook"},
        {one.name: str(project.path(one.settings.folder)) for one in sources if one.via == "files"},
        {name: cursors.get(name, 0) for name in flows},
    )
