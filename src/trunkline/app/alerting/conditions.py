"""From what people write to a condition, and back: ``freshness > 60s``, ``burn_rate(failed, 99.9%)``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import cast

from trunkline.app.alerting.measures import ALIASES, MEASURES, Measure
from trunkline.app.quantities import bytes_of, seconds_of, share_of
from trunkline.kernel.faults import did_you_mean
from trunkline.observe.alerts.rule import PAGING, Burn, Comparator, Condition, Pace, Series, Threshold

EXPECTED = (
    "a measure and its bound, such as freshness > 60s, dead_letters > 0, failed > 2% over 15m, "
    "or burn_rate(failed, 99.9%)"
)

_THRESHOLD = re.compile(r"([a-z_0-9]+)\s*(>=|<=|>|<)\s*(-?[0-9][^\s]*)(?:\s+over\s+(\S+))?")
_BURN = re.compile(
    r"burn_rate\(\s*([a-z_0-9]+)\s*,\s*([0-9.]+%)\s*\)(?:\s*>\s*([0-9.]+)\s+over\s+(\S+)\s+and\s+(\S+))?"
)
_COUNT = re.compile(r"[0-9]+")
_TIMES = re.compile(r"([0-9]+(?:\.[0-9]+)?)x")


class NoCondition(ValueError):
    """A text is no condition: what is wrong, what was expected, and the near miss."""

    def __init__(self, problem: str, expected: str = EXPECTED, hint: str = "") -> None:
        super().__init__(f"{problem}; expected {expected}")
        self.problem, self.expected, self.hint = problem, expected, hint


def _count(text: str) -> float:
    if not _COUNT.fullmatch(text):
        raise ValueError(f'"{text}" is not a count: write a whole number, such as 10')
    return float(text)


def _times(text: str) -> float:
    match = _TIMES.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}" is not a number of times: write a number and x, such as 3x')
    return float(match[1])


_READ: Mapping[str, Callable[[str], float]] = {
    "duration": seconds_of,
    "count": _count,
    "share": share_of,
    "size": bytes_of,
    "times": _times,
}


def condition_of(text: str) -> Condition:
    """Read a condition; raises ``NoCondition``."""
    burn = _BURN.fullmatch(text.strip())
    if burn:
        return _burn(burn)
    match = _THRESHOLD.fullmatch(text.strip())
    if match is None:
        raise NoCondition(f'"{text}" is no condition')
    name, comparator, bound, window = match.groups()
    measure = _measure(name)
    seconds = measure.window_seconds
    if window:
        if not seconds:
            raise NoCondition(f"{name} is what is so now, not over a time", f"{name} {comparator} {bound}")
        seconds = _window(window)
    value = _bound(measure, bound)
    return Threshold(Series(measure.name, seconds), cast("Comparator", comparator), value)


def _burn(match: re.Match[str]) -> Burn:
    name, objective, factor, long, short = match.groups()
    measure = _measure(name)
    if measure.unit != "share":
        shares = [one.name for one in MEASURES.values() if one.unit == "share"]
        raise NoCondition(f"{name} is no share of events", f"one of {', '.join(shares)}")
    share = _bound(measure, objective)
    if not 0 < share < 1:
        raise NoCondition(f"an objective of {objective} leaves no budget", "more than 0% and less than 100%")
    if factor is None:
        return Burn(measure.name, share, PAGING)
    try:
        pace = Pace(float(factor), _window(long), _window(short))
    except ValueError as error:
        raise NoCondition(str(error)) from None
    if pace.short_seconds >= pace.long_seconds:
        raise NoCondition(f"{short} is no shorter than {long}", "a long window and a short one: 1h and 5m")
    return Burn(measure.name, share, (pace,))


def _measure(name: str) -> Measure:
    measure = MEASURES.get(ALIASES.get(name, name))
    if measure is None:
        raise NoCondition(
            f'there is no measure "{name}"', f"one of {', '.join(MEASURES)}", did_you_mean(name, MEASURES)
        )
    return measure


def _bound(measure: Measure, text: str) -> float:
    sign, rest = (-1.0, text[1:]) if text.startswith("-") else (1.0, text)
    try:
        return sign * _READ[measure.unit](rest)
    except ValueError as error:
        raise NoCondition(f"{measure.name} is a {measure.unit}: {error}", EXPECTED) from None


def _window(text: str) -> int:
    seconds = _bound(MEASURES["staleness"], text)
    if not 60 <= seconds <= 30 * 86_400:  # noqa: PLR2004  a minute to thirty days, as the message says
        raise NoCondition(f"a time of {text}", "1m to 30d")
    return round(seconds)


def text_of(condition: Condition) -> str:
    """Write a condition as people write it."""
    if isinstance(condition, Threshold):
        measure = MEASURES[condition.series.measure]
        window = condition.series.window_seconds
        over = f" over {shown(MEASURES['staleness'], window)}" if window else ""
        return f"{measure.name} {condition.comparator} {shown(measure, condition.bound)}{over}"
    objective = f"burn_rate({condition.measure}, {_trimmed(condition.objective * 100)}%)"
    if condition.paces == PAGING:
        return objective
    [pace] = condition.paces
    windows = (shown(MEASURES["staleness"], one) for one in (pace.long_seconds, pace.short_seconds))
    return f"{objective} > {_trimmed(pace.factor)} over {' and '.join(windows)}"


def value_of(condition: Condition, value: float | None) -> str:
    """Write what was measured as people write it; nothing where nothing was."""
    if value is None:
        return ""
    if isinstance(condition, Threshold):
        return shown(MEASURES[condition.series.measure], value)
    return f"{_trimmed(round(value, 1))} times the budget"


_STEPS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))
_SIZES = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def shown(measure: Measure, value: float) -> str:
    """Write a value in the unit of its measure: in the largest one that leaves a number of at least 1."""
    if measure.unit == "share":
        return f"{_trimmed(round(value * 100, 2))}%"
    if measure.unit == "times":
        return f"{_trimmed(round(value, 1))}x"
    if measure.unit == "count":
        return f"{value:.0f}"
    steps, least = (_STEPS, "s") if measure.unit == "duration" else (_SIZES, "B")
    for size, name in steps:
        if abs(value) >= size:
            return f"{_trimmed(round(value / size, 1))}{name}"
    return f"{_trimmed(round(value, 3))}{least}"


def _trimmed(value: float) -> str:
    return f"{round(value, 6):.6f}".rstrip("0").rstrip(".")
