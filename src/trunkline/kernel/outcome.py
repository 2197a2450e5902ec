"""What came of an attempt to deliver, as values: decisions first, effects once and later."""

from __future__ import annotations

from typing import TypeAlias

import msgspec


class Delivered(msgspec.Struct, frozen=True, tag="delivered"):
    """The effect is in the target. ``attempt`` counts from 1; ``at`` is in microseconds."""

    attempt: int
    at: int


class RetryAt(msgspec.Struct, frozen=True, tag="retry"):
    """It failed, may succeed later, and is scheduled: try again at ``at`` microseconds."""

    attempt: int
    at: int
    kind: str
    detail: str


class Dead(msgspec.Struct, frozen=True, tag="dead"):
    """It will not be tried again by itself: a dead letter, with a reason a person can read."""

    attempt: int
    at: int
    kind: str
    detail: str


class Dropped(msgspec.Struct, frozen=True, tag="dropped"):
    """Not sent because a rule of the flow says so, such as a mapping that yields nothing for it."""

    at: int
    rule: str


Outcome: TypeAlias = Delivered | RetryAt | Dead | Dropped
