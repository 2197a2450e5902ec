"""When a flow is late and a source silent: the bound of readiness, KPIs, metrics, control room and alerts.

A flow is **late** once the oldest event that it has to deliver was accepted longer ago than ``late_after``. A
source is **silent** once nothing new came for longer than ``silent_after``. What is either is **stale**: data
that should be there is not. ``observe.patience`` of a project moves all of them. No effects.
"""

from __future__ import annotations

PATIENCE = 1.5
"""How many times as long as needed, or expected, things may take, where a project says nothing."""

LEAST_SECONDS = 60.0
"""No flow is late before this, however fresh its data has to be: what takes seconds is a hiccup."""

UNSTATED_SECONDS = 3_600.0
"""From when on a flow is late that says nothing of how fresh its data has to be."""


def late_after(freshness_seconds: float | None, patience: float = PATIENCE) -> float:
    """Return beyond which age in seconds the oldest event that a flow has to deliver makes it late."""
    if freshness_seconds is None:
        return UNSTATED_SECONDS
    return max(LEAST_SECONDS, patience * freshness_seconds)


def silent_after(expected_seconds: float, patience: float = PATIENCE) -> float:
    """Return after how many seconds without a new event a source is silent that should give one so often."""
    return patience * expected_seconds
