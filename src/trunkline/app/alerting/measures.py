"""What can be measured for an alert: each with its unit and what it is about.

The conditions that people write (``conditions.py``), what is looked at (``readings.py``) and the table in
``docs/reference/alerts.md`` all come from this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

Unit: TypeAlias = Literal["duration", "count", "share", "size", "times"]
About: TypeAlias = Literal["flow", "source", "target", "stream", "contract", "disk", "route", "secret"]


class Measure(msgspec.Struct, frozen=True):
    """A measure: in which unit, of what, and what it means.

    ``window_seconds`` is of what counts over a time: the one that holds where a condition names none; 0 of
    what is so now.
    """

    name: str
    about: About
    unit: Unit
    means: str
    window_seconds: int = 0


MEASURES: Mapping[str, Measure] = {
    one.name: one
    for one in (
        Measure(
            "freshness", "flow", "duration", "age of the oldest event that is neither delivered nor dead"
        ),
        Measure("lag", "flow", "count", "events ahead of it, not tried yet"),
        Measure("waiting", "flow", "count", "events that failed and will be tried again"),
        Measure("held", "flow", "count", "events behind an older open one of their key"),
        Measure("dead_letters", "flow", "count", "dead letters that nobody has answered"),
        Measure(
            "stalled", "flow", "duration", "since when it cannot go on: target or store away, or a misfit"
        ),
        Measure("paused", "flow", "duration", "since when a person paused it"),
        Measure("failed", "flow", "share", "events that became dead letters, of all it finished", 3_600),
        Measure("retried", "flow", "share", "events whose first attempt failed, of all it finished", 3_600),
        Measure("errors", "flow", "share", "failed attempts, of all attempts on single events", 3_600),
        Measure("delivered", "flow", "count", "events that took effect", 3_600),
        Measure("freshness_p50", "flow", "duration", "half of the effects were there sooner", 3_600),
        Measure("freshness_p95", "flow", "duration", "95 % of the effects were there sooner", 3_600),
        Measure("freshness_p99", "flow", "duration", "99 % of the effects were there sooner", 3_600),
        Measure("quarantined", "source", "count", "refused arrivals that nobody has answered"),
        Measure("refused", "source", "share", "arrivals that were refused, of all that were new", 3_600),
        Measure("accepted", "source", "count", "events that were stored", 3_600),
        Measure("staleness", "source", "duration", "time since its last event"),
        Measure(
            "silence",
            "source",
            "times",
            "time since its last event, in the intervals that are expected of it",
        ),
        Measure("away", "target", "duration", "since when its breaker is not closed"),
        Measure("isolated", "target", "duration", "since when it is isolated"),
        Measure("drift", "stream", "count", "differences between its newest records and its contract"),
        Measure("duplicate_entities", "stream", "share", "entities that are another one's duplicate"),
        Measure("sunset", "contract", "duration", "time until a version in use ends; below 0s it has"),
        Measure("disk_free", "disk", "size", "free bytes of the disk that holds the store"),
        Measure("unsent", "route", "count", "messages that could not be sent, in the last day"),
        Measure("secret_age", "secret", "duration", "since when its value has been the same, at least"),
    )
}
"""Every measure by its name."""

ALIASES: Mapping[str, str] = {"dead": "dead_letters"}
"""Names that people wrote before."""

LABELS: Mapping[About, tuple[str, ...]] = {
    "flow": ("flow", "stream", "target", "system"),
    "source": ("source", "stream", "system"),
    "target": ("target", "system"),
    "stream": ("stream",),
    "contract": ("contract",),
    "disk": ("disk",),
    "route": ("route",),
    "secret": ("secret", "system"),
}
"""By which labels each thing that is measured is told apart."""
