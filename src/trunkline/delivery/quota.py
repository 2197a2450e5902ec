"""What a system bears from all flows to all of its targets: calls a second, and calls under way."""

from __future__ import annotations

from collections.abc import Callable

from trunkline.kernel.rate import Bucket, bucket

NEVER = 1 << 62
"""An instant that does not come: who waits for it is rung."""


class Quota:
    """One system's limits. Who gets no call stands in line, and is rung when it may ask again.

    Calls are given in the order of the line, so no target takes all of what its system bears.
    """

    def __init__(self, *, calls_per_second: float | None = None, concurrency: int | None = None) -> None:
        self._bucket: Bucket | None = bucket(calls_per_second, 1) if calls_per_second else None
        self._most = concurrency or NEVER
        self._under_way = 0
        self._line: list[Callable[[], None]] = []

    def take(self, now: int, ring: Callable[[], None]) -> int:
        """Begin a call: return 0, or the instant to ask again at while ``ring`` stands in line."""
        if ring not in self._line:
            self._line.append(ring)
        if self._line[0] != ring or self._under_way >= self._most:
            return NEVER
        if self._bucket:
            self._bucket, wait = self._bucket.take(now)
            if wait:
                return now + wait
        self._under_way += 1
        self.leave(ring)
        return 0

    def leave(self, ring: Callable[[], None]) -> None:
        """Stand in line no more, and have the next one ask."""
        if ring in self._line:
            self._line.remove(ring)
        self._call_next()

    def give_back(self, *, unused: bool = False) -> None:
        """End a call; one that was never made leaves its place in the rate to the next."""
        self._under_way -= 1
        if unused and self._bucket:
            self._bucket = self._bucket.put_back()
        self._call_next()

    def _call_next(self) -> None:
        if self._line:
            self._line[0]()
