"""What may be asked of a project that changes it: values that can be carried to the process that holds it.

``perform`` does an act on an open project, and writes it into the audit. ``submit`` finds out who has to:
the running process that has the act's role, where there is one, asked through its control port, or this one,
which opens the store in that role for a moment. Command line and Python API call ``submit`` and never need
to know.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from trunkline.app import control
from trunkline.app.act import Act, Change, about
from trunkline.app.alerting.acts import (
    AcknowledgeAlert,
    EndSilence,
    RouteTested,
    SilenceAlerts,
    TestRoute,
    acknowledge_alert,
    end_silence,
    silence_alerts,
    try_route,
)
from trunkline.app.alerting.views import AlertView, SilenceView
from trunkline.app.arrivals import (
    Discarded,
    DiscardEntries,
    ReleaseEntries,
    discard_entries,
    release_entries,
)
from trunkline.app.backbone import LOOK_SECONDS, PATIENCE_SECONDS, Backbone, Machine, opened
from trunkline.app.letters import (
    Answered,
    DiscardLetters,
    Edited,
    EditLetters,
    RetryLetters,
    discard_letters,
    edit_letters,
    retry_letters,
)
from trunkline.app.pausing import FlowState, PauseFlow, ResumeFlow, pause_flow, resume_flow
from trunkline.app.project import PUBLISH, Project, unknown_stream
from trunkline.app.replays import (
    CancelReplay,
    ChangedReplay,
    PauseReplay,
    ReplayView,
    ResumeReplay,
    StartReplay,
    change_replay,
    start_replay,
)
from trunkline.app.targets import (
    IsolateTarget,
    ListTargets,
    ResetTarget,
    TargetView,
    isolate_target,
    list_targets,
    reset_target,
)
from trunkline.app.tokens import NewToken, RotateToken, rotate_token
from trunkline.app.trim import Trimmed, trim
from trunkline.connectors.source import Arrival, Receipt
from trunkline.intake.release import Release
from trunkline.kernel.errors import StoreError, StoreHeld, TrunklineError
from trunkline.kernel.roles import Role
from trunkline.observe.audit import Begun, Ended
from trunkline.observe.logs import event_name

__all__ = [
    "AUDITED",
    "AcknowledgeAlert",
    "Act",
    "CancelReplay",
    "DiscardEntries",
    "DiscardLetters",
    "EditLetters",
    "EndSilence",
    "Hands",
    "IsolateTarget",
    "ListTargets",
    "PauseFlow",
    "PauseReplay",
    "Publish",
    "ReleaseEntries",
    "ResetTarget",
    "ResumeFlow",
    "ResumeReplay",
    "RetryLetters",
    "RevealData",
    "RotateToken",
    "SilenceAlerts",
    "StartReplay",
    "TestRoute",
    "Trim",
    "control_file",
    "handler",
    "hands",
    "perform",
    "remote",
    "runs_elsewhere",
    "submit",
]


class Publish(Act, frozen=True):
    """Put records, each a JSON text, into a stream by the way every arrival takes.

    ``identities`` are their idempotency keys where the contract's field does not give them. What it did is
    in the log, record by record, with the source ``publish``; the audit has nothing to add.
    """

    stream: str
    records: list[bytes]
    identities: list[str] = msgspec.field(default_factory=list)
    places: list[str] = msgspec.field(default_factory=list)


class Trim(Act, frozen=True):
    """Remove what retention says may go and no flow still has to read."""

    by: str
    why: str = ""

    def change(self, result: list[Trimmed]) -> Change:
        """Tell how many events went."""
        return Change(count=sum(one.events for one in result))


class RevealData(Act, frozen=True):
    """Say that somebody is shown personal data as it is: ``what`` was asked for. It changes nothing."""

    what: str
    by: str
    why: str = ""


async def reveal_data(_backbone: Backbone, _act: RevealData) -> None:
    """Do nothing: that it is written down before anything is shown is what it is for."""


async def publish(backbone: Backbone, act: Publish) -> list[Receipt]:
    """Take records in; returns what became of each once all is durable."""
    contract = backbone.project.contract_of(act.stream)
    if contract is None:
        raise unknown_stream(backbone.project, act.stream)
    intake = backbone.intakes[f"{PUBLISH}/{contract.stream}"]
    identities = act.identities or [""] * len(act.records)
    places = act.places or [""] * len(act.records)
    named = zip(act.records, identities, places, strict=True)
    return await intake.accept([Arrival(raw, place, identity) for raw, identity, place in named])


async def trim_log(backbone: Backbone, _act: Trim) -> list[Trimmed]:
    """Trim every stream as the project's retention says."""
    return await trim(backbone)


A = TypeVar("A", bound=Act)
Perform = Callable[[Backbone, Any], Awaitable[Any]]

