"""The use-cases of replays: what one would deliver, starting and changing one, and how each stands."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from trunkline.app.act import Act, Change
from trunkline.app.backbone import Backbone
from trunkline.app.fitting import strangers
from trunkline.app.masking import masked_subject
from trunkline.app.names import check_flow
from trunkline.app.project import Flow, unknown
from trunkline.app.registry import TARGETS
from trunkline.connectors.mapping import MappingRefused, compile_mapping
from trunkline.delivery.ledger import FlowStatus
from trunkline.delivery.replay import port
from trunkline.delivery.replay.books import Books
from trunkline.delivery.replay.port import RATE, Replay, Selection, State
from trunkline.delivery.replay.selecting import Choice, Holds, survey
from trunkline.kernel.clock import to_rfc3339
from trunkline.kernel.errors import TrunklineError, UsageError
from trunkline.kernel.event import Event
from trunkline.kernel.roles import Role
from trunkline.kernel.signals import ReplayChanged


class PlanView(msgspec.Struct, frozen=True):
    """What a replay would deliver where: ``planned`` events are ``selected``, or follow one of their entity.

    ``left`` are selected ones that it leaves to the flow, which has them open, or to whoever discarded them;
    of ``undecided`` ones the expression could not tell. ``first`` and ``last`` are offsets, ``first_at`` and
    ``last_at`` when these were accepted. ``seconds`` is how long it takes at the least, at its rate.
    """

    flow: str
    stream: str
    target: str
    planned: int
    selected: int
    following: int
    left: int
    undecided: int
    first: int | None
    last: int | None
    first_at: str | None
    last_at: str | None
    rate: float
    seconds: float


class SelectionView(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a replay selects: see ``delivery.replay.port.Selection``; times are RFC 3339, keys masked."""

    first: int = 0
    last: int | None = None
    since: str | None = None
    until: str | None = None
    keys: tuple[str, ...] = ()
    correlation: str = ""
    when: str = ""


class ReplayView(msgspec.Struct, frozen=True):
    """A replay: what it selects of which flow, its state since ``changed`` and why, and how far it is.

    ``delivered`` of ``planned`` events took effect, ``dead`` are dead letters, ``waiting`` are to be tried
    again or wait for one that is. ``name`` is what its dead letters are found by.
    """

    id: str
    name: str
    flow: str
    state: State
    planned: int
    delivered: int
    waiting: int
    dead: int
    rate: float
    selection: SelectionView
    exactly: bool
    original_identity: bool
    by: str
    why: str
    created: str
    changed: str
    changed_by: str
    changed_why: str


class ChangedReplay(ReplayView, frozen=True):
    """A replay after a change of its state; ``already`` where it was so before, and nothing was done."""

    already: bool


class StartReplay(Act, frozen=True):
    """Deliver events again that a flow has behind it; returns a ``ReplayView``."""

    role: ClassVar[Role] = "delivery"
    flow: str
    selection: Selection
    by: str
    why: str
    rate: float = RATE
    exactly: bool = False
    original_identity: bool = False

    def change(self, result: ReplayView) -> Change:
        """Tell how many events it will deliver."""
        return Change("", result.state, result.planned)


class _ChangeReplay(Act, frozen=True):
    to: ClassVar[State]
    role: ClassVar[Role] = "delivery"
    replay: str
    by: str
    why: str = ""

    def change(self, result: ChangedReplay) -> Change:
        """Tell its new state, and whether it is new."""
        return Change("", result.state, int(not result.already))


class PauseReplay(_ChangeReplay, frozen=True):
    """Send nothing more of a replay until it is resumed."""

    to: ClassVar[State] = "paused"


class ResumeReplay(_ChangeReplay, frozen=True):
    """Let a replay go on where it stopped: paused, failed, or done but for its dead letters."""

    to: ClassVar[State] = "running"


