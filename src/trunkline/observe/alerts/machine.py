"""The states of an alert, as a pure function over what was seen.

::

    (none) --> pending --> firing --> acknowledged --> resolved
                 |            |                           ^
                 v            +---------------------------+
              (none)     it was short             it is over for ``keep``

An alert is one occurrence: a condition that comes back after it was resolved is another, with an identifier
of its own. What has to outlast the process is all in the alert, so a restart between two steps changes
nothing. What is muted goes through all states; people are told when it is no more, if it still fires.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from trunkline.observe.alerts.rule import Labels, Rule, Severity

Phase: TypeAlias = Literal["pending", "firing", "acknowledged", "resolved"]
Event: TypeAlias = Literal["fired", "reminder", "escalated", "resolved", "test"]
"""What a notice tells."""


class Explained(msgspec.Struct, frozen=True):
    """What a person reads: what is so, the likely cause, the command to run next, and a link (or nothing)."""

    summary: str = ""
    cause: str = ""
    next: str = ""
    link: str = ""


class Alert(msgspec.Struct, frozen=True, omit_defaults=True):
    """One occurrence of what a rule is about. Instants are microseconds, 0 where it did not happen.

    ``since`` is when its condition began to hold, ``clear_since`` since when it does no more. ``told`` are
    the routes that were told, first at ``told_at`` and last at ``reminded_at``, ``escalated`` how many steps
    of escalation were taken. ``end_waits`` says that people are still to be told that it is over.
    ``sequence`` counts what happened to it; ``revision`` every stored change.
    """

    id: str
    rule: str
    labels: Mapping[str, str]
    severity: Severity
    phase: Phase
    since: int
    value: float | None = None
    explained: Explained = Explained()
    fired_at: int = 0
    acknowledged_at: int = 0
    acknowledged_by: str = ""
    resolved_at: int = 0
    clear_since: int = 0
    told: tuple[str, ...] = ()
    told_at: int = 0
    reminded_at: int = 0
    escalated: int = 0
    end_waits: bool = False
    sequence: int = 0
    revision: int = 0

    @property
    def key(self) -> str:
        """What it is about: of each key at most one alert is open."""
        return key_of(self.rule, self.labels)

    @property
    def is_open(self) -> bool:
        """Whether it is not over."""
        return self.phase != "resolved"


class Transition(msgspec.Struct, frozen=True):
    """An alert that fired came to a phase, when (microseconds) and by whom; ``sequence`` is the alert's."""

    alert: str
    rule: str
    sequence: int
    phase: Phase
    at: int
    fired_at: int
    by: str = ""
    why: str = ""


class Notice(msgspec.Struct, frozen=True):
    """What people are told of an alert as it is now, and by which routes: none where nobody is to be told."""

    event: Event
    alert: Alert
    to: tuple[str, ...] = ()


class Seen(msgspec.Struct, frozen=True):
    """What was seen of a subject: whether the condition holds (None: not known now) and what was measured."""

    labels: Mapping[str, str]
    holds: bool | None
    value: float | None = None
    explained: Explained = Explained()


class Step(msgspec.Struct, frozen=True):
    """What came of one look: the alert as it is then, if there is one, and what happened to it."""

    alert: Alert | None
    transitions: tuple[Transition, ...] = ()
    notices: tuple[Notice, ...] = ()


def key_of(rule: str, labels: Labels) -> str:
    """Return the name of what a rule is about: ``flow-late{flow=orders}``."""
    return f"{rule}{{{','.join(f'{name}={labels[name]}' for name in sorted(labels))}}}"


