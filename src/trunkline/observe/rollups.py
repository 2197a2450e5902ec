"""The sums that KPIs are made of, as what reads them sees them: a port, and its in-memory reference.

Ledger, log and quarantine write the sums with what they count, see ``kernel.rollup``; here they are read for
a span, put together into those of longer spans, and trimmed. ``trunkline.testkit.rollups`` is the suite.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol, TypeAlias

import msgspec
from msgspec.structs import replace

from trunkline.kernel.rollup import (
    DAY,
    HOUR,
    MINUTE,
    NO_ARRIVALS,
    NO_DELIVERIES,
    STEPS,
    Arrivals,
    Deliveries,
    Minutes,
    floor_to,
)
from trunkline.kernel.sketch import EMPTY

Pair: TypeAlias = tuple[str, str]
"""A stream and a source that gives to it."""


class Kept(msgspec.Struct, frozen=True):
    """How finely the past is known: by minutes from ``minutes_from`` on, by hours from ``hours_from``.

    Both are microseconds. Before that there are days and weeks. Minutes before ``folded`` are put together
    into longer spans.
    """

    folded: int = 0
    minutes_from: int = 0
    hours_from: int = 0


class Part(msgspec.Struct, frozen=True):
    """A part of a span that is read from the sums of one step."""

    step: int
    since: int
    until: int


class Seen(msgspec.Struct, frozen=True):
    """When a stream first and last had a new event from a source, in microseconds."""

    stream: str
    source: str
    first: int
    last: int


class Rollups(Protocol):
    """Sums over spans of whole minutes. Methods raise ``StoreError`` and nothing of a driver.

    Of ``flows`` and ``pairs`` only those are counted that are given, all where none is. ``lags`` are read
    where they are asked for: they are most of the work.
    """

    async def deliveries(
        self, since: int, until: int, flows: Collection[str] = (), *, lags: bool = True
    ) -> dict[str, Deliveries]:
        """Return what each flow did from ``since`` up to ``until``, of those that did anything."""

    async def together(
        self, since: int, until: int, flows: Collection[str] = (), *, lags: bool = True
    ) -> Deliveries:
        """Return what flows did together; of all or most of them it is much less to read than by each."""

    async def delivery_course(
        self, since: int, until: int, step: int, flows: Collection[str] = (), *, lags: bool = True
    ) -> dict[int, Deliveries]:
        """Return what flows did together, by the beginning of each span of ``step``, one of ``STEPS``.

        A span in which they did nothing is left out, and one whose sums were taken back to nothing.
        """

    async def arrivals(self, since: int, until: int) -> dict[Pair, Arrivals]:
        """Return what came from each source into each stream."""

    async def arrival_course(
        self, since: int, until: int, step: int, pairs: Collection[Pair] = ()
    ) -> dict[int, Arrivals]:
        """Return what came together, by the beginning of each span of ``step``."""

    async def seen(self) -> list[Seen]:
        """Return when anything came, by stream and source."""

    async def silences(self, since: int, above: int) -> dict[Pair, list[int]]:
        """Return the silences longer than ``above`` that ended at or after ``since``, the longest an hour."""

    async def kept(self) -> Kept:
        """Return how finely the past is known."""


class RollupKeeper(Rollups, Protocol):
    """Sums, and how they are kept in bounds."""

    async def fold(self, until: int) -> None:
        """Put the minutes before ``until`` together into longer spans; what is folded stays as it is."""

    async def trim(self, minutes_before: int, hours_before: int) -> None:
        """Forget minutes and hours before these times, of what is folded; days and weeks stay."""


def parts(since: int, until: int, kept: Kept, step: int = 0) -> list[Part]:
    """Return from which steps the sums of a span are read: as long ones as there are and ``step`` allows."""
    return _parts(since, until, kept, [one for one in STEPS if not step or step % one == 0])


def _parts(since: int, until: int, kept: Kept, steps: list[int]) -> list[Part]:
    *shorter, longest = steps
    if since >= until:
        return []
    if not shorter:
        return [Part(longest, since, until)]
    first, last = -floor_to(longest, -since), floor_to(longest, min(until, kept.folded))
    if first >= last:
        return _parts(since, until, kept, shorter)
    before, after = _parts(since, first, kept, shorter), _parts(last, until, kept, shorter)
    return [*before, Part(longest, first, last), *after]


def widened(since: int, until: int, kept: Kept) -> tuple[int, int]:
    """Return the shortest span around another of which there are sums: its ends fall on what is kept."""
    return floor_to(_step_at(since, kept), since), -floor_to(_step_at(until, kept), -until)


def _step_at(at: int, kept: Kept) -> int:
    return DAY if at < kept.hours_from else HOUR if at < kept.minutes_from else MINUTE


class MemoryRollups:
    """The reference: sums as the references of ledger, log and quarantine keep them, nothing else."""

    def __init__(
        self,
        deliveries: Minutes[str, Deliveries],
        arrivals: Iterable[Minutes[Pair, Arrivals]] = (),
        seen: Mapping[Pair, tuple[int, int]] | None = None,
    ) -> None:
        self._deliveries = deliveries
        self._arrivals = list(arrivals)
        self._seen = {} if seen is None else seen
        self._kept = Kept()

    async def deliveries(
        self, since: int, until: int, flows: Collection[str] = (), *, lags: bool = True
    ) -> dict[str, Deliveries]:
        """Return what each flow did."""
        return {
            flow: sums if lags else replace(sums, lags=EMPTY)
            for (flow, _), sums in self._deliveries.between(since, until).items()
            if not flows or flow in flows
        }

    async def together(
        self, since: int, until: int, flows: Collection[str] = (), *, lags: bool = True
    ) -> Deliveries:
        """Return what flows did together."""
        found = await self.deliveries(since, until, flows, lags=lags)
        return sum(found.values(), NO_DELIVERIES)

    async def delivery_course(
        self, since: int, until: int, step: int, flows: Collection[str] = (), *, lags: bool = True
    ) -> dict[int, Deliveries]:
        """Return what flows did together, by the step."""
        found: dict[int, Deliveries] = {}
        for (flow, start), sums in self._deliveries.between(since, until, step).items():
            if not flows or flow in flows:
                added = sums if lags else replace(sums, lags=EMPTY)
                found[start] = found.get(start, NO_DELIVERIES) + added
        return {start: sums for start, sums in found.items() if sums != NO_DELIVERIES}

    async def arrivals(self, since: int, until: int) -> dict[Pair, Arrivals]:
        """Return what came from each source."""
        found: dict[Pair, Arrivals] = {}
        for minutes in self._arrivals:
            for (pair, _), sums in minutes.between(since, until).items():
                found[pair] = found.get(pair, NO_ARRIVALS) + sums
        return found

    async def arrival_course(
        self, since: int, until: int, step: int, pairs: Collection[Pair] = ()
    ) -> dict[int, Arrivals]:
        """Return what came together."""
        found: dict[int, Arrivals] = {}
        for minutes in self._arrivals:
            for (pair, start), sums in minutes.between(since, until, step).items():
                if not pairs or pair in pairs:
                    found[start] = found.get(start, NO_ARRIVALS) + sums
        return found

    async def seen(self) -> list[Seen]:
        """Return when anything came."""
        return [Seen(*pair, *times) for pair, times in sorted(self._seen.items())]

    async def silences(self, since: int, above: int) -> dict[Pair, list[int]]:
        """Return the silences."""
        found: dict[Pair, list[int]] = {}
        for minutes in self._arrivals:
            for (pair, _), sums in minutes.between(since, 1 << 62, HOUR).items():
                if sums.silence > above:
                    found.setdefault(pair, []).append(sums.silence)
        return found

    async def kept(self) -> Kept:
        """Return how finely the past is known."""
        return self._kept

    async def fold(self, until: int) -> None:
        """Note how far it was folded: sums of minutes are added up when they are read."""
        self._kept = replace(self._kept, folded=max(until, self._kept.folded))

    async def trim(self, minutes_before: int, hours_before: int) -> None:
        """Note what is no longer known so finely."""
        self._kept = trimmed(self._kept, minutes_before, hours_before)


def trimmed(kept: Kept, minutes_before: int, hours_before: int) -> Kept:
    """Return how finely the past is known after a trim: whole hours and days go, of what is folded."""
    minutes = max(kept.minutes_from, floor_to(HOUR, min(minutes_before, kept.folded)))
    hours = max(kept.hours_from, floor_to(DAY, min(hours_before, minutes)))
    return Kept(kept.folded, minutes, hours)
