"""How a flow is, in one word and one sentence, by its numbers: what pages and lists order by, worst first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

from trunkline.delivery.pausing import Pause
from trunkline.delivery.standing import Standing

Health: TypeAlias = Literal["away", "late", "dead", "isolated", "retrying", "paused", "behind", "idle", "ok"]
"""Worst first: the target does not answer; later than promised; dead letters wait for a person; a person
isolated the target; attempts failed and are made again; a person paused it; events are on their way; nothing
was ever delivered; all is delivered."""

WORST_FIRST: tuple[Health, ...] = (
    "away",
    "late",
    "dead",
    "isolated",
    "retrying",
    "paused",
    "behind",
    "idle",
    "ok",
)

FINE: frozenset[Health] = frozenset({"ok", "idle", "behind"})
"""Nobody has to look."""


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """What a flow is judged by; see ``snapshot.FlowSight``.

    ``oldest_seconds`` is for how long the oldest event waits that it has to deliver, 0 without one; it is
    late once that is above ``late_after_seconds``. ``delivered``: it ever delivered something.
    """

    lag: int
    oldest_seconds: float
    late_after_seconds: float
    waiting: int
    held: int
    dead: int
    delivered: bool
    pause: Pause | None = None


def judged(numbers: Numbers, target: Standing) -> tuple[Health, str]:
    """Return how a flow is and why, by the worst thing that is true of it."""
    return next(_true(numbers, target))


def _true(numbers: Numbers, target: Standing) -> Iterator[tuple[Health, str]]:
    """Yield all that is true of a flow, the worst first."""
    isolation, outage, pause = target.isolation, target.outage, numbers.pause
    if pause:
        yield "paused", f"{pause.by} paused it: {pause.why}; {several(numbers.lag, 'event')} wait"
    if outage and not isolation and (numbers.lag or numbers.waiting):
        yield "away", f"the target does not answer: {outage.kind}: {outage.detail}"
    bound = numbers.late_after_seconds
    if numbers.oldest_seconds > bound:
        yield "late", f"its oldest event waits for {numbers.oldest_seconds:,.0f} s: late after {bound:,g}"
    if numbers.dead:
        behind = f", and {several(numbers.held, 'event')} held behind" if numbers.held else ""
        yield "dead", f"{several(numbers.dead, 'dead letter')} to look at{behind}"
    if isolation:
        yield "isolated", f"{isolation.by} isolated the target: {isolation.why}"
    if numbers.waiting:
        yield "retrying", f"{several(numbers.waiting, 'event')} to be tried again"
    if numbers.lag:
        yield "behind", f"{several(numbers.lag, 'event')} on the way"
    yield ("ok", "all is delivered") if numbers.delivered else ("idle", "nothing was delivered yet")


def several(count: int, word: str) -> str:
    """Return a count with its word, in the plural where it is not one."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
