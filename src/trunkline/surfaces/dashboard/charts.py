"""The geometry of charts, drawn as SVG by the server, in units of their ``viewBox``.

A chart is as wide as its place: shapes are stretched, so words and numbers stand beside it as text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

WIDTH, HEIGHT = 600, 100
"""Of a chart's ``viewBox``."""


class Bar(msgspec.Struct, frozen=True):
    """One bar: where it stands, and what it says of its moment (microseconds)."""

    x: float
    y: float
    width: float
    height: float
    at: int
    value: float


class Chart(msgspec.Struct, frozen=True):
    """Bars on a time axis from ``since`` to ``until``; ``top`` is the value at the upper edge."""

    bars: tuple[Bar, ...]
    top: float
    total: float
    since: int
    until: int


def bars(values: Sequence[tuple[int, float]], until: int) -> Chart:
    """Return a chart of values at their moments, oldest first; the last one lasts up to ``until``."""
    top = ceiling(max((value for _, value in values), default=0.0))
    step = WIDTH / max(1, len(values))
    drawn = tuple(
        Bar(
            round(index * step, 2),
            round(HEIGHT - HEIGHT * value / top, 2),
            round(step * 0.85, 2),
            round(HEIGHT * value / top, 2),
            at,
            value,
        )
        for index, (at, value) in enumerate(values)
        if value
    )
    return Chart(drawn, top, sum(value for _, value in values), values[0][0] if values else until, until)


def ceiling(value: float) -> float:
    """Return the next round number: 1, 2 or 5 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if value <= step * power * (1 + 1e-9))


def spark(values: Sequence[float], width: int = 100, height: int = 24) -> str:
    """Return the points of a sparkline, for a ``polyline``; empty with fewer than two values."""
    if len(values) < 2:  # noqa: PLR2004  a line has two ends
        return ""
    top, step = max([1e-9, *values]), width / (len(values) - 1)
    points = ((index * step, height - 1 - (height - 2) * value / top) for index, value in enumerate(values))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
