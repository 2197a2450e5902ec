"""``trunkline status``: where every source, stream and flow stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common, asking
from trunkline.surfaces.cli.replay import print_replays

if TYPE_CHECKING:
    from trunkline.app.status import Status


def status(*, common: Common = Common()) -> None:  # noqa: B008  a frozen value
    """Tell where every source, stream and flow stands: last event, cursor, lag, what waits, what is dead.

    A target that is isolated or away is listed with why: see "trunkline target list". So are replays that
    have not ended.

    It is read from what is stored, so it works whether the project runs or not.

    Example: trunkline status --json
    """
    from trunkline.app.questions import AskStatus  # noqa: PLC0415  --help must not pay for it

    found: Status = asking(common, AskStatus())
    if common.json:
        output.document(found)
    else:
        _print(found)


def _print(found: Status) -> None:
    output.say(f"Project {found.project} at {found.at}")
    output.table(
        ("source", "via", "stream", "last event", "quarantined"),
        [(one.source, one.via, one.stream, one.last_event, one.quarantined) for one in found.sources],
        [one.note for one in found.sources] if any(one.note for one in found.sources) else (),
    )
    output.say("")
    output.table(
        ("stream", "events", "next", "bytes", "last event"),
        [(one.stream, one.events, one.next, one.stored_bytes, one.last_event) for one in found.streams],
    )
    output.say("")
    columns = ("flow", "target", "cursor", "lag", "lag s", "waiting", "held", "dead", "last delivered")
    output.table(
        columns,
        [
            (
                one.flow,
                one.target,
                one.cursor,
                one.lag,
                one.lag_seconds,
                one.waiting,
                one.held,
                one.dead,
                one.last_delivered,
            )
            for one in found.flows
        ],
        [str(one.paused or "") for one in found.flows] if any(one.paused for one in found.flows) else (),
    )
    if found.targets:
        output.say("")
        output.table(
            ("target", "state", "since", "by"),
            [(one.target, one.state, one.since, one.by) for one in found.targets],
            [one.why for one in found.targets],
        )
    if found.replays:
        output.say("")
        print_replays(found.replays)
