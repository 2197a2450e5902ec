"""``trunkline replay``: events that a flow has behind it, delivered again."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from trunkline.kernel.errors import UsageError
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.choosing import Span, backwards, me
from trunkline.surfaces.cli.common import Common, acting, asking, desk

if TYPE_CHECKING:
    from trunkline.app.acts import StartReplay
    from trunkline.app.replays import ChangedReplay, PlanView, ReplayView
    from trunkline.delivery.replay.port import Selection

FOLLOW_SECONDS = 1.0
"""How often ``--follow`` looks."""


@Parameter(name="*")
@dataclasses.dataclass(frozen=True)
class Which(Span):
    """Which events: those that carry every value given; times are those of acceptance."""

    first: Annotated[int | None, Parameter(name="--from")] = None
    """Only from this offset on."""

    last: Annotated[int | None, Parameter(name="--to")] = None
    """Only up to this offset, itself included."""

    keys: Annotated[tuple[str, ...], Parameter(name="--key")] = ()
    """Only events of this entity key; may be given several times."""

    correlation: str = ""
    """Only events of this correlation ID."""

    when: str = ""
    """Only events of whose record this expression is true, such as "total > 100"."""

    everything: Annotated[bool, Parameter(name="--all")] = False
    """All there are, where nothing else says which."""

    def selection(self) -> Selection:
        """Return what is selected; raises ``UsageError`` where nothing says which or a range is backwards."""
        from trunkline.delivery.replay.port import Selection  # noqa: PLC0415  --help must not pay for it

        if not self.everything and self == Which():
            raise UsageError("say which: by time, offsets, keys, correlation or expression, or --all")
        if self.last is not None and self.last < (self.first or 0):
            raise backwards("--from", self.first or 0, "--to", self.last)
        since, until = self.bounds["since"] or None, self.bounds["until"] or None
        return Selection(self.first or 0, self.last, since, until, self.keys, self.correlation, self.when)


@Parameter(name="*")
@dataclasses.dataclass(frozen=True)
class Manner:
    """How they are delivered."""

    rate: float = 50.0
    """The most events a second."""

    exactly: bool = False
    """The selected events and no others, whatever has reached their entities since."""

    original_identity: Annotated[bool, Parameter(name="--original-identity")] = False
    """Under the idempotency keys of the first delivery: a receiver that took them ignores them."""


def plan_(
    flow: str,
    /,
    *,
    common: Common = Common(),  # noqa: B008  a frozen value
    which: Which = Which(),
    manner: Manner = Manner(),
) -> None:
    """Tell what a replay would deliver: how many events, to where, how long it takes; nothing is sent.

    Later events of the selected entities follow, so that the newest state of each
    stands at the end; --exactly leaves them out. What the flow has open itself is
    left to it.

    Example: trunkline replay plan orders-to-warehouse --since 2026-01-05T08:00:00Z

    Parameters
    ----------
    flow
        The flow.
    """
    from trunkline.app.questions import AskPlan  # noqa: PLC0415  --help must not pay for it

    found: PlanView = asking(common, AskPlan(_asked(flow, which, manner)))
    if common.json:
        output.document(found)
    else:
        _print_plan(found)


def _asked(flow: str, which: Which, manner: Manner, by: str = "", why: str = "") -> StartReplay:
    from trunkline.app.acts import StartReplay  # noqa: PLC0415  as above

    return StartReplay(flow, which.selection(), by or me(), why, **dataclasses.asdict(manner))


def _print_plan(found: PlanView) -> None:
    output.say(
        f"{found.planned:,} events of {found.stream} would go to {found.target}, at most {found.rate:g} a"
        f" second: {found.seconds:,g} s at the least."
    )
    if found.planned:
        output.say(
            f"  {found.selected:,} selected, {found.following:,} later ones of the same entities;"
            f" offsets {found.first:,} to {found.last:,}, {found.first_at} to {found.last_at}"
        )
    if found.left:
        output.say(f"  {found.left:,} more are left to the flow, which has them open, or were discarded")
    if found.undecided:
        output.say(f"  of {found.undecided:,} the expression cannot tell: they are not selected")


def start_(
    flow: str,
    /,
    *,
    why: str,
    common: Common = Common(),  # noqa: B008  as above
    which: Which = Which(),
    manner: Manner = Manner(),
    by: str = "",
) -> None:
    """Deliver events again that a flow has behind it, beside its live events and never ahead of them.

    Each entity's events come in their order; an older one is dropped where a newer
    live one took effect meanwhile. "replay plan" tells beforehand what would be
    sent. It goes on after a restart.

    Example: trunkline replay start orders-to-warehouse --from 1000 --to 1999 --why "lost over there"

    Parameters
    ----------
    flow
        The flow.
    why
        Why, for whoever asks later.
    by
        Who does it, for the audit; the user of this system without it.
    """
    view: ReplayView = acting(common, _asked(flow, which, manner, by, why))
    if common.json:
        output.document(view)
    else:
        output.say(f"Replay {view.id} is {view.state}: {view.planned:,} events. See how far it is with:")
        output.say(f"  trunkline replay show {view.id}")


def list_(
    *,
    common: Common = Common(),  # noqa: B008  as above
    flow: str = "",
) -> None:
    """List replays, the newest first: state, how many events of how many, and what is dead or waits.

    Example: trunkline replay list --flow orders-to-warehouse

    Parameters
    ----------
    flow
        Only those of this flow.
    """
    from trunkline.app.questions import AskReplays  # noqa: PLC0415  as above

    found: list[ReplayView] = asking(common, AskReplays(flow))
    if common.json:
        for one in found:
            output.document(one)
    elif found:
        print_replays(found)
    else:
        output.complain("No replays.")


def print_replays(found: Sequence[ReplayView]) -> None:
    """Print replays for a person."""
    output.table(
        ("replay", "flow", "state", "planned", "delivered", "waiting", "dead", "since", "by"),
        [
            (
                one.id,
                one.flow,
                one.state,
                one.planned,
                one.delivered,
                one.waiting,
                one.dead,
                one.changed,
                one.changed_by,
            )
            for one in found
        ],
        [one.changed_why for one in found],
    )


def show_(
    replay: str,
    /,
    *,
    common: Common = Common(),  # noqa: B008  as above
    follow: bool = False,
) -> None:
    """Show a replay: what it selects, how far it is, and who changed it last and why.

    Example: trunkline replay show 019b7a00-0000-7000-8000-000000000000 --follow

    Parameters
    ----------
    replay
        Its id, as "replay list" prints it.
    follow
        Show it again each time that something has changed, until it runs no more.
    """
    from trunkline.app.questions import AskReplay  # noqa: PLC0415  as above
    from trunkline.kernel.clock import SystemClock  # noqa: PLC0415  as above

    async def show() -> None:
        told: Any = None
        async with desk(common) as ask:
            while True:
                view = await ask(AskReplay(replay))
                if view != told:
                    _show(common, view, again=told is not None)
                    told = view
                if not follow or view.state != "running":
                    return
                await SystemClock().sleep(FOLLOW_SECONDS)

    asyncio.run(show())


def _show(common: Common, view: ReplayView, *, again: bool) -> None:
    if common.json:
        output.document(view)
        return
    if not again:
        output.say(f"Replay {view.id} of {view.flow}, at most {view.rate:g} events a second")
        output.say(f"  selects {_chosen(view)}")
        output.say(f"  started {view.created} by {view.by}: {view.why}")
    counts = f"{view.delivered:,} of {view.planned:,} delivered, {view.waiting:,} wait, {view.dead:,} dead"
    output.say(f"  {view.state} since {view.changed} by {view.changed_by}: {view.changed_why or '-'}")
    output.say(f"  {counts}{f': trunkline dead list --flow {view.name}' if view.dead else ''}")


def _chosen(view: ReplayView) -> str:
    from trunkline.kernel import json  # noqa: PLC0415  as above

    given = json.encode(view.selection).decode()
    parts = ["all events" if given == "{}" else given]
    parts += ["exactly"] * view.exactly + ["under the original identity"] * view.original_identity
    return ", ".join(parts)


def pause_(
    replay: str,
    /,
    *,
    common: Common = Common(),  # noqa: B008  as above
    why: str = "",
    by: str = "",
) -> None:
    """Send nothing more of a replay until it is resumed; calls under way finish.

    Example: trunkline replay pause 019b7a00-0000-7000-8000-000000000000 --why "stock count"

    Parameters
    ----------
    replay
        Its id.
    why
        Why, for whoever asks later.
    by
        Who does it, for the audit; the user of this system without it.
    """
    from trunkline.app.acts import PauseReplay  # noqa: PLC0415  as above

    _tell(common, acting(common, PauseReplay(replay, by or me(), why)))


def resume_(
    replay: str,
    /,
    *,
    common: Common = Common(),  # noqa: B008  as above
    why: str = "",
    by: str = "",
) -> None:
    """Let a replay go on where it stopped: paused, or failed and what it failed on is mended.

    Example: trunkline replay resume 019b7a00-0000-7000-8000-000000000000

    Parameters
    ----------
    replay
        Its id.
    why
        Why, for whoever asks later.
    by
        Who does it, for the audit; the user of this system without it.
    """
    from trunkline.app.acts import ResumeReplay  # noqa: PLC0415  as above

    _tell(common, acting(common, ResumeReplay(replay, by or me(), why)))


def cancel_(
    replay: str,
    /,
    *,
    why: str,
    common: Common = Common(),  # noqa: B008  as above
    by: str = "",
) -> None:
    """Send nothing more of a replay, for good; what was delivered stays delivered.

    Example: trunkline replay cancel 019b7a00-0000-7000-8000-000000000000 --why "the wrong week"

    Parameters
    ----------
    replay
        Its id.
    why
        Why, for whoever asks later.
    by
        Who does it, for the audit; the user of this system without it.
    """
    from trunkline.app.acts import CancelReplay  # noqa: PLC0415  as above

    _tell(common, acting(common, CancelReplay(replay, by or me(), why)))


def _tell(common: Common, view: ChangedReplay) -> None:
    if common.json:
        output.document(view)
    else:
        state = f"{view.state}{' already' if view.already else ''}"
        output.say(f"Replay {view.id} is {state}: {view.delivered:,} of {view.planned:,} delivered.")
