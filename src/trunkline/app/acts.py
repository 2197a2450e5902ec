"""What may be asked of a project that changes it: values that can be carried to the process that holds it.

``perform`` does an act on an open project. ``submit`` finds out who has to: the running process where
there is one, asked through its control port, or this one, which opens the store for a moment. Command
line and Python API call ``submit`` and never need to know.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeVar

import msgspec

from trunkline.app import control, targets
from trunkline.app.backbone import Backbone, Machine, opened
from trunkline.app.project import PUBLISH, Project
from trunkline.app.trim import Trimmed, trim
from trunkline.connectors.source import Arrival, Receipt
from trunkline.delivery.ledger import Discard, Resolution, Retry
from trunkline.intake.quarantine import Resolution as QuarantineResolution
from trunkline.intake.release import Decision, Release, release
from trunkline.kernel.errors import TrunklineError
from trunkline.kernel.faults import did_you_mean

CONTROL_FILE = "control.json"


class Act(msgspec.Struct, frozen=True, tag=True):
    """The base of every act; its tag is its class name."""


class Publish(Act, frozen=True):
    """Put records, each a JSON text, into a stream by the way every arrival takes.

    ``identities`` are their idempotency keys where the contract's field does not give them.
    """

    stream: str
    records: list[bytes]
    identities: list[str] = []
    places: list[str] = []


class Answer(Act, frozen=True):
    """Answer dead letters of a flow: deliver them again, or give them up for ``reason``."""

    flow: str
    offsets: list[int]
    retry: bool
    reason: str = ""


class ReleaseEntries(Act, frozen=True):
    """Let quarantined arrivals in, one of them with ``edited`` in place of what came."""

    ids: list[str]
    by: str
    why: str
    edited: bytes | None = None


class DiscardEntries(Act, frozen=True):
    """Give quarantined arrivals up for ``why``."""

    ids: list[str]
    by: str
    why: str


class Trim(Act, frozen=True):
    """Remove what retention says may go and no flow still has to read."""


class ListTargets(Act, frozen=True):
    """Tell how every target stands, as the running process sees it."""


class IsolateTarget(Act, frozen=True):
    """Let nothing go to a target until it is reset."""

    target: str
    by: str
    why: str


class ResetTarget(Act, frozen=True):
    """Let calls go to a target again that was isolated or is away."""

    target: str
    by: str
    why: str


class Answered(msgspec.Struct, frozen=True):
    """Whether there was such a dead letter to answer."""

    flow: str
    offset: int
    answered: bool


class Discarded(msgspec.Struct, frozen=True):
    """Whether there was such an open entry to discard."""

    id: str
    discarded: bool


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


def unknown_stream(project: Project, name: str) -> TrunklineError:
    """Return the error for a stream that is not there, or not clear, with what there is."""
    known = sorted(project.contracts)
    versions = [stream for stream in known if stream.partition("@")[0] == name]
    if versions:
        return TrunklineError(f'"{name}" has several major versions: say {" or ".join(versions)}')
    near = did_you_mean(name, [*known, *(stream.partition("@")[0] for stream in known)])
    return TrunklineError(f'there is no stream "{name}"; {near or "there are: " + ", ".join(known)}')


async def answer(backbone: Backbone, act: Answer) -> list[Answered]:
    """Answer dead letters; the flow notices within seconds where it runs."""
    resolution: Resolution = Retry() if act.retry else Discard(act.reason)
    now = backbone.machine.clock.now()
    return [
        Answered(act.flow, offset, await backbone.ledger.resolve(act.flow, offset, resolution, now))
        for offset in act.offsets
    ]


async def release_entries(backbone: Backbone, act: ReleaseEntries) -> list[Release]:
    """Run quarantined arrivals through the present contract and let in what passes."""
    decision = Decision(act.by, act.why, act.edited)
    return await release(backbone.quarantine, backbone.intakes, backbone.machine.clock, act.ids, decision)


async def discard_entries(backbone: Backbone, act: DiscardEntries) -> list[Discarded]:
    """End quarantined arrivals without letting them in; their bytes are kept until they are trimmed."""
    end = QuarantineResolution("discarded", act.by, act.why, backbone.machine.clock.now())
    return [Discarded(one, await backbone.quarantine.resolve(one, end)) for one in act.ids]


async def trim_log(backbone: Backbone, _act: Trim) -> list[Trimmed]:
    """Trim every stream as the project's retention says."""
    return await trim(backbone)


async def see_targets(backbone: Backbone, _act: ListTargets) -> list[targets.TargetView]:
    """Tell how every target stands."""
    return targets.list_targets(backbone)


async def isolate(backbone: Backbone, act: IsolateTarget) -> targets.TargetView:
    """Let nothing go to a target, durably."""
    return await targets.isolate_target(backbone, act.target, act.by, act.why)


async def reset(backbone: Backbone, act: ResetTarget) -> targets.TargetView:
    """Let calls go to a target again."""
    return await targets.reset_target(backbone, act.target, act.by, act.why)


A = TypeVar("A", bound=Act)
Perform = Callable[[Backbone, Any], Awaitable[Any]]

_PERFORM: Mapping[type[Act], tuple[Perform, Any]] = {
    Publish: (publish, list[Receipt]),
    Answer: (answer, list[Answered]),
    ReleaseEntries: (release_entries, list[Release]),
    DiscardEntries: (discard_entries, list[Discarded]),
    Trim: (trim_log, list[Trimmed]),
    ListTargets: (see_targets, list[targets.TargetView]),
    IsolateTarget: (isolate, targets.TargetView),
    ResetTarget: (reset, targets.TargetView),
}
"""How each act is done, and the type of what it returns."""

_ACTS = Publish | Answer | ReleaseEntries | DiscardEntries | Trim | ListTargets | IsolateTarget | ResetTarget


async def perform(backbone: Backbone, act: Act) -> Any:
    """Do an act on an open project."""
    do, _ = _PERFORM[type(act)]
    return await do(backbone, act)


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


async def runs_elsewhere(project: Project) -> bool:
    """Tell whether a running process takes requests for this project."""
    return await control.answers(project.state / CONTROL_FILE)


@contextlib.asynccontextmanager
async def hands(project: Project, machine: Machine) -> AsyncIterator[Hands]:
    """Find who has to do acts, for as long as the block runs.

    Raises ``StoreError`` where another process holds the store and takes no requests.
    """
    if await runs_elsewhere(project):
        yield Hands(lambda act: remote(project, act))
        return
    async with opened(project, machine) as backbone:
        yield Hands(lambda act: perform(backbone, act))


async def remote(project: Project, act: Act) -> Any:
    """Have the running process do an act."""
    answer = await control.ask(project.state / CONTROL_FILE, msgspec.json.encode(act))
    return msgspec.json.decode(answer, type=_PERFORM[type(act)][1])


async def submit(project: Project, machine: Machine, act: Act) -> Any:
    """Have one act done by whoever holds the store, and return what it returns."""
    async with hands(project, machine) as them:
        return await them.do(act)
