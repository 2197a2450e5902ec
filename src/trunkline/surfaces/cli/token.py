"""``trunkline token``: the administrator's token, made and made anew."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

from trunkline.kernel.errors import UsageError
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common, acting, loaded

if TYPE_CHECKING:
    from trunkline.app.tokens import NewToken


def rotate_(
    *,
    common: Common = Common(),  # noqa: B008  a frozen value
    overlap: str = "0s",
    why: str = "",
) -> None:
    """Make a new administrator's token and show it once; the one before ends, with its sessions.

    It works whether the project runs or not. What is kept of the token is a print
    that nothing can be made of again.

    Example: trunkline token rotate --overlap 1h --why "Ann left"

    Parameters
    ----------
    overlap
        For how long the one before is taken beside it: 30m, 1h, at most 7d. At once without it.
    why
        Why, for whoever asks later.
    """
    from trunkline.app.acts import RotateToken  # noqa: PLC0415  --help must not pay for it
    from trunkline.app.quantities import seconds_of  # noqa: PLC0415  as above

    try:
        seconds = round(seconds_of(overlap))
    except ValueError as error:
        raise UsageError(f"--overlap: {error}") from None
    made: NewToken = acting(common, RotateToken(getpass.getuser(), why, seconds))
    if common.json:
        output.document(made)
        return
    output.say(made.token)
    output.complain("This is shown once: keep it in a safe place.")


def show_(*, common: Common = Common()) -> None:  # noqa: B008  as above
    """Tell when and by whom the administrator's token was made, and how many sessions are open.

    Example: trunkline token show
    """
    from trunkline.app.tokens import token_standing  # noqa: PLC0415  as above

    project, machine = loaded(common)
    standing = token_standing(project, machine.clock.now())
    if common.json:
        output.document(standing)
        return
    if not standing.tokens:
        output.complain('There is no token, and nobody can log in: make one with "trunkline token rotate".')
        return
    output.table(
        ("made", "by", "ends"), [(one.made_at, one.made_by, one.ends_at or "") for one in standing.tokens]
    )
    output.say(f"{standing.sessions} sessions are open.")
