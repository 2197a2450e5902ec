"""One alert with all that happened to it, what keeps alerts quiet, and whether people can be told of any.

What a person on duty looks at; all is read from what is stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

import msgspec

from trunkline.app.alerting.rules import windows_of
from trunkline.app.alerting.settings import Route
from trunkline.app.alerting.views import AlertView, UnsentView, alert_named, known, unsent
from trunkline.app.backbone import Backbone
from trunkline.kernel.clock import SECOND, to_rfc3339
from trunkline.observe.alerts.machine import Alert, Transition
from trunkline.observe.alerts.muting import Window
from trunkline.observe.alerts.notices import Message, State
from trunkline.observe.alerts.rule import Severity

MESSAGES = 1_000
"""Among how many messages of each state, the newest, those that told of an alert are looked for."""

What: TypeAlias = Literal["began", "firing", "acknowledged", "resolved", "told"]

_STATES: tuple[State, ...] = ("sent", "waiting", "failed")
_TOLD = {
    "fired": "that it fires",
    "reminder": "that it still fires",
    "escalated": "that nobody acknowledged it",
    "resolved": "that it is over",
}


class Happened(msgspec.Struct, frozen=True):
    """One thing that happened to an alert: when (RFC 3339), what, by whom and why.

    People were ``told`` by ``route``, which is ``sent``, ``waiting`` or ``failed``; ``detail`` says of
    what, and why it did not arrive.
    """

    at: str
    what: What
    by: str = ""
    why: str = ""
    route: str = ""
    state: str = ""
    detail: str = ""


class AlertHistory(msgspec.Struct, frozen=True):
    """An alert, and what happened to it, oldest first."""

    alert: AlertView
    happened: tuple[Happened, ...]


class WindowView(msgspec.Struct, frozen=True):
    """A maintenance window: which alerts, when it begins, for how long, and whether it is under way."""

    name: str
    where: Mapping[str, str]
    begins: str
    lasts_seconds: float
    holds: bool


class RouteView(msgspec.Struct, frozen=True):
    """A way to people: of which severities, and what it did not take, most lately for ``detail``.

    ``waiting`` messages are tried again, the next at ``due``; ``failed`` were given up.
    """

    name: str
    via: Literal["webhook", "apprise"]
    severities: tuple[Severity, ...]
    waiting: int
    failed: int
    detail: str
    due: str | None


async def alert_history(backbone: Backbone, alert: str) -> AlertHistory:
    """Return an alert with its history; raises ``UsageError`` where there is none."""
    seen, stored = await alert_named(backbone, alert), await known(backbone, alert)
    until = (stored.resolved_at or backbone.machine.clock.now()) + 1
    passed = await backbone.alerts.transitions(stored.fired_at, until) if stored.fired_at else []
    messages = [one for state in _STATES for one in await backbone.alerts.messages(state, MESSAGES)]
    timed = [(stored.since, 0, Happened(to_rfc3339(stored.since), "began", detail=_held(stored)))]
    timed += [(one.at, 1, _moved(one)) for one in passed if one.alert == alert]
    timed += [(one.created, 2, told) for one in messages for told in _told(one, alert)]
    timed.sort(key=lambda one: one[:2])
    return AlertHistory(seen, tuple(one for _, _, one in timed))


def _held(alert: Alert) -> str:
    if not alert.fired_at:
        return "its condition holds; it fires if that lasts"
    seconds = (alert.fired_at - alert.since) / SECOND
    return f"its condition held for {seconds:,.0f} s before it fired" if seconds else ""


def _moved(passed: Transition) -> Happened:
    assert passed.phase != "pending", "what is pending has no transitions"
    return Happened(to_rfc3339(passed.at), passed.phase, passed.by, passed.why)


def _told(message: Message, alert: str) -> Iterator[Happened]:
    for one in message.alerts:
        if one.alert.id == alert:
            detail = _TOLD.get(one.event, one.event)
            if message.kind:
                detail = f"{detail}: {message.kind}: {message.detail}"
            at = to_rfc3339(message.created)
            yield Happened(at, "told", route=message.route, state=message.state, detail=detail)


def windows(backbone: Backbone) -> list[WindowView]:
    """Return the maintenance windows of the project, and which are under way."""
    now = backbone.machine.clock.now()
    return [
        WindowView(one.name, one.where, _begins(one), one.lasts / SECOND, one.holds(now))
        for one in windows_of(backbone.project.settings.alerts)
    ]


def _begins(window: Window) -> str:
    return f"{window.cron} ({window.zone})" if window.cron else to_rfc3339(window.since)


async def routes(backbone: Backbone) -> list[RouteView]:
    """Return the ways to people, those that fail first."""
    missed: dict[str, list[UnsentView]] = defaultdict(list)
    for one in await unsent(backbone, MESSAGES):
        missed[one.route].append(one)
    found = [
        _route(name, route, missed[name]) for name, route in backbone.project.settings.alerts.routes.items()
    ]
    return sorted(found, key=lambda one: (not (one.waiting or one.failed), one.name))


def _route(name: str, route: Route, missed: list[UnsentView]) -> RouteView:
    waiting = [one for one in missed if one.state == "waiting"]
    latest = max(missed, key=lambda one: one.created, default=None)
    return RouteView(
        name,
        "webhook" if route.webhook else "apprise",
        tuple(route.severities),
        len(waiting),
        len(missed) - len(waiting),
        f"{latest.kind}: {latest.detail}" if latest else "",
        min((one.due for one in waiting if one.due), default=None),
    )
