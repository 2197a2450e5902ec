"""``trunkline trace``: the whole story of one correlation ID, event or entity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trunkline.kernel import json
from trunkline.kernel.errors import UsageError
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common, asking
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.app.story import Step, Trace, TraceReport
    from trunkline.app.views import ReplyView


def trace(
    identifier: str,
    /,
    *,
    common: Common = Common(),  # noqa: B008  a frozen value
    stream: str = "",
    limit: int = 50,
    before: int | None = None,
    reveal: bool = False,
    why: str = "",
) -> Exit:
    """Tell the whole story of a correlation ID, of the events of an id, or of an entity.

    First each event, newest first, with its record; then in order
    of time what happened: arrivals, pages, attempts, holds, dead letters, what
    people answered, replays, replies. Refused arrivals are found as well. Ends with 1
    where nothing is found.

    Example: trunkline trace 4bf92f3577b34da6a3ce929d0e0e4736

    Parameters
    ----------
    identifier
        A correlation ID (32 hexadecimal digits, from a receipt or a log line), an event's id, or an
        entity key.
    stream
        Only events of this stream, such as order@1.
    limit
        How many events at most, the newest.
    before
        Only events before this offset of --stream: the last one of the page before.
    reveal
        Show personal fields as they are; that is written into the audit.
    why
        With --reveal: why, for whoever asks later.
    """
    from trunkline.app.questions import AskTrace  # noqa: PLC0415  --help must not pay for it

    if before is not None and not stream:
        raise UsageError("an offset is one of a stream: say which, with --stream")
    report: TraceReport = asking(common, AskTrace(identifier, stream, limit, before, reveal), why)
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
    replies = {
        (one.event.stream, one.event.offset, fate.flow): fate.reply
        for one in report.events
        for fate in one.fates
    }
    for step in report.steps:
        reply = replies.get((step.stream, step.offset, step.flow)) if step.what == "answered" else None
        output.say(_line(step, reply, several=len(report.events) > 1))
    if report.more:
        oldest = report.events[-1].event
        further = f"--stream {oldest.stream} --before {oldest.offset}"
        output.say(f"There are older events: --limit tells of more, {further} goes on.")
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
        if fate.state in ("pending", "skipped"):  # of which no step tells
            output.say(f"  flow {fate.flow} to {fate.target}: {fate.state}")


def _line(step: Step, reply: ReplyView | None, *, several: bool) -> str:
    """Write a step on one line; of several events each says whose it is."""
    place = f"{step.stream} offset {step.offset:,}" if several and step.offset >= 0 else ""
    flow = f"flow {step.flow}" if step.flow else ""
    attempt = f"attempt {step.attempt}" if step.attempt else ""
    by = f"by {step.by}" if step.by else ""
    said = ": ".join(part for part in (step.kind, step.detail) if part)
    if reply and not reply.kind:
        said = json.encode(reply.body).decode()
    return "  ".join(part for part in (step.at, f"{step.what:<13}", place, flow, attempt, by, said) if part)
