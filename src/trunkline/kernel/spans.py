"""A span: one piece of work on an event or a batch, for whoever keeps traces, if anybody does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias

import msgspec

MOST_LINKS = 128
"""How many events a span of a batch names at the most, as OpenTelemetry's own limit has it."""

Operation: TypeAlias = Literal["receive", "send", "settle"]

Place: TypeAlias = tuple[str, str]
"""A trace id and a span id in it."""


class Span(msgspec.Struct, frozen=True, gc=False):
    """What was done to what, from ``began`` to ``ended`` (microseconds); ``error`` is its class, if any.

    ``name`` is of the source, target or flow. An empty ``trace`` or ``span`` stands for a new one, an empty
    ``parent`` for none. ``attributes`` are names, counts and identifiers, never a payload or an entity key.
    """

    operation: Operation
    name: str
    began: int
    ended: int
    trace: str = ""
    span: str = ""
    parent: str = ""
    error: str = ""
    links: tuple[Place, ...] = ()
    attributes: Mapping[str, str | int] = {}


class Tracer(Protocol):
    """Whoever keeps spans; it never blocks and never raises."""

    def keeps(self, trace: str) -> bool:
        """Tell whether all of a trace is kept; of any other only what failed is."""

    def end(self, span: Span) -> None:
        """Take a span that ended, to be kept."""
