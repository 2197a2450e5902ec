"""When to try again, and when to stop: pure arithmetic over values.

Waits grow by a factor up to a longest one, and each is drawn with full jitter from zero up to that bound
(M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), so that what failed together
does not come back together. Attempts and total time are both bounded: retries never storm and never stop
without a dead letter.
"""

from __future__ import annotations

import msgspec

from trunkline.delivery.ledger import Case
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import DeliveryError, Final, Retryable
from trunkline.kernel.outcome import Dead, RetryAt

_SPREAD = 0.1
"""Of a target's own wish, how much may be added: whoever got the same answer does not return as one."""


class RetryPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often and how long to try.

    The default makes 8 attempts whose 7 waits are bounded by 1 s, 12 s, 2.4 min, 29 min, 5.8 h, 24 h and
    24 h: 54 h at the most and 27 h on average, over a night and a working day.
    """

    attempts: int = 8
    """The most attempts, the first included."""

    first_seconds: float = 1.0
    """The bound of the first wait."""

    longest_seconds: float = 86_400.0
    """The bound of any wait, and how far a target's ``Retry-After`` is followed (plus a tenth of jitter)."""

    factor: float = 12.0
    """How much the bound grows from one wait to the next."""

    total_seconds: float = 259_200.0
    """No attempt begins later than this after the first one."""

    rules: dict[str, RetryPolicy | None] = {}
    """What holds for errors of a kind, whatever their type says: another policy, or None for never."""

    def __post_init__(self) -> None:
        """Refuse what has no meaning, naming the field."""
        if self.attempts < 1:
            raise ValueError("attempts must be 1 or more")
        if self.factor < 1:
            raise ValueError("factor must be 1 or more")
        if not 0 <= self.first_seconds <= self.longest_seconds:
            raise ValueError("first_seconds must be between 0 and longest_seconds")
        if self.total_seconds < 0:
            raise ValueError("total_seconds must not be negative")


def bound_seconds(policy: RetryPolicy, attempt: int) -> float:
    """Return the most to wait after failed attempt number ``attempt`` (from 1)."""
    if policy.factor == 1 or not policy.first_seconds:
        return policy.first_seconds
    wait = policy.first_seconds
    for _ in range(attempt - 1):
        wait *= policy.factor
        if wait >= policy.longest_seconds:
            return policy.longest_seconds
    return wait


def wait_seconds(bound: float, wish: float | None, longest: float, chance: float) -> float:
    """Return a jittered wait up to ``bound``, not below the target's ``wish`` as far as ``longest`` goes."""
    least = min(max(wish or 0.0, 0.0), longest)
    return max(bound * chance, least * (1 + _SPREAD * chance))


def is_retry(case: Case | None) -> bool:
    """Tell whether the next attempt of an event follows one that failed, and no person asked for it."""
    return case is not None and case.attempts > case.forgiven


def next_attempt(
    policy: RetryPolicy, attempt: int, first_at: int, now: int, error: DeliveryError, chance: float
) -> RetryAt | Dead:
    """Decide what follows failed attempt number ``attempt`` of an event first tried at ``first_at``.

    Instants are in microseconds; ``chance`` is a uniform number in [0, 1).
    """
    ruled = policy.rules.get(error.kind, None if isinstance(error, Final) else policy)
    if ruled is None:
        return Dead(attempt, now, error.kind, error.detail)
    if attempt >= ruled.attempts:
        return Dead(attempt, now, error.kind, f"gave up after {attempt} attempts: {error.detail}")
    wish = error.retry_after_seconds if isinstance(error, Retryable) else None
    wait = wait_seconds(bound_seconds(ruled, attempt), wish, ruled.longest_seconds, chance)
    at = now + round(wait * SECOND)
    if at - first_at > round(ruled.total_seconds * SECOND):
        return Dead(attempt, now, error.kind, f"gave up after {ruled.total_seconds:g} s: {error.detail}")
    return RetryAt(attempt, at, error.kind, error.detail)
