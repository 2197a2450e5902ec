"""``trunkline alerts``: what is wrong, who answers for it, what is quiet, and whether people can be told."""

from __future__ import annotations

import dataclasses
import getpass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from trunkline.kernel.clock import SECOND, SystemClock
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.choosing import Span, instant
from trunkline.surfaces.cli.common import Common, acting, asking, loaded

if TYPE_CHECKING:
    from trunkline.app.alerting.views import AlertView, SilenceView, UnsentView
    from trunkline.observe.alerts.times import AnswerTimes

_DAYS = 30
_DAY = 86_400 * SECOND


@Parameter(name="*")
@dataclasses.dataclass(frozen=True)
class Which(Span):
    """Which alerts: those that carry every value given."""

    all_: Annotated[bool, Parameter(name="--all", show_default=False)] = False
    """Also alerts that are over, of the last 30 days or since --since."""

    state: Literal["pending", "firing", "acknowledged", "resolved"] | None = None
    """Only those in this state."""

    severity: Literal["page", "ticket", "info"] | None = None
    """Only those of this severity."""

    where: tuple[str, ...] = ()
    """Only those with this label, such as flow=orders or target=erp.*; may be repeated."""


@Parameter(name="*")
@dataclasses.dataclass(frozen=True)
class Instead:
    """What to list instead of alerts."""

    silences: Annotated[bool, Parameter(name="--silences", show_default=False)] = False
    """List the silences that are in force instead."""

    unsent: Annotated[bool, Parameter(name="--unsent", show_default=False)] = False
    """List the messages that did not arrive instead."""

    stats: Annotated[bool, Parameter(name="--stats", show_default=False)] = False
    """Tell instead how many fired, and the mean times to acknowledge (MTTA) and to resolve (MTTR), of
    the last 30 days or between --since and --until."""


def list_(
    *,
    common: Common = Common(),  # noqa: B008  a frozen value
    which: Which = Which(),
    instead: Instead = Instead(),
    limit: int = 1_000,
) -> None:
    """List alerts: what is wrong, since when, the likely cause and the command to run next.

    Without options it lists what is open. It works whether the project runs or not.

    Example: trunkline alerts list --severity page

    Parameters
    ----------
    limit
        The most to list.
    """
    if instead.silences:
        return _list_silences(common)
    if instead.unsent:
        return _list_unsent(common, limit)
    if instead.stats:
        return _tell_stats(common, which)
    from trunkline.app.alerting.views import AlertsQuery  # noqa: PLC0415  --help must not pay for it
    from trunkline.app.questions import AskAlerts, AskUnsent  # noqa: PLC0415  as above

    since = which.bounds["since"] or SystemClock().now() - _DAYS * _DAY
    over, where = which.all_ or which.state == "resolved", _labels(which.where)
    query = AlertsQuery(over, since, which.state, which.severity, where, limit)
    found: list[AlertView] = asking(common, AskAlerts(query))
    failed: list[UnsentView] = asking(common, AskUnsent())
    if common.json:
        for one in found:
            output.document(one)
        return None
    if not found:
        output.complain("Nothing is wrong.")
    else:
        _table(found)
    output.tell_of_more(len(found), limit)
    if failed:
        output.complain(f"{len(failed)} messages did not arrive: trunkline alerts list --unsent")
    return None


def _table(found: list[AlertView]) -> None:
    output.table(
        ("id", "severity", "state", "since", "what"),
        [
            (one.id, one.severity, f"{one.state}{' (muted)' if one.muted else ''}", one.since, one.summary)
            for one in found
        ],
        [_note(one) for one in found],
    )


def _note(one: AlertView) -> str:
    by = f"{one.acknowledged_by} has it. " if one.acknowledged_by else ""
    if one.resolved:
        return f"{by}over since {one.resolved}"
    return f"{by}{one.cause} Next: {one.next}" if one.cause else f"{by}Next: {one.next}"