class CancelReplay(_ChangeReplay, frozen=True):
    """Send nothing more of a replay, for good."""

    to: ClassVar[State] = "cancelled"


async def plan(backbone: Backbone, act: StartReplay) -> PlanView:
    """Tell what a replay would deliver, and start none.

    Raises ``UsageError`` for a flow that is not there and for an expression that does not fit, and
    ``TrunklineError`` for the original identity where the target does not go by it.
    """
    flow = _known(backbone, act.flow)
    again = TARGETS[flow.target.via].counts_again(flow.target.settings)
    if act.original_identity and again:
        raise TrunklineError(
            f"original identity: {flow.target.via} {flow.target.name} does not go by it: {again};"
            " leave the option out, and select only what was lost"
        )
    if act.rate <= 0:
        raise UsageError("rate: events a second, more than 0")
    choice = Choice(act.selection, holds_of(backbone, flow, act.selection), exactly=act.exactly)
    books = Books(backbone.log, backbone.ledger, flow.contract.stream, flow.name)
    found = await survey(choice, books, await books.cursor())
    first, last = found.first or (None, 0), found.last or (None, 0)
    return PlanView(
        flow.name,
        flow.contract.stream,
        flow.target.name,
        found.planned,
        found.selected,
        found.following,
        found.left,
        found.undecided,
        first[0],
        last[0],
        to_rfc3339(first[1]) if found.first else None,
        to_rfc3339(last[1]) if found.last else None,
        act.rate,
        round(found.planned / act.rate, 1),
    )


def _known(backbone: Backbone, flow: str) -> Flow:
    if flow not in backbone.project.flows:
        raise unknown("flow", flow, backbone.project.flows)
    return backbone.project.flows[flow]


def holds_of(backbone: Backbone, flow: Flow, selection: Selection) -> Holds | None:
    """Return what tells of an event whether a selection's expression holds; None where it has none.

    Raises ``UsageError`` where the expression is none, or reads what the stream's contract does not have.
    """
    if not selection.when:
        return None
    try:
        judged = compile_mapping({"selected": "1"}, backbone.project.folder, when=selection.when)
    except MappingRefused as refused:
        raise UsageError(f"when: {refused.problems[0].problem}") from None
    for path, hint in strangers(judged.lineage["when"], flow.contract):
        raise UsageError(f'when: {flow.contract.ref} has no field "{path}"; {hint}'.rstrip("; "))

    def holds(event: Event) -> bool:
        return judged(judged.decode(event.data), event) is not None

    return holds


async def start_replay(backbone: Backbone, act: StartReplay) -> ReplayView:
    """Start a replay; where the flow runs, it begins within a moment.

    Raises ``TrunklineError`` where nothing is selected, or another replay of the flow is open.
    """
    planned = await plan(backbone, act)
    if not planned.planned:
        raise TrunklineError(f"there is nothing to replay: see why with {PLAN}")
    replay = Replay(
        backbone.machine.ids.uuid7(),
        act.flow,
        planned.stream,
        act.selection,
        act.by,
        act.why,
        backbone.machine.clock.now(),
        rate=act.rate,
        exactly=act.exactly,
        original_identity=act.original_identity,
        planned=planned.planned,
        changed=backbone.machine.clock.now(),
        changed_by=act.by,
        changed_why=act.why,
    )
    other = await backbone.replays.add(replay)
    if other is not None:
        raise TrunklineError(
            f"flow {act.flow} has replay {other.id} open, which is {other.state}: two would take its"
            " entities back in time against each other; cancel it or wait"
        )
    backbone.machine.signals.emit(ReplayChanged(replay.id, replay.flow, replay.state, act.by))
    return await replay_of(backbone, replay.id)


PLAN = '"trunkline replay plan"'


