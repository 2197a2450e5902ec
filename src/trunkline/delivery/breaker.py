"""Whether a target may be called at all, as a value: a circuit breaker that all flows to it share.

It opens when a call failed without blaming an event (the target is away), when many first attempts in a row
were refused, and when too large a share of recent calls failed or were slow. While it is open nothing is
sent: no event loses an attempt to it, and the stream stays where it is, in the log. After each interval one
call goes through as a probe; the first that is answered closes it. A person may isolate a target: then
nothing goes there until a person resets it.

::

            failures, slow calls,              its interval is over
            a call that blames nobody
    closed ---------------------------> open ------------------------> half-open: one probe
      ^                                   ^                              |        |
      |                                   +--- the probe failed, longer -+        |
      +------------------------- the probe was answered --------------------------+
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from trunkline.delivery.retry import RetryPolicy, bound_seconds
from trunkline.delivery.tally import Tally, counted, sums, tally
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import DeliveryError

State: TypeAlias = Literal["closed", "open", "half-open", "isolated"]

LONGEST_WISH_SECONDS = 3_600.0
"""How long a target's own ``Retry-After`` may keep everything away from it."""

GROWTH = 1.05
"""How much each failed probe lengthens the interval: it stays a fraction of what the outage lasts already."""

_SLOTS = 10


class BreakerPolicy(msgspec.Struct, frozen=True):
    """When to leave a target alone, and for how long."""

    window_seconds: float = 30.0
    """How far back calls count."""

    failures: float = 0.5
    """The share of calls in the window, failed or slow, that opens it."""

    minimum: int = 10
    """The fewest calls in the window that say anything; so many refused in a row open it too."""

    slow_seconds: float = 10.0
    """A call that takes longer counts as a failed one, whatever it brought."""

    open_seconds: float = 0.5
    """The first interval without calls; a failed probe makes it a twentieth longer. Half is jitter."""

    longest_seconds: float = 60.0
    """The longest interval."""

    def __post_init__(self) -> None:
        """Refuse what has no meaning, naming the field."""
        if not 0 < self.failures <= 1:
            raise ValueError("failures must be above 0% and at most 100%")
        if self.window_seconds <= 0 or self.slow_seconds <= 0:
            raise ValueError("window and slow must be above 0")
        if not 0 < self.open_seconds <= self.longest_seconds:
            raise ValueError("open must be above 0 and at most longest")


class Breaker(msgspec.Struct, frozen=True):
    """How a target was last seen.

    ``recent`` are its calls, marked where they failed or were slow; ``row`` first attempts in a row were
    refused. ``opened`` is when it was last there (microseconds; 0 while closed): since then ``intervals``
    began, no call goes before ``until``, and ``probing`` says that one is under way. ``kind`` and
    ``detail`` say why.
    """

    policy: BreakerPolicy
    recent: Tally
    row: int = 0
    opened: int = 0
    intervals: int = 0
    until: int = 0
    probing: bool = False
    isolated: bool = False
    kind: str = ""
    detail: str = ""


def closed(policy: BreakerPolicy) -> Breaker:
    """Return the breaker of a target of which nothing bad is known."""
    return Breaker(policy, tally(policy.window_seconds, _SLOTS))


def state(breaker: Breaker, now: int) -> State:
    """Return which state a breaker is in."""
    if breaker.isolated:
        return "isolated"
    if not breaker.opened:
        return "closed"
    return "open" if now < breaker.until else "half-open"


def permits(breaker: Breaker, now: int) -> bool:
    """Tell whether a call may begin now."""
    if breaker.isolated:
        return False
    return not breaker.opened or (now >= breaker.until and not breaker.probing)


def answered(breaker: Breaker, now: int, taken_seconds: float, chance: float, *, probe: bool) -> Breaker:
    """Return the breaker after a call that was answered: an event of it took effect, or never will."""
    if breaker.opened:
        return replace(closed(breaker.policy), isolated=breaker.isolated) if probe else breaker
    slow = taken_seconds > breaker.policy.slow_seconds
    seen = replace(breaker, recent=counted(breaker.recent, now, 1, slow), row=0)
    why = f"calls take longer than {breaker.policy.slow_seconds:g} s"
    return _opened_by_share(seen, DeliveryError("slow", why), now, chance) if slow else seen


def refused(
    breaker: Breaker, error: DeliveryError, now: int, chance: float, *, probe: bool, first: bool
) -> Breaker:
    """Return the breaker after a call whose every event was refused for now.

    ``first`` says that it was an attempt of events not known to fail: only such ones tell, many in a row,
    that it is the target that fails.
    """
    if breaker.opened:
        return away(breaker, error, now, chance, probe=probe)
    seen = replace(breaker, recent=counted(breaker.recent, now, 1, 1), row=breaker.row + first)
    if seen.row >= seen.policy.minimum:
        return _opened(seen, error, now, chance)
    return _opened_by_share(seen, error, now, chance)


def away(breaker: Breaker, error: DeliveryError, now: int, chance: float, *, probe: bool) -> Breaker:
    """Return the breaker after a call that failed with nobody to blame; calls that fail together are one."""
    if breaker.opened and not probe:
        return breaker
    return _opened(breaker, error, now, chance)


def unanswered(breaker: Breaker) -> Breaker:
    """Return the breaker after a probe that was never made: the next call is the probe."""
    return replace(breaker, probing=False)


def _opened_by_share(breaker: Breaker, error: DeliveryError, now: int, chance: float) -> Breaker:
    calls, failed = sums(breaker.recent, now)
    if calls < breaker.policy.minimum or failed < breaker.policy.failures * calls:
        return breaker
    return _opened(breaker, error, now, chance)


def _opened(breaker: Breaker, error: DeliveryError, now: int, chance: float) -> Breaker:
    policy = breaker.policy
    growth = RetryPolicy(
        first_seconds=policy.open_seconds, factor=GROWTH, longest_seconds=policy.longest_seconds
    )
    bound = bound_seconds(growth, breaker.intervals + 1)
    wish = getattr(error, "retry_after_seconds", None) or 0.0
    seconds = max(bound * (1 + chance) / 2, min(wish, LONGEST_WISH_SECONDS))
    return replace(
        breaker,
        opened=breaker.opened or now,
        intervals=breaker.intervals + 1,
        until=now + round(seconds * SECOND),
        probing=False,
        kind=error.kind,
        detail=error.detail,
    )