def show_(
    alert: str,
    /,
    *,
    common: Common = Common(),  # noqa: B008  as above
) -> None:
    """Show one alert: what is so, the likely cause, the next step, and who was told.

    Example: trunkline alerts show 019b0c1e-2f3a-7000-8000-000000000001

    Parameters
    ----------
    alert
        The alert's id, as "alerts list" shows it.
    """
    from trunkline.app.questions import AskAlert  # noqa: PLC0415  as above

    found: AlertView = asking(common, AskAlert(alert))
    if common.json:
        output.document(found)
        return
    labels = ", ".join(f"{name}={text}" for name, text in found.labels.items())
    lines = {
        "alert": found.id,
        "rule": f"{found.rule} ({found.severity})",
        "about": labels,
        "state": f"{found.state}{f', muted by {found.muted}' if found.muted else ''}",
        "what": found.summary,
        "cause": found.cause,
        "next": found.next,
        "link": found.link,
        "since": found.since,
        "fired": found.fired,
        "acknowledged": f"{found.acknowledged} by {found.acknowledged_by}" if found.acknowledged else "",
        "resolved": found.resolved,
        "told": _told(found),
    }
    for name, text in lines.items():
        if text:
            output.say(f"{name + ':':<14}{text}")


def _told(one: AlertView) -> str:
    routes = ", ".join(one.told)
    if not one.waits:
        return routes
    return f"{routes}; soon that it is over" if one.resolved else "nobody yet: it waits for its group"


def ack_(
    *alerts: str,
    common: Common = Common(),  # noqa: B008  as above
    why: str = "",
) -> None:
    """Answer for alerts that fire: nobody is reminded of them, and they are not escalated.

    Example: trunkline alerts ack 019b0c1e-2f3a-7000-8000-000000000001 --why "on it"

    Parameters
    ----------
    alerts
        The alerts' ids.
    why
        What you are about to do, for whoever asks.
    """
    from trunkline.app.acts import AcknowledgeAlert  # noqa: PLC0415  as above
    from trunkline.kernel.errors import UsageError  # noqa: PLC0415  as above

    if not alerts:
        raise UsageError("say which: trunkline alerts list shows them with their ids")
    for alert in alerts:
        view: AlertView = acting(common, AcknowledgeAlert(alert, getpass.getuser(), why))
        if common.json:
            output.document(view)
        else:
            output.say(f"{view.summary}: {view.acknowledged_by} has it.")


def silence_(
    *,
    where: tuple[str, ...],
    why: str,
    common: Common = Common(),  # noqa: B008  as above
    lasts: Annotated[str, Parameter(name="--for")] = "",
    until: str = "",
) -> None:
    """Have nobody told of some alerts for a time; they keep their state.

    What still fires when it ends is told of then. That something is over is told to whoever was
    told of it.

    Example: trunkline alerts silence --where target=erp.stock --for 4h --why "stock count"

    Parameters
    ----------
    where
        A label and its pattern: flow=orders, target=erp.*, rule=drift, severity=ticket; may be
        repeated, and then all have to fit.
    why
        Why, for whoever asks later.
    lasts
        For how long: 30m, 4h, 2d.
    until
        Until when: 2026-01-05T09:30:00Z.
    """
    from trunkline.app.acts import SilenceAlerts  # noqa: PLC0415  as above
    from trunkline.app.quantities import seconds_of  # noqa: PLC0415  as above
    from trunkline.kernel.errors import UsageError  # noqa: PLC0415  as above

    if bool(lasts) == bool(until):
        raise UsageError("say --for how long, or --until when: a silence has an end")
    _, machine = loaded(common)
    try:
        end = instant(until) or machine.clock.now() + round(seconds_of(lasts) * SECOND)
    except ValueError as error:
        raise UsageError(str(error)) from None
    _tell(common, acting(common, SilenceAlerts(_labels(where), end, getpass.getuser(), why)))


def unsilence_(
    silence: str,
    /,
    *,
    common: Common = Common(),  # noqa: B008  as above
    why: str = "",
) -> None:
    """End a silence before its time.

    Example: trunkline alerts unsilence 019b0c1e-2f3a-7000-8000-000000000002

    Parameters
    ----------
    silence
        The silence's id, as "alerts list --silences" shows it.
    why
        Why, for whoever asks later.
    """
    from trunkline.app.acts import EndSilence  # noqa: PLC0415  as above

    _tell(common, acting(common, EndSilence(silence, getpass.getuser(), why)))