async def change_replay(backbone: Backbone, act: PauseReplay | ResumeReplay | CancelReplay) -> ChangedReplay:
    """Pause, resume or cancel a replay, durable on return; one that is so already stays as it is.

    Raises ``TrunklineError`` where there is none of that id, or no such change.
    """
    before = await _got(backbone, act.replay)
    already = not await change_state(backbone, before, act.to, act.by, act.why)
    after = await _got(backbone, act.replay)
    if already and after.state != act.to:
        others = [one.id for one in await backbone.replays.all(after.flow) if one.is_open]
        also = f", and replay {others[0]} of its flow is open" if others and others != [after.id] else ""
        raise TrunklineError(f"replay {after.id} is {after.state}{also}: it cannot become {act.to}")
    view = await replay_of(backbone, act.replay)
    return ChangedReplay(**msgspec.structs.asdict(view), already=already)


async def change_state(backbone: Backbone, replay: Replay, to: State, by: str, why: str) -> bool:
    """Change a replay's state, and tell of it; return whether there was such a change."""
    change = port.Change(to, by, why, backbone.machine.clock.now())
    changed = await backbone.replays.change(replay.id, change)
    if changed:
        backbone.machine.signals.emit(ReplayChanged(replay.id, replay.flow, to, by))
    return changed


async def go_on(backbone: Backbone, name: str, by: str, why: str) -> None:
    """Let a replay, by its name, that is done deliver what a person retries of its dead letters."""
    replay = await _named(backbone, name)
    if replay is not None and replay.state == "done":
        await change_state(backbone, replay, "running", by, why)


async def is_cancelled(backbone: Backbone, name: str) -> bool:
    """Tell whether a name in the ledger is that of a replay that was cancelled."""
    replay = await _named(backbone, name)
    return replay is not None and replay.state == "cancelled"


async def _named(backbone: Backbone, name: str) -> Replay | None:
    return await backbone.replays.get(name.partition("#")[2]) if port.is_replay(name) else None


async def _got(backbone: Backbone, replay_id: str) -> Replay:
    found = await backbone.replays.get(replay_id)
    if found is None:
        raise TrunklineError(f'there is no replay "{replay_id}": see "trunkline replay list"')
    return found


async def replay_of(backbone: Backbone, replay_id: str) -> ReplayView:
    """Show one replay; raises ``TrunklineError`` where there is none of that id."""
    return _view(backbone, await _got(backbone, replay_id), await _statuses(backbone))


async def replays(backbone: Backbone, flow: str = "", *, only_open: bool = False) -> list[ReplayView]:
    """List the replays of one flow, or of all, the newest first; ``only_open`` leaves out what has ended."""
    await check_flow(backbone, flow)
    found = await backbone.replays.all(flow)
    statuses = await _statuses(backbone) if found else {}
    return [_view(backbone, one, statuses) for one in found if one.is_open or not only_open]


async def _statuses(backbone: Backbone) -> dict[str, FlowStatus]:
    return {one.flow: one for one in await backbone.ledger.status()}


def _view(backbone: Backbone, one: Replay, statuses: dict[str, FlowStatus]) -> ReplayView:
    stands = statuses.get(one.name)
    wired = backbone.project.flows.get(one.flow)
    chosen = one.selection
    keys = tuple(masked_subject(key, wired.contract if wired else None) for key in chosen.keys)
    return ReplayView(
        one.id,
        one.name,
        one.flow,
        one.state,
        one.planned,
        one.delivered,
        stands.waiting + stands.held if stands else 0,
        stands.dead if stands else 0,
        one.rate,
        SelectionView(
            chosen.first,
            chosen.last,
            to_rfc3339(chosen.since) if chosen.since is not None else None,
            to_rfc3339(chosen.until) if chosen.until is not None else None,
            keys,
            chosen.correlation,
            chosen.when,
        ),
        one.exactly,
        one.original_identity,
        one.by,
        one.why,
        to_rfc3339(one.created),
        to_rfc3339(one.changed or one.created),
        one.changed_by,
        one.changed_why,
    )
