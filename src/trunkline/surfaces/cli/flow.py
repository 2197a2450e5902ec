"""``trunkline flow``: which flows are paused, and a switch for each."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common, acting, asking

if TYPE_CHECKING:
    from trunkline.app.pausing import FlowState


def list_(*, common: Common = Common()) -> None:  # noqa: B008  a frozen value
    """List flows: whether each may take events, and of those that are paused by whom, since when and why.

    It is read from what is stored, so it works whether the project runs or not. How far a flow is, and what
    of it waits, is in "trunkline status".

    Example: trunkline flow list
    """
    from trunkline.app.questions import AskFlows  # noqa: PLC0415  --help must not pay for it

    found: list[FlowState] = asking(common, AskFlows())
    if common.json:
        for one in found:
            output.document(one)
        return
    output.table(
        ("flow", "state", "since", "by"),
        [(one.flow, one.state, one.since, one.by) for one in found],
        [one.why for one in found],
    )


def pause_(
    flow: str,
    /,
    *,
    why: str,
    common: Common = Common(),  # noqa: B008  as above
) -> None:
    """Have a flow finish what it holds, then take nothing until it is resumed; its events wait in the log.

    It holds over restarts, and costs no event an attempt. Replays of the flow rest meanwhile, and callers who
    wait for its answers are told to come back.

    Example: trunkline flow pause orders-to-warehouse --why "the ERP is being updated"

    Parameters
    ----------
    flow
        The flow.
    why
        Why, for whoever asks later.
    """
    from trunkline.app.acts import PauseFlow  # noqa: PLC0415  as above

    _tell(common, acting(common, PauseFlow(flow, getpass.getuser(), why)))


def resume_(
    flow: str,
    /,
    *,
    why: str = "",
    common: Common = Common(),  # noqa: B008  as above
) -> None:
    """Let a flow go on that was paused: where it stopped, each entity's events in their order.

    Example: trunkline flow resume orders-to-warehouse --why "the update is done"

    Parameters
    ----------
    flow
        The flow.
    why
        Why, for whoever asks later.
    """
    from trunkline.app.acts import ResumeFlow  # noqa: PLC0415  as above

    _tell(common, acting(common, ResumeFlow(flow, getpass.getuser(), why)))


def _tell(common: Common, found: FlowState) -> None:
    if common.json:
        output.document(found)
        return
    paused = f", by {found.by} since {found.since}: {found.why}" if found.state == "paused" else ""
    was = f"was {found.state} already" if found.already else f"is {found.state}"
    output.say(f"{found.flow} {was}{paused}.")