_PERFORM: Mapping[type[Act], tuple[Perform, Any]] = {
    Publish: (publish, list[Receipt]),
    RetryLetters: (retry_letters, list[Answered]),
    DiscardLetters: (discard_letters, list[Answered]),
    EditLetters: (edit_letters, list[Edited]),
    ReleaseEntries: (release_entries, list[Release]),
    DiscardEntries: (discard_entries, list[Discarded]),
    Trim: (trim_log, list[Trimmed]),
    IsolateTarget: (isolate_target, TargetView),
    ListTargets: (list_targets, list[TargetView]),
    ResetTarget: (reset_target, TargetView),
    RevealData: (reveal_data, None),
    RotateToken: (rotate_token, NewToken),
    PauseFlow: (pause_flow, FlowState),
    ResumeFlow: (resume_flow, FlowState),
    StartReplay: (start_replay, ReplayView),
    PauseReplay: (change_replay, ChangedReplay),
    ResumeReplay: (change_replay, ChangedReplay),
    CancelReplay: (change_replay, ChangedReplay),
    AcknowledgeAlert: (acknowledge_alert, AlertView),
    SilenceAlerts: (silence_alerts, SilenceView),
    EndSilence: (end_silence, SilenceView),
    TestRoute: (try_route, RouteTested),
}
"""How each act is done, and the type of what it returns."""

AUDITED = tuple(sorted(event_name(act) for act in _PERFORM if "by" in act.__struct_fields__))
"""The names that the audit has for acts."""

_ACTS = (
    Publish
    | RetryLetters
    | DiscardLetters
    | EditLetters
    | ReleaseEntries
    | DiscardEntries
    | IsolateTarget
    | ListTargets
    | ResetTarget
    | RevealData
    | RotateToken
    | PauseFlow
    | ResumeFlow
    | StartReplay
    | PauseReplay
    | ResumeReplay
    | CancelReplay
    | AcknowledgeAlert
    | SilenceAlerts
    | EndSilence
    | TestRoute
    | Trim
)


async def perform(backbone: Backbone, act: Act) -> Any:
    """Do an act on an open project.

    One that says who asks for it is in the audit before it has any effect, and then with what came of it.
    """
    do, _ = _PERFORM[type(act)]
    by = getattr(act, "by", None)
    if by is None:
        return await do(backbone, act)
    if not by:
        raise TrunklineError("say who does this, in by: it is written into the audit")
    begun = Begun(
        backbone.machine.clock.now(), by, event_name(type(act)), about(act), getattr(act, "why", "")
    )
    number = await backbone.audit.begin(begun)
    try:
        result = await do(backbone, act)
    except Exception as error:
        failure = str(error) if isinstance(error, TrunklineError) else type(error).__name__
        with contextlib.suppress(StoreError):  # then it stays told as begun
            await backbone.audit.end(number, Ended("failed", failure=failure))
        raise
    await backbone.audit.end(number, Ended("done", **msgspec.structs.asdict(act.change(result))))
    return result


async def do(backbone: Backbone, act: Act) -> Any:
    """Do an act on an open project where it has the role, or have the process that has it do it."""
    if act.role in backbone.roles:
        return await perform(backbone, act)
    return await remote(backbone.project, act)


def result_type(kind: type[Act]) -> Any:
    """Return the type of what a kind of act returns."""
    return _PERFORM[kind][1]


def handler(backbone: Backbone) -> control.Handler:
    """Return what the control port does with a request: decode an act, do it, encode what it returns."""

    async def handle(request: bytes) -> bytes:
        try:
            act = msgspec.json.decode(request, type=_ACTS)
        except msgspec.DecodeError:
            raise TrunklineError("the running process does not know what was asked: restart it") from None
        return msgspec.json.encode(await perform(backbone, act))

    return handle


class Hands:
    """Whoever does acts for a caller: the running process, or this one on the open store."""

    def __init__(self, do: Callable[[Act], Awaitable[Any]]) -> None:
        self.do = do


def control_file(project: Project, role: Role) -> Path:
    """Return where the process that has ``role`` says how to ask it."""
    return project.state / f"control-{role}.json"


async def runs_elsewhere(project: Project, role: Role) -> bool:
    """Tell whether a running process takes requests for this project in ``role``."""
    return await control.answers(control_file(project, role))


@contextlib.asynccontextmanager
async def hands(project: Project, machine: Machine, role: Role) -> AsyncIterator[Hands]:
    """Find who has to do acts of ``role``, for as long as the block runs.

    Raises ``StoreHeld`` where another process has the role and takes no requests for some seconds: one that
    is about to start or to end is waited for.
    """
    async with contextlib.AsyncExitStack() as held:
        yield await _hands(project, machine, role, held)


async def _hands(project: Project, machine: Machine, role: Role, held: contextlib.AsyncExitStack) -> Hands:
    last = machine.clock.monotonic() + PATIENCE_SECONDS
    while not await runs_elsewhere(project, role):
        try:
            backbone = await held.enter_async_context(opened(project, machine, [role]))
        except StoreHeld:
            if machine.clock.monotonic() >= last:
                raise
            await machine.clock.sleep(LOOK_SECONDS)
        else:
            return Hands(partial(perform, backbone))
    return Hands(partial(remote, project))


async def remote(project: Project, act: Act) -> Any:
    """Have the running process do an act."""
    answer = await control.ask(control_file(project, act.role), msgspec.json.encode(act))
    return msgspec.json.decode(answer, type=_PERFORM[type(act)][1])


async def submit(project: Project, machine: Machine, act: Act) -> Any:
    """Have one act done by whoever has its role, and return what it returns."""
    async with hands(project, machine, act.role) as them:
        return await them.do(act)
