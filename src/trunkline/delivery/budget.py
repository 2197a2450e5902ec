"""How many retries a target bears, as a value: a share of the first attempts, shared by all flows to it.

Backing off spreads the retries of one event; only a budget bounds those of all (Finagle's ``RetryBudget``;
Google's "Site Reliability Engineering", chapter 22, "Addressing Cascading Failures"). A retry that is not
allowed yet stays due and keeps its place.
"""

from __future__ import annotations

import math

import msgspec

from trunkline.delivery.tally import Tally, counted, sums, tally

_SLOTS = 12


class BudgetPolicy(msgspec.Struct, frozen=True):
    """How many retries there may be in a window: a share of its first attempts, and a floor on top."""

    share: float = 0.1
    """Retries allowed for each first attempt in the window."""

    floor_per_second: float = 10.0
    """Retries a second allowed besides, so that a quiet target gets its retries too."""

    window_seconds: float = 60.0
    """How far back attempts count."""

    def __post_init__(self) -> None:
        """Refuse what has no meaning, naming the field."""
        if self.window_seconds <= 0:
            raise ValueError("window must be above 0")


class Budget(msgspec.Struct, frozen=True):
    """Attempts lately, marked where they were retries."""

    policy: BudgetPolicy
    recent: Tally


def budget(policy: BudgetPolicy) -> Budget:
    """Return a budget of which nothing is spent."""
    return Budget(policy, tally(policy.window_seconds, _SLOTS))


def left(budget: Budget, now: int) -> int:
    """Return how many retries may be made now: one a window at least, or the last would wait for ever."""
    attempts, retries = sums(budget.recent, now)
    policy = budget.policy
    allowed = policy.share * (attempts - retries) + policy.floor_per_second * policy.window_seconds
    return max(0, max(1, math.floor(allowed)) - retries)


def spent(budget: Budget, now: int, first: int, retries: int) -> Budget:
    """Return the budget after so many first attempts and retries of events."""
    return Budget(budget.policy, counted(budget.recent, now, first + retries, retries))
