"""The arithmetic of the KPIs, from sums to numbers; docs/reference/kpis.md defines them. No effects."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from trunkline.kernel.clock import SECOND
from trunkline.kernel.rollup import DAY, MINUTE, Arrivals, Deliveries

LEARNED_DAYS = 14
"""From how far back the silences of a source say what is usual for it."""

LEAST_SILENCES = 3
"""How many of them there have to be."""

SHORTEST_SILENCE = 5 * MINUTE
"""No silence up to this, in microseconds, is unusual, unless something was declared."""

_RARELY = 0.01


class Kpis(msgspec.Struct, frozen=True):
    """The KPIs of a span of time; times are in seconds, shares in per cent, None where there is nothing.

    ``freshness_*`` is from an event's own time to its effect in the target; ``measured`` is of how many
    effects, ``ahead`` how many of those had a time after their effect, by a clock ahead of ours: they count
    as 0. ``failed_percent`` is dead or refused of accepted, ``first_failure_percent`` events whose first
    attempt failed of accepted, ``error_percent`` failed of all attempts. The rates are events a second over
    the whole span.

    The last ones are slots that something else fills: the share of duplicates among entities (as it is now),
    how long a difference between two systems takes to be gone, and how long until an alert is acknowledged,
    and resolved.
    """

    freshness_p50: float | None
    freshness_p95: float | None
    freshness_p99: float | None
    measured: int
    ahead: int
    failed_percent: float | None
    first_failure_percent: float | None
    error_percent: float | None
    accepted_per_second: float
    effects_per_second: float
    accepted: int
    duplicates: int
    refused: int
    delivered: int
    late: int
    dropped: int
    discarded: int
    superseded: int
    died: int
    first_failures: int
    attempts: int
    failures: int
    duplicate_entity_percent: float | None = None
    reconciliation_seconds: float | None = None
    mtta_seconds: float | None = None
    mttr_seconds: float | None = None


def kpis_of(deliveries: Deliveries, arrivals: Arrivals, span: int) -> Kpis:
    """Return the KPIs of what happened in ``span`` microseconds."""
    p50, p95, p99 = deliveries.lags.quantiles(0.5, 0.95, 0.99)
    failed, seconds = deliveries.died + arrivals.refused, span / SECOND
    return Kpis(
        freshness_p50=seconds_or_none(p50),
        freshness_p95=seconds_or_none(p95),
        freshness_p99=seconds_or_none(p99),
        measured=deliveries.lags.count,
        ahead=deliveries.lags.ahead,
        failed_percent=percent(failed, arrivals.accepted),
        first_failure_percent=percent(deliveries.first_failures, arrivals.accepted),
        error_percent=percent(deliveries.failures, deliveries.attempts),
        accepted_per_second=round(arrivals.accepted / seconds, 3) if seconds else 0.0,
        effects_per_second=round(deliveries.effects / seconds, 3) if seconds else 0.0,
        accepted=arrivals.accepted,
        duplicates=arrivals.duplicates,
        refused=arrivals.refused,
        delivered=deliveries.delivered,
        late=deliveries.late,
        dropped=deliveries.dropped,
        discarded=deliveries.discarded,
        superseded=deliveries.superseded,
        died=deliveries.died,
        first_failures=deliveries.first_failures,
        attempts=deliveries.attempts,
        failures=deliveries.failures,
    )


def percent(part: int, whole: int) -> float | None:
    """Return a share in per cent: 100 of nothing where there is a part of it, None of nothing at all."""
    if not whole:
        return 100.0 if part else None
    return round(100 * part / whole, 4)


def seconds_or_none(span: int | None) -> float | None:
    """Return microseconds in seconds, to the millisecond."""
    return None if span is None else round(span / SECOND, 3)


def usual_silence(silences: Iterable[int], known_for: int) -> int | None:
    """Return how long a source is usually silent at the most; None where too little is known of it.

    In 99 % of the time it was known for, it had not been silent for longer. So nights and week-ends are
    usual for who sleeps then, and one outage of some hours is not. All in microseconds.
    """
    longest = sorted(silences, reverse=True)
    if len(longest) < LEAST_SILENCES and known_for < DAY:
        return None
    rarely, beyond = _RARELY * known_for, 0.0
    for rank, silence in enumerate(longest, 1):
        shorter = longest[rank] if rank < len(longest) else 0
        # between this silence and the next shorter one, ``rank`` silences were longer than any time
        if beyond + rank * (silence - shorter) >= rarely:
            return max(SHORTEST_SILENCE, round(silence - (rarely - beyond) / rank))
        beyond += rank * (silence - shorter)
    return SHORTEST_SILENCE