def step(alert: Alert | None, seen: Seen, rule: Rule, now: int, new_id: str, *, muted: bool = False) -> Step:
    """Take one look at what a rule is about.

    ``alert`` is the open one, if there is one; ``new_id`` is for one that begins now. ``muted`` says that
    nobody is to be told anything new.
    """
    if alert is not None and not alert.is_open:
        alert = None
    if seen.holds is None or (alert is None and not seen.holds):
        return Step(alert)
    alert = alert or Alert(new_id, rule.name, seen.labels, rule.severity, "pending", now)
    if not seen.holds:
        return _clear(alert, rule.keep, now)
    current = {"value": seen.value, "explained": seen.explained, "severity": rule.severity}
    done = Step(replace(alert, clear_since=0, **current))
    if alert.phase == "pending":
        if now - alert.since < rule.hold:
            return done
        done = _moved(replace(alert, fired_at=now, **current), "firing", now)
    return done if muted else _told(done, rule, now)


def end(alert: Alert, now: int) -> Step:
    """End an alert at once: what it is about, or its rule, is no more."""
    return _clear(alert, 0, now)


def postponed(done: Step) -> Step:
    """Leave to a later look what a step tells of a beginning or an end: the alert is as if nobody was told.

    A later ``step`` tells the beginning then, if it still holds, and ``told_end`` the end.
    """
    assert done.alert is not None
    if done.notices[0].event == "resolved":
        return replace(done, alert=replace(done.alert, end_waits=True), notices=())
    return replace(done, alert=replace(done.alert, told=(), told_at=0, reminded_at=0), notices=())


def told_end(alert: Alert) -> Step:
    """Tell everybody who was told of an alert that it is over, where that was left to a later look."""
    over = replace(alert, end_waits=False)
    return Step(over, (), (Notice("resolved", over, over.told),))


def acknowledge(alert: Alert, by: str, why: str, now: int) -> Step:
    """Have somebody answer for an alert that fires: nobody is reminded of it, and it is not escalated."""
    if alert.phase != "firing":
        return Step(alert)
    return _moved(replace(alert, acknowledged_at=now, acknowledged_by=by), "acknowledged", now, by, why)


def _moved(alert: Alert, phase: Phase, now: int, by: str = "", why: str = "") -> Step:
    moved = replace(alert, phase=phase, sequence=alert.sequence + 1)
    passed = Transition(moved.id, moved.rule, moved.sequence, phase, now, moved.fired_at, by, why)
    return Step(moved, (passed,))


def _clear(alert: Alert, keep: int, now: int) -> Step:
    """Note that the condition does not hold; whoever was told that it fires is told when it is over."""
    if alert.phase == "pending":
        return Step(None)
    alert = replace(alert, clear_since=alert.clear_since or now)
    if now - alert.clear_since < keep:
        return Step(alert)
    over = _moved(replace(alert, resolved_at=now), "resolved", now)
    assert over.alert is not None
    notices = (Notice("resolved", over.alert, alert.told),) if alert.told_at else ()
    return Step(over.alert, over.transitions, notices)


def _told(done: Step, rule: Rule, now: int) -> Step:
    """Tell people what they are to be told of an alert that fires, if anything.

    One that somebody acknowledged is in good hands, also where that was while it was muted.
    """
    alert = done.alert
    assert alert is not None
    if alert.phase == "acknowledged":
        return done
    if not alert.told_at:
        return _noticed(done, replace(alert, told_at=now), "fired", rule.to, now)
    level = rule.escalate[alert.escalated] if alert.escalated < len(rule.escalate) else None
    if level is not None and now - alert.told_at >= level.after:
        return _noticed(done, replace(alert, escalated=alert.escalated + 1), "escalated", level.to, now)
    if rule.renotify and now - alert.reminded_at >= rule.renotify:
        return _noticed(done, alert, "reminder", alert.told, now)
    return done


def _noticed(done: Step, alert: Alert, event: Event, to: tuple[str, ...], now: int) -> Step:
    fresh = tuple(route for route in to if route not in alert.told)
    number = alert.sequence + (event != "fired")  # that it fired is told under the number of its transition
    alert = replace(alert, told=(*alert.told, *fresh), reminded_at=now, sequence=number)
    return Step(alert, done.transitions, (Notice(event, alert, to),))
