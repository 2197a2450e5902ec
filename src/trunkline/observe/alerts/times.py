"""How fast people were: mean times to acknowledge (MTTA) and to resolve (MTTR), from what happened."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from trunkline.kernel.clock import SECOND
from trunkline.observe.alerts.machine import Phase, Transition


class AnswerTimes(msgspec.Struct, frozen=True):
    """What happened in a span of time: how many alerts fired, were acknowledged and were resolved.

    ``mtta_seconds`` is the mean from firing to the acknowledgement, over those acknowledged in the span,
    ``mttr_seconds`` that from firing to the end, over those resolved in it; None where there was none.
    """

    fired: int
    acknowledged: int
    resolved: int
    mtta_seconds: float | None
    mttr_seconds: float | None


def answer_times(transitions: Iterable[Transition]) -> AnswerTimes:
    """Count the transitions of a span."""
    took: dict[Phase, list[int]] = {"firing": [], "acknowledged": [], "resolved": []}
    for one in transitions:
        took[one.phase].append(one.at - one.fired_at)
    return AnswerTimes(
        len(took["firing"]),
        len(took["acknowledged"]),
        len(took["resolved"]),
        _mean_seconds(took["acknowledged"]),
        _mean_seconds(took["resolved"]),
    )


def _mean_seconds(took: list[int]) -> float | None:
    return round(sum(took) / len(took) / SECOND, 3) if took else None
