"""Replays: how far each is, what one would deliver, and starting, pausing, resuming, cancelling."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, get_args
from urllib.parse import quote

import msgspec

from trunkline.app.acts import CancelReplay, PauseReplay, ResumeReplay, StartReplay
from trunkline.app.replays import PlanView, ReplayView, plan, replay_of, replays
from trunkline.app.verdicts import several
from trunkline.delivery.replay.port import RATE, Selection, State
from trunkline.kernel.errors import TrunklineError, UsageError
from trunkline.surfaces.dashboard.forms import Asking, Form
from trunkline.surfaces.dashboard.page import ROOM, Asked, NotThere, Page, View
from trunkline.surfaces.dashboard.render import LABELS
from trunkline.surfaces.dashboard.tables import Column, Table, found, ordered, paged
from trunkline.surfaces.dashboard.words import moment, span

REPLAYS = f"{ROOM}/replays"
COLUMNS = (
    Column("flow", "Flow"),
    Column("state", "State"),
    Column("delivered", "Delivered", numeric=True),
    Column("waiting", "Waiting", numeric=True),
    Column("dead", "Dead", numeric=True),
    Column("rate", "At most", numeric=True),
    Column("created", "Started"),
    Column("", "Do"),
)
GIVEN = (
    "flow",
    "from",
    "to",
    "since",
    "until",
    "keys",
    "correlation",
    "when",
    "rate",
    "exactly",
    "same",
    "all",
)
"""What a plan is made of, in addresses and forms alike; ``same`` is for the original identity."""


class Replays(msgspec.Struct, frozen=True):
    """The table, and what may be chosen from."""

    table: Table[ReplayView]
    states: tuple[tuple[str, str], ...]
    flows: tuple[tuple[str, str], ...]


class Plan(msgspec.Struct, frozen=True):
    """What was asked for, what would come of it, or why nothing can; ``flows`` may be chosen from."""

    flows: tuple[str, ...]
    given: dict[str, str]
    found: PlanView | None = None
    problem: str = ""


def address(replay: str) -> str:
    """Return where a replay's page is."""
    return f"{REPLAYS}/{quote(replay, safe='')}"


async def _load(asked: Asked) -> View:
    whole = await replays(asked.backbone)
    flow, state = asked.value("flow"), asked.value("state")
    fit = [one for one in whole if flow in ("", one.flow) and state in ("", one.state)]
    rows = ordered(found(fit, asked, ("flow", "id", "by", "why", "changed_why")), asked, COLUMNS, "-created")
    states = tuple((one, LABELS[one]) for one in get_args(State))
    flows = tuple((one, one) for one in sorted({one.flow for one in whole}))
    table = paged(rows, asked, "replays", COLUMNS, len(whole), "-created")
    return View("Replays", Replays(table, states, flows), rows)


async def _load_one(asked: Asked) -> View:
    try:
        one = await replay_of(asked.backbone, asked.parts["replay"])
    except TrunklineError as error:
        raise NotThere(str(error)) from None
    return View(f"Replay of {one.flow}", one, above=(("Replays", REPLAYS),))


async def _load_plan(asked: Asked) -> View:
    flows = tuple(sorted(asked.backbone.project.flows))
    given = _given(asked)
    data = Plan(flows, given)
    if given.keys() - {"flow"}:
        try:
            data = Plan(flows, given, await plan(asked.backbone, _asked_for(asked, "plan", "")))
        except TrunklineError as error:
            data = Plan(flows, given, problem=str(error))
    return View("Plan a replay", data, above=(("Replays", REPLAYS),))


def _given(asked: Asked) -> dict[str, str]:
    return {name: asked.value(name).strip() for name in GIVEN if asked.value(name).strip()}


def _asked_for(asked: Asked, by: str, why: str) -> StartReplay:
    """Return the replay that a request is for; raises ``UsageError`` where it does not say which events."""
    first, last = _offset(asked, "from"), _offset(asked, "to")
    since, until = moment(asked.value("since")), moment(asked.value("until"))
    if last is not None and last < (first or 0):
        raise UsageError(f"the range is backwards: offset {last} is before {first}")
    if until and until < since:
        raise UsageError("the range is backwards: its end is before its beginning")
    keys = tuple(filter(None, (key.strip() for key in asked.value("keys").splitlines())))
    correlation, when = asked.value("correlation").strip(), asked.value("when").strip()
    chosen = Selection(first or 0, last, since or None, until or None, keys, correlation, when)
    if chosen == Selection() and first is None and not asked.value("all"):
        raise UsageError("say which events: by time, offsets, keys, correlation or expression, or choose all")
    exactly, same = bool(asked.value("exactly")), bool(asked.value("same"))
    return StartReplay(asked.value("flow"), chosen, by, why, _rate(asked), exactly, same)


