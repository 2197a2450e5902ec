"""Whether a flow may call its target now, as a value: a target that is away is not asked event by event.

A target is *away* when it raised without blaming an item, or refused many calls in a row with errors that
may pass. Then the flow stalls: no event loses an attempt to it, nothing but the probe leaves the log, and
one probe per pause finds out when it is back. Each way of delivering holds one ``Gate`` and replaces it by
what these functions return, so a breaker that flows share can take its place.
"""

from __future__ import annotations

import msgspec

from trunkline.delivery.retry import RetryPolicy, bound_seconds
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import DeliveryError, Retryable

PAUSES = RetryPolicy(first_seconds=1.0, factor=2.0, longest_seconds=60.0)
"""How long to leave a target alone that is away: 1 s, doubling up to a minute, without end."""

LONGEST_WISH_SECONDS = 3_600.0
"""How long a target's own ``Retry-After`` may keep a whole flow away from it."""

REFUSALS = 10
"""Refused calls in a row after which the target counts as away."""


class Gate(msgspec.Struct, frozen=True):
    """How the target was last seen.

    ``refusals`` calls in a row failed; ``pauses`` were made since it last took anything; no call begins
    before ``until`` (microseconds). ``kind`` and ``detail`` say why.
    """

    refusals: int = 0
    pauses: int = 0
    until: int = 0
    kind: str = ""
    detail: str = ""


OPEN = Gate()
"""The gate once the target took a call, or refused one for good: it is there."""


def calls(gate: Gate, now: int, under_way: int, concurrency: int) -> int:
    """Return how many calls may begin now: none in a pause, one probe after it, else all that fit."""
    if now < gate.until:
        return 0
    return (1 if gate.pauses else concurrency) - under_way


def refused(gate: Gate, error: Retryable, now: int, chance: float) -> Gate:
    """Return the gate after a call whose every item was refused for now."""
    if gate.refusals + 1 < REFUSALS and not gate.pauses:
        return msgspec.structs.replace(gate, refusals=gate.refusals + 1)
    return away(gate, error, now, chance)


def away(gate: Gate, error: DeliveryError, now: int, chance: float) -> Gate:
    """Return the gate after a call that failed with nobody to blame: closed for a growing pause."""
    if now < gate.until:
        return gate  # calls that were under way together count as one
    bound = bound_seconds(PAUSES, gate.pauses + 1)
    wish = getattr(error, "retry_after_seconds", None) or 0.0
    pause = max(bound * (1 + chance) / 2, min(wish, LONGEST_WISH_SECONDS))
    until = now + round(pause * SECOND)
    return Gate(REFUSALS, gate.pauses + 1, until, error.kind, error.detail)
