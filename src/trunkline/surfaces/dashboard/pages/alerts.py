"""Alerts: what fires, what to do next, what is silenced, and whether people are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args
from urllib.parse import quote

import msgspec

from trunkline.app.acts import AcknowledgeAlert, EndSilence, SilenceAlerts, TestRoute
from trunkline.app.alerting.history import AlertHistory, RouteView, WindowView, alert_history, routes, windows
from trunkline.app.alerting.views import (
    LABEL_NAMES,
    AlertsQuery,
    AlertView,
    SilenceView,
    alert_named,
    alerts,
    answer_stats,
    silences,
)
from trunkline.app.project import unknown
from trunkline.app.quantities import seconds_of
from trunkline.app.verdicts import several
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import UsageError
from trunkline.observe.alerts.machine import Phase
from trunkline.observe.alerts.rule import Severity
from trunkline.observe.alerts.times import AnswerTimes
from trunkline.surfaces.dashboard.forms import Asking, Form, Input, Mistaken
from trunkline.surfaces.dashboard.page import ROOM, Asked, NotThere, Page, View
from trunkline.surfaces.dashboard.render import LABELS
from trunkline.surfaces.dashboard.tables import Column, Table, found, ordered, paged
from trunkline.surfaces.dashboard.words import moment

DAYS = 30
"""Over how many days answers are measured, and alerts that are over are shown."""
_DAY = 86_400 * SECOND

COLUMNS = (
    Column("summary", "Alert"),
    Column("state", "State"),
    Column("severity", "Severity"),
    Column("since", "Since"),
    Column("", "Likely cause, and what to do next"),
    Column("", "Do"),
)
SEARCHED = ("rule", "summary", "cause", "next", "labels")


class Alerts(msgspec.Struct, frozen=True):
    """The table; how many are in each state; what is silenced, who can be told, and how fast people were."""

    sentence: str
    level: str
    counts: Mapping[str, int]
    table: Table[AlertView]
    states: tuple[tuple[str, str], ...]
    severities: tuple[tuple[str, str], ...]
    silences: list[SilenceView]
    windows: list[WindowView]
    routes: list[RouteView]
    times: AnswerTimes


def address(alert: str) -> str:
    """Return where an alert's page is."""
    return f"{ROOM}/alerts/{quote(alert, safe='')}"


async def _load(asked: Asked) -> View:
    backbone, now = asked.backbone, asked.backbone.machine.clock.now()
    since = now - DAYS * _DAY
    whole = await alerts(backbone, AlertsQuery(all=True, since=since))
    over = asked.value("over") or asked.value("state") == "resolved"
    shown = whole if over else [one for one in whole if one.state != "resolved"]
    rows = ordered(_chosen(shown, asked), asked, COLUMNS, "")
    counts = {state: sum(one.state == state for one in whole) for state in get_args(Phase)}
    loud = [one for one in whole if one.state == "firing" and not one.muted]
    data = Alerts(
        _sentence(loud, counts),
        "bad" if any(one.severity == "page" for one in loud) else "warn" if loud else "good",
        counts,
        paged(rows, asked, "alerts", COLUMNS, len(shown)),
        _choices(get_args(Phase)),
        _choices(get_args(Severity)),
        await silences(backbone),
        windows(backbone),
        await routes(backbone),
        await answer_stats(backbone, since, now + 1),
    )
    return View("Alerts", data, rows)


