"""``trunkline kpi``: how fresh data is, how much failed and how much flowed, in any window."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from msgspec.structs import astuple

from trunkline.kernel.clock import SECOND, SystemClock
from trunkline.kernel.errors import UsageError
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.choosing import backwards, instant
from trunkline.surfaces.cli.common import Common, asking

if TYPE_CHECKING:
    from trunkline.app.kpis import KpiReport, Point, View, Window


@Parameter(name="*")
@dataclasses.dataclass(frozen=True)
class Chosen:
    """Which window, and of what."""

    since: str = "24h"
    """From so long ago until now, such as 90m, 24h or 7d; or from a time on."""

    start: Annotated[str, Parameter(name="--from")] = ""
    """From this time on, in place of --since: 2026-01-05T09:30:00Z, or a date."""

    end: Annotated[str, Parameter(name="--to")] = ""
    """Up to this time, in place of now."""

    flow: str = ""
    """Only this flow; a replay is FLOW#ID."""

    system: str = ""
    """Only this system: the flows to its targets, and what its sources give."""

    stream: str = ""
    """Only this stream, such as order@1."""

    def window(self, now: int) -> Window:
        """Return the window that ends now, or where it was said."""
        from trunkline.app.kpis import Window  # noqa: PLC0415  --help must not pay for it

        until = instant(self.end) or now + 1
        since = instant(self.start) or _since(self.since, now)
        if until <= since:
            raise backwards("--from", self.start or self.since, "--to", self.end or "now")
        return Window(since, until, self.flow, self.system, self.stream)


def kpi(
    *,
    common: Common = Common(),  # noqa: B008  a frozen value
    chosen: Chosen = Chosen(),
    by: Literal["flow", "system", "stream"] | None = None,
    every: str = "",
) -> None:
    """Tell how fresh data is in its targets, how much failed and how much flowed.

    It is computed from what happened, so it is the same before and after a restart and whether the project
    runs or not. What is open, and how long a source has been silent, is told of now.

    Example: trunkline kpi --since 7d --by flow

    Parameters
    ----------
    by
        Each flow, system or stream as well.
    every
        In place of one sum, what happened in each step of the window: 1m, 1h, 1d.
    """
    from msgspec.structs import asdict  # noqa: PLC0415  --help must not pay for it

    from trunkline.app.questions import AskKpis, AskSeries, Question  # noqa: PLC0415  as above

    step = round(_seconds(every)) if every else 0
    window = asdict(chosen.window(SystemClock().now()))
    question: Question = AskKpis(**window, by=by or "")
    if step:
        question = AskSeries(**window, step_seconds=step, freshness=True)
    found: KpiReport | list[Point] = asking(common, question)
    if isinstance(found, list):
        _print_series(found, as_json=common.json)
    elif common.json:
        output.document(found)
    else:
        _print(found)


def _seconds(duration: str) -> float:
    from trunkline.app.quantities import seconds_of  # noqa: PLC0415  as above

    try:
        return seconds_of(duration)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _since(text: str, now: int) -> int:
    return now - round(_seconds(text) * SECOND) if text[-1:].isalpha() and text[-1:] != "Z" else instant(text)


def _print(found: KpiReport) -> None:
    output.say(f"From {found.since} to {found.until}")
    views = [found.total, *found.views]
    output.table(
        ("", "p50 s", "p95 s", "p99 s", "failed %", "first failed %", "accepted/s", "effects/s"),
        [_rates(view) for view in views],
    )
    output.say("")
    columns = ("", "accepted", "duplicates", "refused", "delivered", "late", "dropped", "died")
    output.table((*columns, "discarded", "superseded", "failed attempts"), [_counts(view) for view in views])
    output.say("")
    output.say(f"Now, {found.at}")
    output.table(
        ("", "dead", "quarantined", "waiting", "held", "stale"),
        [(one.name, one.dead, one.quarantined, one.waiting, one.held, _said(one.stale)) for one in views],
    )
    _print_sources(found)
    _print_entities(found)
    _print_flows(found)


def _print_sources(found: KpiReport) -> None:
    if found.sources:
        output.say("")
        output.table(
            ("source", "stream", "last event", "silent s", "expected s", "by", "stale"),
            [
                (
                    one.source,
                    one.stream,
                    one.last,
                    one.silent_seconds,
                    one.expected_seconds,
                    one.expected_by,
                    _said(one.stale),
                )
                for one in found.sources
            ],
        )


def _print_flows(found: KpiReport) -> None:
    if found.flows:
        output.say("")
        output.table(
            ("flow", "behind", "oldest owed s", "needs s", "late after s", "stale"),
            [
                (
                    one.flow,
                    one.behind,
                    one.oldest_seconds,
                    one.needs_seconds,
                    one.late_after_seconds,
                    "late" if one.late else "silent" if one.silent else "",
                )
                for one in found.flows
            ],
        )


def _print_entities(found: KpiReport) -> None:
    if found.entities:
        output.say("")
        columns = ("stream", "entities", "duplicates", "%", "counted", "uncounted events")
        output.table(columns, [astuple(one) for one in found.entities])


def _rates(view: View) -> tuple[object, ...]:
    one = view.kpis
    return (
        view.name,
        one.freshness_p50,
        one.freshness_p95,
        one.freshness_p99,
        one.failed_percent,
        one.first_failure_percent,
        one.accepted_per_second,
        one.effects_per_second,
    )


def _counts(view: View) -> tuple[object, ...]:
    one = view.kpis
    return (
        view.name,
        one.accepted,
        one.duplicates,
        one.refused,
        one.delivered,
        one.late,
        one.dropped,
        one.died,
        one.discarded,
        one.superseded,
        one.failures,
    )


def _said(stale: bool) -> str:  # noqa: FBT001  the one thing it is about
    return "stale" if stale else ""


def _print_series(points: list[Point], *, as_json: bool) -> None:
    if as_json:
        for point in points:
            output.document(point)
        return
    columns = ("at", "accepted", "refused", "delivered", "late", "dropped", "died", "attempts", "error %")
    output.table(
        (*columns, "p95 s"),
        [
            (
                one.at,
                one.accepted,
                one.refused,
                one.delivered,
                one.late,
                one.dropped,
                one.died,
                one.attempts,
                one.error_percent,
                one.freshness_p95,
            )
            for one in points
        ],
    )
