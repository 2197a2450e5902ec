"""Judges whether calls to one target begin while it is known to be away, from what is seen of the calls.

A call that fails without blaming an event opens the breaker for sure; one that is refused or slow may have
done so, by a share of failures that only a tally knows. So a ``Breaking`` keeps when the breaker *may* have
opened and whether it *must* be open, and blames only what is wrong in every case: a call that begins before
the shortest interval is over, and one that begins beside a probe.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from trunkline.delivery.breaker import GROWTH, LONGEST_WISH_SECONDS, BreakerPolicy
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import DeliveryError

_REACH = 1.1
"""How far back a breaker looks, in windows: its tally slides by tenths."""


class Breaking:
    """The breaker of one target in one process as its border shows it; what is wrong is in ``faults``.

    Calls have numbers that grow as they begin. ``away`` says that the process began with a target that was
    known to be away: its first call is a probe. Instants are microseconds.
    """

    def __init__(self, policy: BreakerPolicy, *, away: bool = False) -> None:
        self.faults: list[str] = []
        self._policy = policy
        self._begun: dict[int, int] = {}
        self._newest = 0
        self._failed: deque[int] = deque()
        self._row = 0
        # Where it may have opened and not closed since, and whether it is open for sure.
        self._openings = [_Opening(-1, 0)] if away else []
        self._sure = away
        self._until = 0
        self._intervals = 0

    def begins(self, number: int, now: int) -> bool:
        """Note that a call begins; return whether it may be a probe."""
        self._newest = number
        # A call has leave an instant before it begins: what fails in between is not known when it gets it.
        self._openings = [one._replace(newest=number) if one.at == now else one for one in self._openings]
        if not self._sure:
            self._openings = [one for one in self._openings if self._allows(one, now)]
        elif self._openings[-1].at != now:
            self._check(now)
        self._begun[number] = now
        return any(number > one.newest for one in self._openings)

    def _check(self, now: int) -> None:
        if now < self._until:
            early = (self._until - now) / SECOND
            self.faults.append(f"a call began {early:.3f} s before a probe of the breaker was due")
        if any(other > self._openings[-1].newest for other in self._begun):
            self.faults.append("a call began beside a probe of the breaker")

    def _allows(self, opening: _Opening, now: int) -> bool:
        """Tell whether a call may begin now if the breaker opened then."""
        waited = now - opening.at >= self._policy.open_seconds / 2 * SECOND
        return opening.at == now or (waited and not any(other > opening.newest for other in self._begun))

    def unused(self, number: int) -> None:
        """Note that nothing can be told of a call."""
        del self._begun[number]

    def answered(self, number: int, now: int) -> None:
        """Note a call of which the target took an event, or refused one for good."""
        slow = now - self._begun.pop(number) > self._policy.slow_seconds * SECOND
        left = [one for one in self._openings if number <= one.newest]
        was_probe = self._sure and not left
        if self._sure and left == self._openings:
            return
        self._openings, self._sure, self._row = left, False, 0
        if slow and not was_probe:
            self._may_open(now)

    def refused(
        self, number: int, error: DeliveryError, now: int, *, first: bool, batch: bool = False
    ) -> None:
        """Note a call whose every event was refused for now; ``first`` where it was not one of retries.

        A ``batch`` that is refused as a whole may be taken for a target that is away.
        """
        self._row += first
        if self._sure or self._row >= self._policy.minimum:
            self.away(number, error, now)
        else:
            del self._begun[number]
            self._may_open(now, at_once=batch)

    def away(self, number: int, error: DeliveryError, now: int) -> None:
        """Note a call that failed with nobody to blame."""
        del self._begun[number]
        before = [one for one in self._openings if number <= one.newest]
        if not before:
            self._opens(error, now)
        elif not self._sure:
            # If it was open when this one ended, that changed nothing; if not, it is open from now on.
            self._openings.append(_Opening(now, self._newest))
            self._sure, self._intervals = True, 1
            self._until = before[0].at + self._shortest(None)

    def _opens(self, error: DeliveryError, now: int) -> None:
        self._intervals = self._intervals + 1 if self._sure else 1
        self._openings = [_Opening(now, self._newest)]
        self._sure, self._row = True, 0
        self._until = now + self._shortest(error)

    def _may_open(self, now: int, *, at_once: bool = False) -> None:
        policy = self._policy
        self._failed.append(now)
        while self._failed[0] < now - policy.window_seconds * _REACH * SECOND:
            self._failed.popleft()
        if at_once or len(self._failed) >= policy.failures * policy.minimum:
            self._openings.append(_Opening(now, self._newest))

    def _shortest(self, error: DeliveryError | None) -> int:
        """Return the shortest time until the next probe: half of an interval is jitter."""
        policy = self._policy
        grown = min(policy.open_seconds * GROWTH ** (self._intervals - 1), policy.longest_seconds)
        wish = getattr(error, "retry_after_seconds", None) or 0.0
        return int(max(grown / 2, min(wish, LONGEST_WISH_SECONDS)) * SECOND)


class _Opening(NamedTuple):
    """An instant at which a breaker may have opened, and the newest call that had begun by then."""

    at: int
    newest: int
