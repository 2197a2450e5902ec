"""Which offset each arrival gets, which pages the new ones fill, and when a key counts as seen.

Pure decisions that every engine shares; what is already stored is passed in.
"""

from __future__ import annotations

import bisect
import operator
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TypeVar

from trunkline.eventlog.port import Appended
from trunkline.kernel.clock import SECOND
from trunkline.kernel.event import Event
from trunkline.kernel.rollup import Arrivals

WINDOW_SECONDS = 30 * 24 * 3600
"""How long an arrival is remembered unless a project says otherwise: 30 days."""

ELSEWHERE = -1
"""The offset of what an event repeats where that stands in the stream of another major version."""

Key = TypeVar("Key", bound=Hashable)

_data = operator.attrgetter("data")
_source = operator.attrgetter("source")


def place(keys: Sequence[Key], known: Mapping[Key, int], base: int) -> tuple[list[Appended], list[int]]:
    """Decide for each key: a new offset from ``base`` on, or the offset of what it repeats.

    ``known`` holds what is stored already. Returns the decisions and the indices of the new ones.
    """
    if not known and len(set(keys)) == len(keys):
        return [Appended(base + index, False) for index in range(len(keys))], list(range(len(keys)))
    offsets = dict(known)
    placed: list[Appended] = []
    fresh: list[int] = []
    for index, key in enumerate(keys):
        repeats = key in offsets
        if not repeats:
            offsets[key] = base + len(fresh)
            fresh.append(index)
        placed.append(Appended(offsets[key], repeats))
    return placed, fresh


def arrivals_of(events: Sequence[Event], fresh: Sequence[int]) -> dict[str, Arrivals]:
    """Return by source how many of ``events`` are new, which are those at ``fresh``, and how many repeat."""
    new = Counter(map(_source, [events[index] for index in fresh] if len(fresh) < len(events) else events))
    every = Counter(map(_source, events)) if len(fresh) < len(events) else new
    return {source: Arrivals(new[source], count - new[source]) for source, count in every.items()}


def siblings(stream: str, streams: Iterable[str]) -> list[str]:
    """Return the streams of the other major versions of a stream's contract, of those there are."""
    name = stream.rpartition("@")[0]
    return [one for one in streams if one != stream and name and one.rpartition("@")[0] == name]


def payload_bytes(events: Iterable[Event]) -> int:
    """Return how many bytes of payload events carry together."""
    return sum(map(len, map(_data, events)))


def paginate(events: Sequence[Event], page_events: int, page_bytes: int) -> Iterator[Sequence[Event]]:
    """Cut events into pages within both bounds; an event above the bound of bytes has its own page."""
    ends = list(accumulate(map(len, map(_data, events))))
    start = before = 0
    while start < len(events):
        fit = bisect.bisect_right(ends, before + page_bytes, start)
        end = max(start + 1, min(fit, start + page_events))
        yield events[start:end]
        start, before = end, ends[end - 1]


def forgotten_before(now: int, window_seconds: int) -> int:
    """Return the second up to which arrivals are forgotten: one made at it is no longer remembered."""
    return now // SECOND - window_seconds
