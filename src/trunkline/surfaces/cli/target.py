"""``trunkline target``: how the targets stand, and a switch for each."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common, acting

if TYPE_CHECKING:
    from trunkline.app.targets import TargetView


def list_(*, common: Common = Common()) -> None:  # noqa: B008  a frozen value
    """List targets: whether calls go there, what is under way, and how many retries may be made now.

    A target is "closed" while calls go there (as a breaker is), "open" while it is left alone until the time
    shown, "half-open" when a probe is due, and "isolated" until somebody resets it.

    Example: trunkline target list
    """
    from trunkline.app.acts import ListTargets  # noqa: PLC0415  --help must not pay for it

    found: list[TargetView] = acting(common, ListTargets())
    if common.json:
        for one in found:
            output.document(one)
        return
    output.table(
        ("target", "state", "since", "until", "under way", "retries left", "calls/s"),
        [
            (one.target, one.state, one.since, one.until, one.under_way, one.retries_left, one.per_second)
            for one in found
        ],
        [f"{one.by}: {one.why}" if one.by else one.why for one in found],
    )


def isolate_(
    target: str,
    /,
    *,
    why: str,
    common: Common = Common(),  # noqa: B008  as above
) -> None:
    """Let nothing go to a target until it is reset; its events wait in the log, in order.

    It holds over restarts, and costs no event an attempt.

    Example: trunkline target isolate shop.stock --why "stock count until noon"

    Parameters
    ----------
    target
        The target: a system and what it accepts.
    why
        Why, for whoever asks later.
    """
    from trunkline.app.acts import IsolateTarget  # noqa: PLC0415  as above

    _tell(common, acting(common, IsolateTarget(target, getpass.getuser(), why)))


def reset_(
    target: str,
    /,
    *,
    why: str = "",
    common: Common = Common(),  # noqa: B008  as above
) -> None:
    """Let calls go to a target again that was isolated or is away; they begin slowly.

    Example: trunkline target reset shop.stock --why "the count is done"

    Parameters
    ----------
    target
        The target: a system and what it accepts.
    why
        Why, for whoever asks later.
    """
    from trunkline.app.acts import ResetTarget  # noqa: PLC0415  as above

    _tell(common, acting(common, ResetTarget(target, getpass.getuser(), why)))


def _tell(common: Common, view: TargetView) -> None:
    if common.json:
        output.document(view)
    else:
        output.say(f"{view.target} is {view.state}.")
