"""``trunkline contract``: contracts, their versions (see ``cli.registry``), and what really comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common, reading
from trunkline.surfaces.cli.exits import Exit
from trunkline.surfaces.cli.registry import activate_, deprecate_, list_, register_, retire_, show_

if TYPE_CHECKING:
    from trunkline.app.backbone import Backbone
    from trunkline.app.drift import DriftReport

__all__ = ["activate_", "deprecate_", "drift_", "list_", "register_", "retire_", "show_"]

LAST = 10_000


def drift_(stream: str = "", /, *, last: int = LAST, common: Common = Common()) -> Exit:  # noqa: B008  a frozen value
    """Tell how records that came differ from their contract: before it breaks anything, or why it did.

    Looks at the last events of a stream and at what was refused since: fields the
    contract does not know, values of another type, values that an enumeration does
    not have, and fields that were common and have vanished. Values are not shown,
    but for those missing in an enumeration. Ends with 1 where there is a difference.

    Example: trunkline contract drift order

    Parameters
    ----------
    stream
        The stream, with its major version where there are several; without it every stream.
    last
        How many of its latest events to look at.
    """
    from trunkline.app.drift import drift as use_case  # noqa: PLC0415  --help must not pay for it

    async def look(backbone: Backbone) -> list[DriftReport]:
        return await use_case(backbone, stream, max(1, last))

    reports = reading(common, look)
    for report in reports:
        if common.json:
            output.document(report)
        else:
            _show(report)
    return Exit.FOUND if any(report.drifts for report in reports) else Exit.OK


def _show(report: DriftReport) -> None:
    seen = f"{report.accepted:,} accepted and {report.refused:,} refused records"
    since = f" since {report.since}" if report.since else ""
    output.say(f"{report.contract}: {seen}{since}")
    if report.drifts:
        columns = ("where", "what", "records", "refused", "last", "sources")
        rows = [
            (one.pointer or "/", one.kind, one.records, one.refused, one.last, ", ".join(one.sources))
            for one in report.drifts
        ]
        output.table(columns, rows, [one.detail for one in report.drifts])
    else:
        output.say("No drift.")
    output.say("")
