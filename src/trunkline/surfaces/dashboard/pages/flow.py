"""One flow: how it is and why, what waits in it, and the forms that pause it and let its target alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from trunkline.app.acts import IsolateTarget, PauseFlow, ResetTarget, ResumeFlow
from trunkline.app.flow_detail import flow_detail
from trunkline.app.project import unknown
from trunkline.kernel.errors import UsageError
from trunkline.surfaces.dashboard.forms import Asking, Form
from trunkline.surfaces.dashboard.page import ROOM, Asked, NotThere, Page, View


def address(flow: str) -> str:
    """Return where a flow's page is."""
    return f"{ROOM}/flows/{quote(flow)}"


async def _load(asked: Asked) -> View:
    seen, name = await asked.sights.now(), asked.parts["flow"]
    try:
        detail = await flow_detail(asked.backbone, seen, name)
    except UsageError as error:
        raise NotThere(str(error)) from None
    return View(name, detail, above=(("Flows", f"{ROOM}/flows"),), at=seen.at)


FLOW = Page(
    "flow",
    "/flows/{flow}",
    "Flow",
    "One flow: its state and why, its policy in words, its target, what waits and what holds others back.",
    _load,
    every_seconds=4.0,
)


def _about_flow(title: str, *says: str) -> Callable[[Asked], Any]:
    async def asks(asked: Asked) -> Asking:
        name = asked.value("flow")
        if name not in asked.backbone.project.flows:
            raise unknown("flow", name, asked.backbone.project.flows)
        return Asking(f"{title} flow {name}?", says, address(name), {"flow": name})

    return asks


def _about_target(title: str, *says: str) -> Callable[[Asked], Any]:
    async def asks(asked: Asked) -> Asking:
        name, flows = asked.value("target"), asked.backbone.project.flows.values()
        if name not in asked.backbone.bearings:
            raise unknown("target", name, asked.backbone.bearings)
        led = [flow.name for flow in flows if flow.target.name == name]
        told = (*says, f"Flows to it: {', '.join(led)}.")
        back = address(led[0]) if led else f"{ROOM}/flows"
        return Asking(f"{title} target {name}?", told, back, {"target": name})

    return asks


PAUSE = Form(
    "pause-flow",
    "Pause",
    "pauses a flow",
    _about_flow(
        "Pause",
        "It finishes what it holds and takes nothing more until it is resumed, over restarts too.",
        "Its events stay in the log, in their order: nothing is lost, but all of it comes late.",
    ),
    lambda asked, by, why: PauseFlow(asked.value("flow"), by, why),
    lambda done: f"Flow {done.flow} is paused{' already' if done.already else ''}.",
)
RESUME = Form(
    "resume-flow",
    "Resume",
    "lets a flow go on",
    _about_flow("Resume", "It goes on where it stopped, in order."),
    lambda asked, by, why: ResumeFlow(asked.value("flow"), by, why),
    lambda done: f"Flow {done.flow} runs{' already' if done.already else ' again'}.",
)
ISOLATE = Form(
    "isolate-target",
    "Isolate",
    "lets nothing go to a target",
    _about_target(
        "Isolate",
        "No call goes to it until it is reset; calls under way finish. Its events wait, and cost no attempt.",
    ),
    lambda asked, by, why: IsolateTarget(asked.value("target"), by, why),
    lambda done: f"Target {done.target} is isolated.",
    grave=True,
)
RESET = Form(
    "reset-target",
    "Reset",
    "lets calls go to a target again",
    _about_target("Reset", "Calls go to it again, slowly at first, isolated or away as it is."),
    lambda asked, by, why: ResetTarget(asked.value("target"), by, why),
    lambda done: f"Target {done.target} is called again.",
)
FORMS = (PAUSE, RESUME, ISOLATE, RESET)
