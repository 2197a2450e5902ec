"""What is wrong in what people wrote about alerts, each with its place and the near miss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from trunkline.app.alerting.conditions import NoCondition, condition_of
from trunkline.app.alerting.measures import LABELS, MEASURES
from trunkline.app.alerting.rules import DEFAULT_NAMES
from trunkline.app.alerting.settings import Alert, AlertSettings, Maintenance
from trunkline.contracts.document import Document
from trunkline.kernel.clock import from_rfc3339
from trunkline.kernel.faults import Fault, did_you_mean
from trunkline.observe.alerts.rule import Burn

_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def faults_of_project(document: Document, settings: AlertSettings) -> Iterator[Fault]:
    """Yield what is wrong with the alerts of ``trunkline.yaml``."""
    top = ("alerts",)
    for name, route in settings.routes.items():
        if (route.webhook is None) == (route.apprise is None):
            yield document.fault(
                (*top, "routes", name), f'route "{name}" leads nowhere', "webhook or apprise"
            )
    for number, name in enumerate(settings.without):
        if name not in DEFAULT_NAMES:
            expected = f"one of {', '.join(DEFAULT_NAMES)}"
            problem, hint = f'there is no default rule "{name}"', did_you_mean(name, DEFAULT_NAMES)
            yield document.fault((*top, "without", number), problem, expected, hint)
    yield from _rule_faults(document, (*top, "rules"), settings.rules, settings)
    names = [one.name for one in settings.rules]
    for number, rule in enumerate(settings.rules):
        place = (*top, "rules", number)
        if rule.name in names[:number]:
            yield document.fault((*place, "name"), f'the rule "{rule.name}" a second time', "it once")
        yield from _where_faults(document, (*place, "where"), rule.when, [str(name) for name in rule.where])
    for number, step in enumerate(settings.escalate):
        yield from _to_faults(document, (*top, "escalate", number), step.to, settings)
    for number, window in enumerate(settings.windows):
        yield from _window_faults(document, (*top, "windows", number), window)


def faults_of_flow(document: Document, alerts: Sequence[Alert], settings: AlertSettings) -> Iterator[Fault]:
    """Yield what is wrong with the alerts of a flow's file."""
    yield from _rule_faults(document, ("alerts",), alerts, settings)
    for number, alert in enumerate(alerts):
        measure = _measured(alert.when)
        if measure and MEASURES[measure].about != "flow":
            known = [one.name for one in MEASURES.values() if one.about == "flow"]
            problem = f"{measure} is measured of a {MEASURES[measure].about}, not of a flow"
            expected = f"one of {', '.join(known)}; or a rule under alerts in trunkline.yaml"
            yield document.fault(("alerts", number, "when"), problem, expected)


def _measured(when: str) -> str:
    """Return what a condition measures, or nothing where it is none."""
    try:
        condition = condition_of(when)
    except NoCondition:
        return ""
    return condition.measure if isinstance(condition, Burn) else condition.series.measure


def _rule_faults(
    document: Document, at: tuple[str | int, ...], alerts: Sequence[Alert], settings: AlertSettings
) -> Iterator[Fault]:
    for number, alert in enumerate(alerts):
        try:
            condition_of(alert.when)
        except NoCondition as error:
            yield document.fault((*at, number, "when"), error.problem, error.expected, error.hint)
        yield from _to_faults(document, (*at, number), alert.to, settings)


def _to_faults(
    document: Document, at: tuple[str | int, ...], to: Iterable[str], settings: AlertSettings
) -> Iterator[Fault]:
    for number, route in enumerate(to):
        if route not in settings.routes:
            expected = "the name of a route under alerts in trunkline.yaml"
            hint = did_you_mean(route, settings.routes)
            yield document.fault((*at, "to", number), f'there is no route "{route}"', expected, hint)


def _where_faults(
    document: Document, at: tuple[str | int, ...], when: str, names: Iterable[str]
) -> Iterator[Fault]:
    measure = _measured(when)
    for name in names:
        if measure and name not in LABELS[MEASURES[measure].about]:
            problem = f"what {measure} measures has no {name}"
            yield document.fault((*at, name), problem, f"one of {', '.join(LABELS[MEASURES[measure].about])}")


def _window_faults(document: Document, at: tuple[str | int, ...], window: Maintenance) -> Iterator[Fault]:
    if bool(window.cron) == bool(window.begins):
        yield document.fault(at, f'window "{window.name}" does not say when it begins', "cron or begins")
    try:
        zone = ZoneInfo(window.zone)
    except (KeyError, ValueError, OSError):
        problem = f'there is no time zone "{window.zone}"'
        yield document.fault((*at, "zone"), problem, "a name such as Europe/Berlin, or UTC")
        return
    try:
        if window.begins:
            from_rfc3339(window.begins)
    except ValueError:
        yield document.fault((*at, "begins"), f'"{window.begins}" is no time', "such as 2026-01-31T22:00:00Z")
    try:
        if window.cron:
            CronSim(window.cron, _ANY_TIME.astimezone(zone))
    except CronSimError as error:
        yield document.fault((*at, "cron"), f'"{window.cron}" is no cron: {error}', "such as 0 22 * * 6")
