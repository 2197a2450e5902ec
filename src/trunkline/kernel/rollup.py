"""What happened in a span of time, as sums: what a flow did, and what came from a source.

Ledger, log and quarantine add them up by the minute, in the transaction of what they count, so that a crash
neither loses nor doubles any; ``observe`` makes the KPIs of them. Sums of spans add up to those of their
whole, and what is taken back is subtracted.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

import msgspec

from trunkline.kernel.clock import SECOND
from trunkline.kernel.sketch import EMPTY, Sketch

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

STEPS = (MINUTE, HOUR, DAY, WEEK)
"""The spans that sums are kept for, in microseconds; they begin at whole ones since 1970, in UTC."""


class Deliveries(msgspec.Struct, frozen=True):
    """What a flow did with its events, each counted in the minute it happened.

    ``delivered`` took effect at their first attempt or in a run with those that did; ``late`` after they had
    a case: they failed, or stood behind one that did. ``dropped`` were so by rule, ``discarded`` by a
    person, and ``superseded`` are dead letters that a newer state made moot. ``died`` became a dead letter,
    each counted once, at its first time. ``first_failures`` are the events whose first attempt failed.
    ``failures`` are failed attempts. ``lags`` is how long after its event's own time each effect was there.
    """

    delivered: int = 0
    late: int = 0
    dropped: int = 0
    discarded: int = 0
    superseded: int = 0
    died: int = 0
    first_failures: int = 0
    failures: int = 0
    lags: Sketch = EMPTY

    def __add__(self, other: Deliveries) -> Deliveries:
        """Return the sums of both."""
        return Deliveries(*(one + two for one, two in zip(_values(self), _values(other), strict=True)))

    def __sub__(self, other: Deliveries) -> Deliveries:
        """Return the sums without those of ``other``, which may leave less than nothing to be added later."""
        return Deliveries(*(one - two for one, two in zip(_values(self), _values(other), strict=True)))

    @property
    def effects(self) -> int:
        """How many events took effect."""
        return self.delivered + self.late

    @property
    def attempts(self) -> int:
        """How many attempts were made on single events."""
        return self.effects + self.failures


class Arrivals(msgspec.Struct, frozen=True):
    """What came from a source into a stream: stored, known already, or refused and kept in quarantine.

    ``silence`` is the longest time without a stored event that ended in the span, in microseconds.
    """

    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    silence: int = 0

    def __add__(self, other: Arrivals) -> Arrivals:
        """Return the sums of both, and the longer silence."""
        return Arrivals(
            self.accepted + other.accepted,
            self.duplicates + other.duplicates,
            self.refused + other.refused,
            max(self.silence, other.silence),
        )


NO_DELIVERIES = Deliveries()
NO_ARRIVALS = Arrivals()

_values = msgspec.structs.astuple


def floor_to(step: int, at: int) -> int:
    """Return the beginning of the span of length ``step`` that an instant is in."""
    return at - at % step


N = TypeVar("N", bound=Hashable)
S = TypeVar("S", Deliveries, Arrivals)


class Minutes(Generic[N, S]):
    """Sums by name and minute, in memory: what the references of ledger, log and quarantine keep."""

    def __init__(self, nothing: S) -> None:
        self._nothing: S = nothing
        self._sums: dict[N, dict[int, S]] = {}

    def add(self, name: N, at: int, sums: S) -> None:
        """Add to the minute that ``at`` is in."""
        minutes = self._sums.setdefault(name, {})
        minute = floor_to(MINUTE, at)
        minutes[minute] = minutes.get(minute, self._nothing) + sums

    def between(self, since: int, until: int, step: int = 0) -> dict[tuple[N, int], S]:
        """Return the sums by name and beginning: of spans of ``step``, or of all from ``since`` on."""
        found: dict[tuple[N, int], S] = {}
        for name, minutes in self._sums.items():
            for minute, sums in minutes.items():
                if since <= minute < until:
                    start = floor_to(step, minute) if step else since
                    found[name, start] = found.get((name, start), self._nothing) + sums
        return found
