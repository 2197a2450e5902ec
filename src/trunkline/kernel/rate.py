"""How many requests a second there may be, in or out: a token bucket, as a value that its holder replaces.

It is kept as the generic cell rate algorithm does (ITU-T I.371): the one instant at which the bucket would
be full again says how many tokens it holds at any other, so there is nothing to fill up meanwhile.
"""

from __future__ import annotations

import msgspec

from trunkline.kernel.clock import SECOND

MOST_PER_SECOND = 1_000_000
"""The highest rate: a token a microsecond."""


class Bucket(msgspec.Struct, frozen=True):
    """A bucket of ``burst`` tokens that gets one more every ``every``; instants are microseconds."""

    every: int
    burst: int
    full_at: int = 0

    def take(self, now: int) -> tuple[Bucket, int]:
        """Take a token at ``now``: return the bucket as it is then, and 0 or how long until it has one."""
        full_at = max(self.full_at, now) + self.every
        wait = full_at - now - self.burst * self.every
        if wait > 0:
            return self, wait
        return msgspec.structs.replace(self, full_at=full_at), 0

    def put_back(self) -> Bucket:
        """Return the bucket with a token in it that was taken and not used."""
        return msgspec.structs.replace(self, full_at=self.full_at - self.every)


def bucket(per_second: float, burst: int | None = None) -> Bucket:
    """Return a full bucket for a rate up to ``MOST_PER_SECOND``.

    ``burst`` is a second's worth, at least 1, where it is not given.
    """
    return Bucket(round(SECOND / per_second), burst or max(1, int(per_second)))
