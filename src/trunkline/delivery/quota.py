"""What a system bears from all flows to all of its targets: calls a second, and calls under way."""

from __future__ import annotations

from collections.abc import Callable

from trunkline.kernel.rate import Bucket, bucket

NEVER = 1 << 62
"""An instant that does not come: who waits for it is rung."""


class Quota:
    """One system's limits. Who gets no call stands in line, and is rung when it may ask again.

    Calls are given in the order of the line, so no target takes all of what its system bears. Who stands
    aside is last: its turn comes once nobody else is in line.
    """

    def __init__(self, *, calls_per_second: float | None = None, concurrency: int | None = None) -> None:
        self._bucket: Bucket | None = bucket(calls_per_second, 1) if calls_per_second else None
        self._most = concurrency or NEVER
        self._under_way = 0
        self._line: list[Callable[[], None]] = []
        self._aside: list[Callable[[], None]] = []

    def take(self, now: int, ring: Callable[[], None], *, aside: bool = False) -> int:
        """Begin a call: return 0, or the instant to ask again at while ``ring`` stands in line."""
        self._stand(ring, aside=aside)
        if self._first() != ring or self._under_way >= self._most:
            return NEVER
        if self._bucket:
            self._bucket, wait = self._bucket.take(now)
            if wait:
                return now + wait
        self._under_way += 1
        self.leave(ring)
        return 0

    def _stand(self, ring: Callable[[], None], *, aside: bool) -> None:
        if aside and ring not in self._line and ring not in self._aside:
            self._aside.append(ring)
        elif not aside and ring not in self._line:
            self._line.append(ring)

    def _first(self) -> Callable[[], None] | None:
        return next(iter(self._line or self._aside), None)

    def leave(self, ring: Callable[[], None]) -> None:
        """Stand in line no more, and have the next one ask."""
        for line in (self._line, self._aside):
            if ring in line:
                line.remove(ring)
        self._call_next()

    def give_back(self, *, unused: bool = False) -> None:
        """End a call; one that was never made leaves its place in the rate to the next."""
        self._under_way -= 1
        if unused and self._bucket:
            self._bucket = self._bucket.put_back()
        self._call_next()

    def _call_next(self) -> None:
        first = self._first()
        if first:
            first()
