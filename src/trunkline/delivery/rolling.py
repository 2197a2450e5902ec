"""What a change of the ledger adds to a flow's sums, and what it takes from them; see ``kernel.rollup``.

The sums are a view of what the ledger holds: an engine says what stood there before and what stands there
now, in the same transaction, and the difference is added. So the same record once more adds nothing, and a
rewind takes back what it voids. Only failed attempts stay counted: they were made, whatever became of them.
"""

from __future__ import annotations

from trunkline.delivery.ledger import Case, Range, State
from trunkline.kernel.rollup import MINUTE, NO_DELIVERIES, Deliveries, floor_to
from trunkline.kernel.sketch import EMPTY, Sketch, sketch_of

_LATE = Deliveries(late=1)
_ENDS: dict[State, Deliveries] = {
    "delivered": _LATE,
    "dropped": Deliveries(dropped=1),
    "discarded": Deliveries(discarded=1),
    "superseded": Deliveries(superseded=1),
}
_DIED = Deliveries(died=1)
_FIRST_FAILED = Deliveries(first_failures=1)


class Changes:
    """The difference that a transaction makes to one flow's sums, by the minute."""

    def __init__(self) -> None:
        self.by_minute: dict[int, Deliveries] = {}

    def settled(self, was: Range | None, now: Range | None) -> None:
        """Count a run that stands in the place of another, or of none."""
        if was == now:
            return
        if now is not None:
            self._add(now.finished, _of_range(now))
        if was is not None:
            self._take(was.finished, _of_range(was))

    def case(self, was: Case | None, now: Case | None) -> None:
        """Count a case that stands in the place of another, or of none."""
        if now is not None:
            for at, sums in _of_case(now):
                self._add(at, sums)
            failures = _failed(now) - (_failed(was) if was else 0)
            if failures > 0:
                self._add(now.at, Deliveries(failures=failures))
        if was is not None:
            for at, sums in _of_case(was):
                self._take(at, sums)

    def superseded(self, at: int, count: int) -> None:
        """Count dead letters that a newer state of their key made moot."""
        if count:
            self._add(at, Deliveries(superseded=count))

    def _add(self, at: int, sums: Deliveries) -> None:
        minute = floor_to(MINUTE, at)
        known = self.by_minute.get(minute)
        self.by_minute[minute] = known + sums if known else sums

    def _take(self, at: int, sums: Deliveries) -> None:
        minute = floor_to(MINUTE, at)
        self.by_minute[minute] = self.by_minute.get(minute, NO_DELIVERIES) - sums


def _of_range(settled: Range) -> Deliveries:
    return Deliveries(delivered=settled.delivered, dropped=len(settled.dropped), lags=settled.lags)


def _of_case(case: Case) -> list[tuple[int, Deliveries]]:
    """Return what a case counts for and when, but for its failed attempts."""
    found = []
    if case.state in _ENDS:
        found.append((case.at, _ENDS[case.state]))
    if case.state == "delivered" and case.time:
        found.append((case.at, Deliveries(lags=sketch_of([case.at - case.time]))))
    if case.died or case.state == "dead":
        found.append((case.died or case.at, _DIED))
    if case.tries and _failed(case):
        found.append((case.tries[0].at, _FIRST_FAILED))
    return found


def _failed(case: Case) -> int:
    """Return how many attempts of a case failed."""
    return max(0, case.attempts - (case.state == "delivered"))


def lags_of(times: list[int], now: int) -> Sketch:
    """Return how late events of these times took effect now."""
    return sketch_of([now - time for time in times]) if times else EMPTY