def _offset(asked: Asked, name: str) -> int | None:
    given = asked.value(name).strip()
    if given and not (given.isascii() and given.isdecimal()):
        raise UsageError(f'{name}: "{given}" is no offset: a whole number, such as 1000')
    return int(given) if given else None


def _rate(asked: Asked) -> float:
    given = asked.value("rate").strip()
    try:
        rate = float(given) if given else RATE
    except ValueError:
        rate = math.nan
    if not 0 < rate < math.inf:
        raise UsageError(f'rate: "{given}" is none: events a second, more than 0')
    return rate


LIST = Page(
    "replays",
    "/replays",
    "Replays",
    "Every replay: its state, how much of it is delivered, what waits or is dead, its rate, who started it.",
    _load,
    "To mend",
    "r",
)
PLAN = Page(
    "replay-plan",
    "/replays/plan",
    "Plan a replay",
    "What a replay would deliver: how many events, to where, at which rate, how long. Nothing is sent.",
    _load_plan,
    every_seconds=0,
)
ONE = Page(
    "replay",
    "/replays/{replay}",
    "Replay",
    "One replay: what it selects, how far it is, its dead letters, who changed it last and why.",
    _load_one,
)
PAGES = (LIST, PLAN, ONE)


async def _asks_start(asked: Asked) -> Asking:
    act = _asked_for(asked, "plan", "")
    found = await plan(asked.backbone, act)
    says = [
        f"{several(found.planned, 'event')} of {found.stream} go to {found.target}.",
        f"At most {act.rate:g} a second: {span(found.seconds)} at the least.",
        f"{found.selected:,} are selected, {found.following:,} are later ones of the same entities.",
    ]
    if found.left:
        says.append(f"{found.left:,} are left to the flow, which has them open, or were discarded.")
    if act.exactly:
        says.append(
            "Exactly these, whatever reached their entities since: older states may replace newer ones."
        )
    if act.original_identity:
        says.append("Under the keys of the first delivery: a receiver that took them ignores them.")
    title = f"Deliver again through {act.flow}?"
    return Asking(title, tuple(says), REPLAYS, _given(asked), affected=found.planned)


def _about(title: str, *says: str) -> Callable[[Asked], Any]:
    async def asks(asked: Asked) -> Asking:
        one = await replay_of(asked.backbone, asked.value("replay"))
        left = max(0, one.planned - one.delivered)
        told = (f"{one.delivered:,} of {one.planned:,} events are delivered, {left:,} are not.", *says)
        return Asking(f"{title} the replay of {one.flow}?", told, address(one.id), {"replay": one.id})

    return asks


def _told(done: Any) -> str:
    return f"The replay of {done.flow} is {done.state}{' already' if done.already else ''}."


FORMS = (
    Form(
        "start-replay",
        "Deliver again",
        "delivers events again that a flow has behind it, as planned",
        _asks_start,
        _asked_for,
        lambda done: f"The replay of {done.flow} is {done.state}: {several(done.planned, 'event')}.",
        grave=True,
        leads=lambda done: address(done.id),
    ),
    Form(
        "pause-replay",
        "Pause",
        "sends nothing more of a replay until it is resumed",
        _about("Pause", "Nothing more is sent until it is resumed; calls under way finish."),
        lambda asked, by, why: PauseReplay(asked.value("replay"), by, why),
        _told,
    ),
    Form(
        "resume-replay",
        "Resume",
        "lets a replay go on where it stopped",
        _about("Resume", "It goes on where it stopped."),
        lambda asked, by, why: ResumeReplay(asked.value("replay"), by, why),
        _told,
    ),
    Form(
        "cancel-replay",
        "Cancel replay",
        "sends nothing more of a replay, for good",
        _about("Cancel", "Nothing more is sent, for good. What was delivered stays delivered."),
        lambda asked, by, why: CancelReplay(asked.value("replay"), by, why),
        _told,
        grave=True,
    ),
)
