"""What a rule is: a condition over measures, for how long it has to hold, and who is told.

A condition is a threshold, or a burn rate over several windows as the SRE workbook has it
(https://sre.google/workbook/alerting-on-slos/, "Multiwindow, Multi-Burn-Rate Alerts"): an objective of 99.9 %
leaves 0.1 % of events as a budget, and a rate of 14.4 spends 2 % of thirty days of it in one hour. It holds
where a long window says that it matters and a short one that it still goes on.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple, TypeAlias

import msgspec

Severity: TypeAlias = Literal["page", "ticket", "info"]
Comparator: TypeAlias = Literal[">", ">=", "<", "<="]
Labels: TypeAlias = Mapping[str, str]

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


class Series(NamedTuple):
    """A measure, and over which time where it is a share: 0 seconds for what is so now."""

    measure: str
    window_seconds: int = 0


class Threshold(msgspec.Struct, frozen=True, tag=True):
    """Holds while a measure is beyond a bound, in the unit of the measure."""

    series: Series
    comparator: Comparator
    bound: float


class Pace(msgspec.Struct, frozen=True):
    """How fast a budget may burn over a long window and, still, over a short one."""

    factor: float
    long_seconds: int
    short_seconds: int


class Burn(msgspec.Struct, frozen=True, tag=True):
    """Holds while the share of bad events burns the budget that ``objective`` (0 to 1) leaves at any pace."""

    measure: str
    objective: float
    paces: tuple[Pace, ...]


Condition: TypeAlias = Threshold | Burn

PAGING = (Pace(14.4, 3_600, 300), Pace(6.0, 21_600, 1_800))
"""The paces that the workbook pages for: 2 % of a month's budget in 1 h, 5 % in 6 h."""

TICKETING = (Pace(1.0, 259_200, 21_600),)
"""The pace that it opens a ticket for: 10 % in 3 days."""


class Escalation(msgspec.Struct, frozen=True):
    """Who is told besides where nobody acknowledged for so long (microseconds) after people were told."""

    after: int
    to: tuple[str, ...]


class Rule(msgspec.Struct, frozen=True):
    """When whom to tell of what. Times are microseconds.

    ``hold`` is for how long the condition has to hold before it fires, ``keep`` for how long it has to be
    over before it counts as resolved: one that comes back meanwhile is no news. ``where`` are patterns of
    labels. ``to`` are routes; ``renotify`` is after how long people are reminded of what nobody acknowledged,
    0 never.
    """

    name: str
    condition: Condition
    severity: Severity = "ticket"
    hold: int = 0
    keep: int = 0
    to: tuple[str, ...] = ()
    where: Mapping[str, str] = {}
    renotify: int = 0
    escalate: tuple[Escalation, ...] = ()
    text: str = ""


class Verdict(NamedTuple):
    """Whether a condition holds, or None where that is not known, and what was measured."""

    holds: bool | None
    value: float | None


def series_of(condition: Condition) -> tuple[Series, ...]:
    """Return what has to be measured for a condition."""
    if isinstance(condition, Threshold):
        return (condition.series,)
    windows = {seconds for pace in condition.paces for seconds in (pace.long_seconds, pace.short_seconds)}
    return tuple(Series(condition.measure, seconds) for seconds in sorted(windows))


def judge(condition: Condition, values: Mapping[Series, float | None]) -> Verdict:
    """Hold a condition against what was measured; of a burn rate the value is the fastest that goes on."""
    if isinstance(condition, Threshold):
        value = values.get(condition.series)
        if value is None:
            return Verdict(None, None)
        return Verdict(_COMPARE[condition.comparator](value, condition.bound), value)
    budget = 1 - condition.objective
    rates = [_rate(condition.measure, pace, budget, values) for pace in condition.paces]
    known = [(rate, pace) for rate, pace in zip(rates, condition.paces, strict=True) if rate is not None]
    if any(rate > pace.factor for rate, pace in known):
        return Verdict(holds=True, value=max(rate for rate, _ in known))
    if len(known) < len(rates):
        return Verdict(None, None)
    return Verdict(holds=False, value=max(rate for rate, _ in known))


def _rate(measure: str, pace: Pace, budget: float, values: Mapping[Series, float | None]) -> float | None:
    """Return how fast the budget burns in both windows of a pace: the slower of the two."""
    both = [values.get(Series(measure, seconds)) for seconds in (pace.long_seconds, pace.short_seconds)]
    known = [share for share in both if share is not None]
    return min(known) / budget if len(known) == len(both) else None


def matches(where: Labels, labels: Labels) -> bool:
    """Tell whether labels fit patterns: each is there and like its pattern, in which ``*`` is any text."""
    return all(fnmatchcase(labels.get(name, ""), pattern) for name, pattern in where.items())


def named(rules: Iterable[Rule]) -> dict[str, Rule]:
    """Return rules by their names."""
    return {rule.name: rule for rule in rules}
