"""``trunkline contract users``: who is still on a version that is on its way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common, reading

if TYPE_CHECKING:
    from trunkline.app.backbone import Backbone
    from trunkline.app.users import VersionUsers

LAST = 100_000


def users_(ref: str = "", /, *, last: int = LAST, common: Common = Common()) -> None:  # noqa: B008  a frozen value
    """List the sources and flows that are still on a version, with how many events and when last.

    Without a version it is each one that is deprecated or retired. Counted is from
    when it came to that state; what sources brought, among the last events of
    each stream only. It is read from what is stored, so it works whether the
    project runs or not.

    Example: trunkline contract users order@1.0.0

    Parameters
    ----------
    ref
        The contract and its version: order@1.0.0.
    last
        How many of each stream's latest events to look at.
    """
    from trunkline.app.users import users as use_case  # noqa: PLC0415  --help must not pay for it

    async def look(backbone: Backbone) -> list[VersionUsers]:
        return await use_case(backbone, ref, max(1, last))

    found = reading(common, look)
    for one in found:
        if common.json:
            output.document(one)
        else:
            _show(one)
    if not found and not common.json:
        output.say("No version is deprecated or retired.")


def _show(found: VersionUsers) -> None:
    until = f" until {found.sunset}" if found.sunset and found.state == "deprecated" else ""
    output.say(f"{found.contract} is {found.state}{until}, since {found.since}")
    if not found.whole:
        output.say(f"Events of sources are counted from {found.counted_from} on: --last looks further back.")
    if found.users:
        output.table(
            ("user", "name", "events", "last seen", "now"),
            [
                (one.kind, one.name, one.events, one.last_seen, "on it" if one.configured else "left")
                for one in found.users
            ],
        )
    else:
        output.say("Nobody is on it.")
    output.say("")
