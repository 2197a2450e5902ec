"""The rules of a project: of its flows, of ``trunkline.yaml``, and those that nobody has to write."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from trunkline.app.alerting.conditions import condition_of, shown, text_of
from trunkline.app.alerting.measures import MEASURES
from trunkline.app.alerting.settings import Alert, AlertSettings
from trunkline.app.project import Project
from trunkline.app.quantities import seconds_of
from trunkline.kernel.clock import SECOND, from_rfc3339
from trunkline.observe.alerts.grouping import Grouping
from trunkline.observe.alerts.muting import Window
from trunkline.observe.alerts.rule import Condition, Escalation, Rule, Threshold
from trunkline.observe.lateness import PATIENCE, late_after

LATE = "flow-late"
DISK = "disk-low"
OLD = "secret-age"
SILENT = "source-silent"

_MOST_ROOM = 2
"""People are told when this many times the room is left that is kept free for deliveries."""

DEFAULTS: dict[str, tuple[Alert, str]] = {
    "flow-stalled": (
        Alert("stalled > 5m", for_="1m", severity="page"),
        "a flow cannot go on: its target or our store is away, or its target does not fit",
    ),
    "dead-letters": (Alert("dead_letters > 0"), "an event could not be delivered and waits for a person"),
    "quarantine": (Alert("quarantined > 0"), "an arrival broke its contract and waits for a person"),
    "target-away": (Alert("away > 5m", severity="page"), "a breaker is open: nothing can be delivered there"),
    "target-isolated": (Alert("isolated > 1h"), "a target is isolated, and nobody let calls go there again"),
    "flow-paused": (Alert("paused > 1h"), "a flow is paused, and nobody resumed it"),
    SILENT: (
        Alert(f"silence > {PATIENCE:g}x", for_="1m"),
        "nothing came for one and a half times the expected interval",
    ),
    "drift": (Alert("drift > 0", keep="1h"), "records differ from what their contract says of them"),
    "contract-ending": (Alert("sunset < 14d"), "a version in use ends soon"),
    "contract-ended": (Alert("sunset < 0s", severity="page"), "a version in use is over and refused"),
    "notices-unsent": (Alert("unsent > 0", keep="5m"), "people cannot be told by a route"),
}
"""Rules that hold of themselves, by name, beside those whose bounds are a project's own: ``flow-late``,
``disk-low`` and ``secret-age``; ``observe.patience`` moves those of ``flow-late`` and ``source-silent``."""

DEFAULT_NAMES = (LATE, DISK, OLD, *DEFAULTS)
LATE_MEANS = (
    "what a flow has to deliver waits for one and a half times the freshness it needs, a minute at least"
)
DISK_MEANS = "the store's disk has twice the room left that is kept free for deliveries"
OLD_MEANS = "a secret has been the same for longer than the project allows"


def rules_of(project: Project) -> list[Rule]:
    """Return every rule that holds, in the order they are told."""
    settings = project.settings.alerts
    own = [
        replace(
            _rule(one.name, one, settings, condition_of(one.when)),
            where={str(k): v for k, v in one.where.items()},
        )
        for one in settings.rules
    ]
    flows = [
        replace(_rule(f"{name}-{number}", one, settings, condition_of(one.when)), where={"flow": name})
        for name, flow in project.flows.items()
        for number, one in enumerate(flow.settings.alerts, 1)
    ]
    taken = {rule.name for rule in own}
    defaults = [rule for rule in _defaults(project) if settings.defaults and rule.name not in taken]
    return [*flows, *own, *(rule for rule in defaults if rule.name not in settings.without)]


def _defaults(project: Project) -> Iterator[Rule]:
    settings = project.settings.alerts
    yield from _late(project)
    silent = Alert(f"silence > {project.settings.observe.patience:g}x", for_=DEFAULTS[SILENT][0].for_)
    for name, (usual, text) in DEFAULTS.items():
        alert = silent if name == SILENT else usual
        yield replace(_rule(name, alert, settings, condition_of(alert.when)), text=text)
    room = max(1, _MOST_ROOM * project.settings.limits.disk_free_bytes)
    low = Alert(f"disk_free < {room}B", severity="page")
    yield replace(_rule(DISK, low, settings, condition_of(low.when)), text=DISK_MEANS)
    old = Alert(f"secret_age > {shown(MEASURES['secret_age'], seconds_of(project.settings.secrets.longest))}")
    yield replace(_rule(OLD, old, settings, condition_of(old.when)), text=OLD_MEANS)


def _late(project: Project) -> Iterator[Rule]:
    """Yield one rule for each flow that has no rule of its own about how late it is."""
    for name, flow in project.flows.items():
        own = (condition_of(one.when) for one in flow.settings.alerts)
        if any(_is_about(one, "freshness") for one in own):
            continue
        needs = flow.settings.needs.freshness
        bound = late_after(seconds_of(needs) if needs else None, project.settings.observe.patience)
        late = Alert(f"freshness > {shown(MEASURES['freshness'], bound)}", for_="2m", severity="page")
        rule = _rule(LATE, late, project.settings.alerts, condition_of(late.when))
        yield replace(rule, where={"flow": name}, text=LATE_MEANS)


def _is_about(condition: Condition, measure: str) -> bool:
    return isinstance(condition, Threshold) and condition.series.measure == measure


def _rule(name: str, alert: Alert, settings: AlertSettings, condition: Condition) -> Rule:
    takers = [route for route, one in settings.routes.items() if alert.severity in one.severities]
    return Rule(
        name,
        condition,
        alert.severity,
        _micros(alert.for_),
        _micros(alert.keep),
        tuple(alert.to or takers),
        renotify=_micros(settings.renotify),
        escalate=tuple(
            Escalation(_micros(one.after), tuple(one.to))
            for one in settings.escalate
            if alert.severity in one.severities
        ),
        text=text_of(condition),
    )


def windows_of(settings: AlertSettings) -> list[Window]:
    """Return the maintenance windows of a project."""
    return [
        Window(
            one.name,
            {str(name): pattern for name, pattern in one.where.items()},
            _micros(one.lasts),
            from_rfc3339(one.begins) if one.begins else 0,
            one.cron,
            one.zone,
        )
        for one in settings.windows
    ]


def grouping_of(settings: AlertSettings) -> Grouping:
    """Return which alerts of a project are told together, and when."""
    by = tuple(str(name) for name in settings.group_by)
    return Grouping(by, _micros(settings.group_wait), _micros(settings.group_interval))


def _micros(duration: str) -> int:
    return round(seconds_of(duration) * SECOND)