def _choices(values: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((one, LABELS[one]) for one in values)


def _chosen(rows: list[AlertView], asked: Asked) -> list[AlertView]:
    state, severity = asked.value("state"), asked.value("severity")
    fit = [one for one in rows if state in ("", one.state) and severity in ("", one.severity)]
    return found(fit, asked, SEARCHED)


def _sentence(loud: list[AlertView], counts: Mapping[str, int]) -> str:
    taken, quiet = counts["acknowledged"], counts["firing"] - len(loud)
    pages = sum(one.severity == "page" for one in loud)
    parts = [
        f"{several(len(loud), 'alert')} not taken yet" if loud else "",
        f"{pages} of them to page people for" if pages else "",
        f"{taken} acknowledged" if taken else "",
        f"{quiet} silenced" if quiet else "",
    ]
    return ", ".join(filter(None, parts)) + "." if any(parts) else "Nothing fires."


async def _load_one(asked: Asked) -> View:
    try:
        detail: AlertHistory = await alert_history(asked.backbone, asked.parts["alert"])
    except UsageError as error:
        raise NotThere(str(error)) from None
    return View(detail.alert.summary or detail.alert.rule, detail, above=(("Alerts", f"{ROOM}/alerts"),))


ALERTS = Page(
    "alerts",
    "/alerts",
    "Alerts",
    "What fires, since when, the likely cause, what to do; silences, maintenance windows, ways to people.",
    _load,
    "Now",
    "a",
    5.0,
)
ALERT = Page(
    "alert",
    "/alerts/{alert}",
    "Alert",
    "One alert: what is so, the likely cause, the next step, what happened to it and who was told.",
    _load_one,
    every_seconds=5.0,
)
PAGES = (ALERTS, ALERT)


async def _asks_acknowledge(asked: Asked) -> Asking:
    alert = await alert_named(asked.backbone, asked.value("alert"))
    says = (
        alert.summary,
        "You take it: nobody is reminded of it, and it is not escalated. It is over when its cause is.",
    )
    return Asking("Acknowledge this alert?", says, address(alert.id), {"alert": alert.id})


def _where(asked: Asked) -> dict[str, str]:
    """Return the patterns that a request gives, by label."""
    return {label: asked.value(label).strip() for label in LABEL_NAMES if asked.value(label).strip()}


async def _asks_silence(asked: Asked) -> Asking:
    where = _where(asked)
    says = [
        "Nobody is told of alerts that every pattern fits; * is any text.",
        "They keep their state, and what still fires when the silence ends is told then.",
    ]
    if where:
        fit = await alerts(asked.backbone, AlertsQuery(where=where))
        says.append(f"These patterns fit {several(len(fit), 'open alert')} now. An empty one fits all.")
    inputs = [
        Input(label, label.capitalize(), value=where.get(label, ""), optional=True)
        for label in [one for one in LABEL_NAMES if one in asked.query] or LABEL_NAMES
    ]
    lasts = Input("lasts", "For how long, or until when", "30m, 4h, 2d, or 2026-01-05T09:30Z", "4h")
    return Asking("Silence alerts?", tuple(says), f"{ROOM}/alerts#silences", inputs=(*inputs, lasts))


def _silence(asked: Asked, by: str, why: str) -> SilenceAlerts:
    where, lasts = _where(asked), asked.value("lasts").strip()
    if not where:
        raise Mistaken(
            LABEL_NAMES[0],
            "say which alerts: give at least one pattern, such as flow orders or severity ticket",
        )
    if not lasts:
        raise Mistaken("lasts", "say for how long: a silence has an end")
    return SilenceAlerts(where, _until(asked, lasts), by, why)


def _until(asked: Asked, lasts: str) -> int:
    try:
        return asked.backbone.machine.clock.now() + round(seconds_of(lasts) * SECOND)
    except ValueError:
        pass
    try:
        return moment(lasts)
    except UsageError as error:
        raise Mistaken("lasts", str(error)) from None


async def _asks_end(asked: Asked) -> Asking:
    known = {one.id: one for one in await silences(asked.backbone)}
    if asked.value("silence") not in known:
        raise unknown("silence", asked.value("silence"), known)
    one = known[asked.value("silence")]
    which = ", ".join(f"{label} {pattern}" for label, pattern in one.where.items())
    says = (f"{which}: silenced by {one.by}, because {one.why}.", "What still fires is told at once.")
    return Asking("End this silence?", says, f"{ROOM}/alerts#silences", {"silence": one.id})


async def _asks_test(asked: Asked) -> Asking:
    route, known = asked.value("route"), asked.backbone.project.settings.alerts.routes
    if route not in known:
        raise unknown("route", route, known)
    says = ("A test message goes out at once, to the people that it leads to.",)
    return Asking(f"Try route {route}?", says, f"{ROOM}/alerts#routes", {"route": route})


def _told_of_silence(done: Any) -> str:
    return f"Silence until {done.until}."


FORMS = (
    Form(
        "acknowledge-alert",
        "Acknowledge",
        "takes an alert: nobody is reminded of it",
        _asks_acknowledge,
        lambda asked, by, why: AcknowledgeAlert(asked.value("alert"), by, why),
        lambda done: f"{done.acknowledged_by} has it: {done.summary}.",
    ),
    Form(
        "silence-alerts",
        "Silence",
        "has nobody told of some alerts for a time",
        _asks_silence,
        _silence,
        _told_of_silence,
    ),
    Form(
        "end-silence",
        "End silence",
        "ends a silence before its time",
        _asks_end,
        lambda asked, by, why: EndSilence(asked.value("silence"), by, why),
        lambda _done: "The silence is over.",
    ),
    Form(
        "test-route",
        "Send a test",
        "sends a test message to people by a route",
        _asks_test,
        lambda asked, by, why: TestRoute(asked.value("route"), by, why),
        lambda done: f"Route {done.route} took message {done.message}.",
    ),
)
