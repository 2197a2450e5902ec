"""When each source gave its last event, and how often it usually gives one.

A system that gives data in intervals says so (``every``). Of others the usual interval is learned: the
longest time between two of a source's events among the newest thousand of its stream, where those reach back
two days, so that nights are among them. Of a source that is neither told nor learned nothing is said.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

from trunkline.app.backbone import Backbone
from trunkline.eventlog.port import StreamInfo
from trunkline.kernel.clock import SECOND
from trunkline.kernel.event import Event

NEWEST = 1_000
SPAN = 2 * 86_400 * SECOND
FEWEST = 10
LOOK_SECONDS = 60

Times = Mapping[str, tuple[int, float | None]]
"""Of each source: when its last event was accepted, and its usual interval in seconds, if it is known."""


class SourceTimes:
    """Looks at the newest events of streams, where there are any new, once a minute."""

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone
        self._looked = 0
        self._ends: dict[str, int] = {}
        self._times: dict[str, tuple[int, float | None]] = {}

    async def look(self, now: int) -> Times:
        """Return what is known now."""
        if now - self._looked < LOOK_SECONDS * SECOND:
            return self._times
        self._looked = now
        read = {one.contract.stream for one in self._backbone.project.sources.values()}
        for info in await self._backbone.log.streams():
            if info.stream in read and self._ends.get(info.stream) != info.next:
                self._learn(await newest(self._backbone, info))
                self._ends[info.stream] = info.next
        return self._times

    def _learn(self, events: list[Event]) -> None:
        came: dict[str, list[int]] = {}
        for event in events:
            came.setdefault(event.source, []).append(event.recorded)
        for name, moments in came.items():
            source = self._backbone.project.sources.get(name)
            if source is not None:
                self._times[name] = (moments[-1], source.every_seconds or usual(moments))


def usual(moments: Iterable[int]) -> float | None:
    """Return the longest time between two of several moments in seconds; None where that says too little."""
    ordered = sorted(moments)
    if len(ordered) < FEWEST or ordered[-1] - ordered[0] < SPAN:
        return None
    return max(later - sooner for sooner, later in itertools.pairwise(ordered)) / SECOND


async def newest(backbone: Backbone, info: StreamInfo) -> list[Event]:
    """Return the newest events of a stream, oldest first."""
    start = max(info.first, info.next - NEWEST)
    found: list[Event] = []
    while start < info.next:
        page = await backbone.log.read(info.stream, start, NEWEST)
        if not page.events:
            break
        found += page.events
        start = page.next
    return found
