"""What people ask of flows: which ones are paused, and that one takes nothing until they say so.

What is stored is what holds. Whoever changes it tells so by ``FlowPaused`` and ``FlowResumed``; a running
process hears that (``heeding``), as it does of its replays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Literal, Protocol

import msgspec

from trunkline.app.act import Act, Change
from trunkline.app.backbone import Backbone
from trunkline.app.project import unknown
from trunkline.delivery.pausing import Pause
from trunkline.kernel.clock import to_rfc3339
from trunkline.kernel.roles import Role
from trunkline.kernel.signals import FlowPaused, FlowResumed, Signal

State = Literal["running", "paused"]


class PauseView(msgspec.Struct, frozen=True):
    """Who paused a flow, since when, and why."""

    by: str
    since: str
    why: str

    def __str__(self) -> str:
        return f"paused by {self.by} since {self.since}: {self.why}"


class FlowState(msgspec.Struct, frozen=True):
    """Whether a flow may take events; ``since``, ``by`` and ``why`` are of its pause.

    ``already`` says of a change that it was so before.
    """

    flow: str
    state: State
    since: str | None = None
    by: str = ""
    why: str = ""
    already: bool = False


class _ToFlow(Act, frozen=True):
    role: ClassVar[Role] = "delivery"
    flow: str
    by: str
    why: str

    def change(self, result: FlowState) -> Change:
        """Tell how the flow stands, and how it stood."""
        other: State = "running" if result.state == "paused" else "paused"
        before = result.state if result.already else other
        return Change(before, result.state, 0 if result.already else 1)


class PauseFlow(_ToFlow, frozen=True):
    """Have a flow finish what it holds and take nothing until it is resumed; its replays rest as well."""


class ResumeFlow(_ToFlow, frozen=True):
    """Let a flow go on that was paused."""


async def pause_flow(backbone: Backbone, act: PauseFlow) -> FlowState:
    """Pause a flow, durable on return; what it has under way is finished.

    One that is paused keeps who paused it first, and why. Raises ``UsageError`` where there is no such flow.
    """
    before = await _known(backbone, act.flow)
    if before is None:
        pause = Pause(act.by, act.why, backbone.machine.clock.now())
        await backbone.pauses.put(act.flow, pause)
        backbone.machine.signals.emit(FlowPaused(act.flow, act.by, act.why))
        return _state(act.flow, pause)
    return _state(act.flow, before, already=True)


async def resume_flow(backbone: Backbone, act: ResumeFlow) -> FlowState:
    """Let a flow go on, durable on return. Raises ``UsageError`` where there is no such flow."""
    before = await _known(backbone, act.flow)
    if before is not None:
        await backbone.pauses.put(act.flow, None)
        backbone.machine.signals.emit(FlowResumed(act.flow, act.by, act.why))
    return _state(act.flow, None, already=before is None)


async def list_flows(backbone: Backbone) -> list[FlowState]:
    """Tell which flows are paused, all by name."""
    paused = await backbone.pauses.load()
    return [_state(name, paused.get(name)) for name in sorted(backbone.project.flows)]


def pause_view(pause: Pause | None) -> PauseView | None:
    """Return a pause as people see it."""
    return PauseView(pause.by, to_rfc3339(pause.at), pause.why) if pause else None


class Pausable(Protocol):
    """What of a running flow rests while it is paused."""

    def pause(self) -> None:
        """Take nothing more."""

    def resume(self) -> None:
        """Go on."""


async def heeding(backbone: Backbone, parts: Mapping[str, Iterable[Pausable]]) -> None:
    """Have the parts of running flows, by the flow's name, rest while it is paused, from now on."""

    def hear(signal: Signal) -> None:
        if isinstance(signal, (FlowPaused, FlowResumed)):
            for part in parts.get(signal.flow, ()):
                part.pause() if isinstance(signal, FlowPaused) else part.resume()

    backbone.machine.signals.listen(hear)
    for name in parts.keys() & await backbone.pauses.load():
        for part in parts[name]:
            part.pause()


async def _known(backbone: Backbone, flow: str) -> Pause | None:
    if flow not in backbone.project.flows:
        raise unknown("flow", flow, backbone.project.flows)
    return (await backbone.pauses.load()).get(flow)


def _state(flow: str, pause: Pause | None, *, already: bool = False) -> FlowState:
    if pause is None:
        return FlowState(flow, "running", already=already)
    return FlowState(flow, "paused", to_rfc3339(pause.at), pause.by, pause.why, already)
