"""``trunkline trace``: everything that happened to one correlation ID or event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trunkline.kernel import json
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common, asking
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.app.views import FateView, Trace, TraceReport


def trace(
    identifier: str,
    /,
    *,
    common: Common = Common(),  # noqa: B008  a frozen value
    reveal: bool = False,
    why: str = "",
) -> Exit:
    """Tell everything that happened to one correlation ID, or to the events of an id.

    For each event: when it arrived, and in every flow whether it was delivered,
    on which attempt and when, with each failed attempt. Refused arrivals are
    found as well. Ends with 1 where nothing is found.

    Example: trunkline trace 4bf92f3577b34da6a3ce929d0e0e4736

    Parameters
    ----------
    identifier
        A correlation ID (32 hexadecimal digits, from a receipt or a log line) or an event's id.
    reveal
        Show personal fields as they are; that is written into the audit.
    why
        With --reveal: why, for whoever asks later.
    """
    from trunkline.app.questions import AskTrace  # noqa: PLC0415  --help must not pay for it

    report: TraceReport = asking(common, AskTrace(identifier, reveal), why)
    if common.json:
        output.document(report)
    else:
        _print(report)
    return Exit.OK if report.events or report.quarantined else Exit.FOUND


def _print(report: TraceReport) -> None:
    for one in report.events:
        _print_event(one)
    for entry in report.quarantined:
        output.say(
            f"quarantine {entry.id}: from {entry.source} ({entry.place or 'no place'}), {entry.status}"
        )
        for reason in entry.reasons:
            output.say(f"  {reason}")
    if not report.events and not report.quarantined:
        output.complain(f"Nothing is known of {report.id}.")


def _print_event(one: Trace) -> None:
    event = one.event
    output.say(
        f"{event.stream} offset {event.offset:,}: {event.id} from {event.source}, accepted {event.recorded}"
    )
    output.say(f"  trace {event.correlation}  key {event.subject or '-'}  contract {event.contract}")
    output.say(f"  {json.encode(event.data).decode()}")
    for fate in one.fates:
        output.say(
            f"  flow {fate.flow} to {fate.target}: "
            f"{fate.state}, attempt {fate.attempt}, {fate.at or 'not yet'}{_why(fate)}"
        )
        for each in fate.tries:
            output.say(f"    {each.at} {each.kind}: {each.detail}")
        for answer in fate.answers:
            output.say(f"    {answer.at} {answer.how} by {answer.by or '-'}: {answer.why or '-'}")
        if fate.reply:
            told = fate.reply
            shown = f"{told.kind}: {told.detail}" if told.kind else json.encode(told.body).decode()
            output.say(f"    the caller was told {shown}")


def _why(fate: FateView) -> str:
    return f": {fate.reason}" if fate.reason else ""