def test_(
    route: str,
    /,
    *,
    common: Common = Common(),  # noqa: B008, PT028  as above, and no test: the command's name
) -> None:
    """Send a test message by a route, at once, and tell whether it arrived.

    Example: trunkline alerts test oncall

    Parameters
    ----------
    route
        The route's name, under alerts in trunkline.yaml.
    """
    from trunkline.app.acts import TestRoute  # noqa: PLC0415  as above

    tried = acting(common, TestRoute(route, getpass.getuser()))
    if common.json:
        output.document(tried)
    else:
        output.say(f"Route {tried.route} took message {tried.message}.")


def rules_(*, common: Common = Common()) -> None:  # noqa: B008  as above
    """List the rules that hold: those of flows, of trunkline.yaml, and the defaults.

    Example: trunkline alerts rules
    """
    from trunkline.app.alerting.views import rules  # noqa: PLC0415  as above

    project, _ = loaded(common)
    found = rules(project)
    if common.json:
        for one in found:
            output.document(one)
        return
    output.table(
        ("rule", "when", "for", "severity", "where", "to"),
        [
            (
                one.name,
                one.when,
                f"{one.for_seconds:g}s",
                one.severity,
                _pairs(one.where),
                ", ".join(one.to) or "-",
            )
            for one in found
        ],
    )


def _list_silences(common: Common) -> None:
    from trunkline.app.questions import AskSilences  # noqa: PLC0415  as above

    found: list[SilenceView] = asking(common, AskSilences())
    if common.json:
        for one in found:
            output.document(one)
        return
    if not found:
        output.complain("Nothing is silenced.")
        return
    output.table(
        ("id", "where", "until", "by"),
        [(one.id, _pairs(one.where), one.until, one.by) for one in found],
        [one.why for one in found],
    )


def _list_unsent(common: Common, limit: int) -> None:
    from trunkline.app.questions import AskUnsent  # noqa: PLC0415  as above

    found: list[UnsentView] = asking(common, AskUnsent(limit))
    if common.json:
        for one in found:
            output.document(one)
        return
    if not found:
        output.complain("Every message arrived.")
        return
    output.table(
        ("id", "route", "state", "created", "attempts", "due"),
        [(one.id, one.route, one.state, one.created, one.attempts, one.due) for one in found],
        [f"{one.kind}: {one.detail}" for one in found],
    )


def _tell_stats(common: Common, span: Span) -> None:
    from trunkline.app.questions import AskAnswerTimes  # noqa: PLC0415  as above

    now = SystemClock().now()
    question = AskAnswerTimes(span.bounds["since"] or now - _DAYS * _DAY, span.bounds["until"] or now + 1)
    found: AnswerTimes = asking(common, question)
    if common.json:
        output.document(found)
        return
    times = {"MTTA": found.mtta_seconds, "MTTR": found.mttr_seconds}
    shown = [f"{name} {seconds:,.0f} s" for name, seconds in times.items() if seconds is not None]
    counts = f"{found.fired} fired, {found.acknowledged} acknowledged, {found.resolved} resolved"
    output.say(", ".join([counts, *shown]))


def _tell(common: Common, view: SilenceView) -> None:
    if common.json:
        output.document(view)
    else:
        word = f"ended by {view.ended_by}" if view.ended_by else f"holds until {view.until}"
        output.say(f"Silence {view.id} ({_pairs(view.where)}) {word}.")


def _labels(where: tuple[str, ...]) -> dict[str, str]:
    """Read ``label=pattern``; raises ``UsageError``."""
    from trunkline.kernel.errors import UsageError  # noqa: PLC0415  as above

    found = {}
    for one in where:
        name, sign, pattern = one.partition("=")
        if not sign or not name:
            raise UsageError(f'"{one}" is no label with its pattern: write flow=orders, target=erp.*')
        found[name] = pattern
    return found


def _pairs(where: Any) -> str:
    return ", ".join(f"{name}={text}" for name, text in where.items()) or "-"
