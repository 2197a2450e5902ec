"""What has to be known of an integration to say which pattern fits: one value, from flags or from files."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

PatternName: TypeAlias = Literal["request", "webhook", "event", "cdc", "file", "poll"]
TargetWay: TypeAlias = Literal["http-idempotent", "http", "table", "file"]
Side: TypeAlias = Literal["source", "target"]

NIGHTLY_SECONDS = 86_400.0
"""How often files come where nobody says it: once a night."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What an integration needs and what its two sides can do.

    ``answer``: the sender waits for what the target says. ``freshness_seconds`` is how old data may be when
    it arrives; None where nobody has said. ``per_day`` records come, ``burst`` of them in the worst second;
    0 is not known. ``every_seconds`` is how often a source gives files. ``may_be_down`` are the sides that
    the other one must not depend on. ``ordered``: the states of one entity must not overtake each other.
    """

    answer: bool = False
    freshness_seconds: float | None = None
    consistency: Literal["eventual", "immediate"] = "eventual"
    per_day: int = 0
    burst: int = 0
    source_can: frozenset[PatternName] = frozenset()
    every_seconds: float | None = None
    target_can: TargetWay = "http-idempotent"
    may_be_down: frozenset[Side] = frozenset({"source", "target"})
    ordered: bool = True
    personal: bool = False

    @property
    def waits(self) -> bool:
        """Whether the sender has to wait until the target has the record."""
        return self.answer or self.consistency == "immediate"


def told(seconds: float) -> str:
    """Write seconds as project files do, in the largest unit that leaves no fraction: ``90s``, ``2h``."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds * 1000:g}ms" if seconds < 1 else f"{seconds:g}s"
