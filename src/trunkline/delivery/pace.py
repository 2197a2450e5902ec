"""How the load returns after an outage, as a value: slowly, and never above twice what was normal.

What piled up would otherwise go out as fast as we can send it, to a target that has just come back. The
permitted rate grows within seconds from a tenth to twice the normal rate and stays there for twice as long
as the outage lasted: at that pace what piled up is worked off meanwhile. Then it doubles every few seconds,
for what was normal at night need not be so by day, until it is not what limits any more.
"""

from __future__ import annotations

import msgspec

from trunkline.kernel.clock import SECOND
from trunkline.kernel.rate import MOST_PER_SECOND, Bucket

TIMES_NORMAL = 2.0
"""How many times the normal rate no second exceeds while what piled up is worked off."""

LEAST_PER_SECOND = 1.0
"""What is permitted in any case, however quiet it was before."""

UNKNOWN_PER_SECOND = 10.0
"""Where the rate begins to double from when it is not known what was normal."""

RAMP_SHARE = 0.1
"""How long the rate takes from a tenth to all of what is permitted, as a share of how long the outage was."""

RAMP_SECONDS = 5.0
"""How long it takes at the most."""

DOUBLE_SECONDS = 5.0
"""How often the permitted rate doubles once the time of twice the normal rate is over."""

BELIEVED_TIMES = 60
"""How many times as long as it was seen a normal rate is held to at the most."""

_BURST_SECONDS = 0.1
_FIRST_SHARE = 0.1


class Pace(msgspec.Struct, frozen=True):
    """The load's return from ``start`` on, after an ``outage``; it is held to twice normal while ``steady``.

    ``normal`` is how many calls a second were made before; 0 is not known.
    ``full_at`` is the state of its bucket (``trunkline.kernel.rate``).
    """

    normal: float
    start: int
    outage: int
    steady: int
    full_at: int = 0


def returning(normal: float, known_for: int, start: int, outage: int) -> Pace:
    """Return the pace after an ``outage`` before which there were ``normal`` calls/s for ``known_for``.

    What was seen for a moment is not believed for an hour. All durations are microseconds.
    """
    steady = min(round(TIMES_NORMAL * outage), BELIEVED_TIMES * known_for)
    return Pace(normal, start, outage, steady)


def permitted(pace: Pace, now: int) -> float:
    """Return how many calls a second may begin at ``now``."""
    since = (now - pace.start) / SECOND
    if not pace.normal:
        return _doubled(UNKNOWN_PER_SECOND, since)
    # A bucket lets a burst of its size through above its rate: both together stay within the bound.
    top = max(TIMES_NORMAL * pace.normal / (1 + _BURST_SECONDS), LEAST_PER_SECOND)
    ramp, steady = min(RAMP_SECONDS, RAMP_SHARE * pace.outage / SECOND), pace.steady / SECOND
    if since < ramp:
        return max(top * max(since / ramp, _FIRST_SHARE), LEAST_PER_SECOND)
    return _doubled(top, since - steady) if since > steady else top


def _doubled(rate: float, seconds: float) -> float:
    return min(rate * 2 ** min(seconds / DOUBLE_SECONDS, 64.0), MOST_PER_SECOND)


def take(pace: Pace, now: int) -> tuple[Pace, int]:
    """Begin a call at ``now``: return the pace as it is then, and 0 or how long until one may begin."""
    rate = permitted(pace, now)
    bucket = Bucket(round(SECOND / rate), max(1, int(rate * _BURST_SECONDS)), pace.full_at)
    taken, wait = bucket.take(now)
    return (pace, wait) if wait else (msgspec.structs.replace(pace, full_at=taken.full_at), 0)


def is_over(pace: Pace, now: int) -> bool:
    """Tell whether the load has returned: fewer calls are made than are permitted beyond the steady time."""
    rate = permitted(pace, now)
    steady = pace.steady if pace.normal else 0
    idle = now > pace.start + steady and now - pace.full_at >= SECOND / rate
    return idle or rate >= MOST_PER_SECOND
