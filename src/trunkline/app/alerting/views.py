"""What people ask of alerts: which there are and were, what is silenced, what could not be sent, which rules.

All is read from what is stored, so it is the same while the project runs and when it does not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

import msgspec

from trunkline.app.alerting.conditions import text_of
from trunkline.app.alerting.measures import LABELS
from trunkline.app.alerting.rules import rules_of, windows_of
from trunkline.app.alerting.wording import as_data, time_of
from trunkline.app.backbone import Backbone
from trunkline.app.project import Project
from trunkline.kernel.clock import SECOND, to_rfc3339
from trunkline.kernel.errors import UsageError
from trunkline.observe.alerts.machine import Alert, Phase
from trunkline.observe.alerts.muting import Silence, Window, in_force, labels_of, muted_by
from trunkline.observe.alerts.rule import Severity, matches
from trunkline.observe.alerts.store import AlertQuery
from trunkline.observe.alerts.times import AnswerTimes, answer_times

LABEL_NAMES = tuple(
    dict.fromkeys([*(name for names in LABELS.values() for name in names), "rule", "severity"])
)
"""Every label that an alert can be named by."""

_UNSENT: tuple[Literal["waiting", "failed"], ...] = ("waiting", "failed")


class AlertsQuery(msgspec.Struct, frozen=True):
    """Which alerts: those that are open, or with ``all`` those since ``since`` (microseconds) as well.

    Each carries every value given here; in ``where``, labels, ``*`` is any text.
    """

    all: bool = False
    since: int = 0
    state: Phase | None = None
    severity: Severity | None = None
    where: Mapping[str, str] = {}
    limit: int = 1_000


class AlertView(msgspec.Struct, frozen=True):
    """An alert as people and programs see it; times are RFC 3339, None where it did not happen.

    ``muted`` says what keeps it quiet, a silence's identifier or a window's name; ``told`` are the routes
    that were told of it, and ``waits`` says that its beginning or its end is told later, with its group.
    """

    id: str
    rule: str
    labels: Mapping[str, str]
    severity: Severity
    state: Phase
    value: float | None
    summary: str
    cause: str
    next: str
    link: str
    since: str
    fired: str | None
    acknowledged: str | None
    acknowledged_by: str
    resolved: str | None
    told: tuple[str, ...]
    waits: bool
    muted: str


class SilenceView(msgspec.Struct, frozen=True):
    """A silence: which alerts, until when, by whom and why; ``ended_by`` ended it before its time."""

    id: str
    where: Mapping[str, str]
    since: str
    until: str
    by: str
    why: str
    ended_by: str


class UnsentView(msgspec.Struct, frozen=True):
    """A message that has not arrived: ``state`` is ``waiting`` where it is tried again, at ``due``."""

    id: str
    route: str
    state: str
    created: str
    attempts: int
    due: str | None
    kind: str
    detail: str
    alerts: list[str]


class RuleView(msgspec.Struct, frozen=True):
    """A rule that holds: what, for how long (seconds), of what, and by which routes it is told."""

    name: str
    when: str
    for_seconds: float
    keep_seconds: float
    severity: Severity
    where: Mapping[str, str]
    to: tuple[str, ...]
    text: str


async def alerts(backbone: Backbone, query: AlertsQuery) -> list[AlertView]:
    """Return alerts: pages before tickets before what is only told, each newest first."""
    mutes = await mutes_of(backbone)
    stored = await backbone.alerts.alerts(AlertQuery(only_open=not query.all, since=query.since))
    found = [
        one
        for one in stored
        if query.state in (None, one.phase)
        and query.severity in (None, one.severity)
        and matches(query.where, labels_of(one.rule, one.severity, one.labels))
    ]
    found.sort(key=lambda one: (not one.is_open, ("page", "ticket", "info").index(one.severity)))
    return [view_of(one, mutes) for one in found[: query.limit]]


async def alert_named(backbone: Backbone, alert: str) -> AlertView:
    """Return one alert, open or over; raises ``UsageError`` where there is none."""
    return view_of(await known(backbone, alert), await mutes_of(backbone))


async def known(backbone: Backbone, alert: str) -> Alert:
    """Return an alert by its identifier; raises ``UsageError`` where there is none."""
    found = await backbone.alerts.alerts(AlertQuery(alert)) if alert else []
    if not found:
        raise UsageError(f'there is no alert "{alert}": trunkline alerts list shows them with their ids')
    return found[0]


async def mutes_of(backbone: Backbone) -> list[Silence | Window]:
    """Return the silences and maintenance windows in force."""
    now = backbone.machine.clock.now()
    several: list[Silence | Window] = [
        *await backbone.alerts.silences(now),
        *windows_of(backbone.project.settings.alerts),
    ]
    return in_force(several, now)


def view_of(alert: Alert, mutes: Collection[Silence | Window]) -> AlertView:
    """Return how an alert is seen, with what keeps it quiet of what is in force."""
    mute = muted_by(labels_of(alert.rule, alert.severity, alert.labels), mutes) if alert.is_open else None
    name = "" if mute is None else mute.id if isinstance(mute, Silence) else mute.name
    begins = alert.phase == "firing" and not alert.told_at and mute is None
    return AlertView(**as_data(alert), told=alert.told, waits=begins or alert.end_waits, muted=name)


async def silences(backbone: Backbone, *, since: int | None = None) -> list[SilenceView]:
    """Return the silences in force, or all that ended after ``since`` (microseconds) as well."""
    now = backbone.machine.clock.now()
    return [silence_view(one) for one in await backbone.alerts.silences(now if since is None else since)]


def silence_view(silence: Silence) -> SilenceView:
    """Return how a silence is seen."""
    return SilenceView(
        silence.id,
        silence.where,
        to_rfc3339(silence.since),
        to_rfc3339(silence.until),
        silence.by,
        silence.why,
        silence.ended_by,
    )


async def unsent(backbone: Backbone, limit: int = 100) -> list[UnsentView]:
    """Return messages that failed and are tried again, and those that were given up."""
    found = [one for state in _UNSENT for one in await backbone.alerts.messages(state, limit)]
    return [
        UnsentView(
            one.id,
            one.route,
            one.state,
            to_rfc3339(one.created),
            one.attempts,
            time_of(one.due) if one.state == "waiting" else None,
            one.kind,
            one.detail,
            [told.alert.id for told in one.alerts],
        )
        for one in found
        if one.attempts
    ]


def rules(project: Project) -> list[RuleView]:
    """Return every rule that holds, those of flows first."""
    return [
        RuleView(
            one.name,
            text_of(one.condition),
            one.hold / SECOND,
            one.keep / SECOND,
            one.severity,
            one.where,
            one.to,
            one.text,
        )
        for one in rules_of(project)
    ]


async def answer_stats(backbone: Backbone, since: int, until: int) -> AnswerTimes:
    """Return how many alerts fired from ``since`` to ``until`` (microseconds), and how fast people were."""
    return answer_times(await backbone.alerts.transitions(since, until))
