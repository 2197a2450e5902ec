"""What a change of the ledger adds to a flow's sums, by what stands there before, in its transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import apsw

from trunkline.delivery.ledger import Case, Range, Record, Try
from trunkline.delivery.rolling import Changes
from trunkline.kernel.sketch import unpacked

_RANGES = """SELECT first, last, started, finished, attempts, delivered, drops, lags FROM settled
    WHERE flow = :flow AND last >= :first AND last <= :last"""
_CASES = "SELECT event, state, attempts, at, died, time, CAST(tries AS TEXT) ->> '$[0].at' FROM flow_case"
_CASE = f"{_CASES} WHERE flow = ? AND event = ?"
_CASES_FROM = f"{_CASES} WHERE flow = ? AND event >= ?"
_END = 1 << 62


class Counting:
    """Counts what changes of one flow, by its row; call it before anything is changed."""

    def __init__(self, connection: apsw.Connection, flow: int) -> None:
        self._connection = connection
        self._flow = flow

    def recorded(self, record: Record) -> Changes:
        """Return what a record changes: nothing of what stands there as it says already."""
        changes = Changes()
        if record.range is not None:
            last = record.range.last
            changes.settled(next(self._ranges(last, last), None), record.range)
        asked = [(self._flow, case.offset) for case in record.cases]
        known = {case.offset: case for case in map(_case, self._connection.executemany(_CASE, asked))}
        for case in record.cases:
            changes.case(known.get(case.offset), case)
            known[case.offset] = case
        return changes

    def voided(self, cursor: int) -> Changes:
        """Return what goes with all that is at or above an offset."""
        changes = Changes()
        for settled in self._ranges(cursor, _END):
            changes.settled(settled, None)
        for row in self._connection.execute(_CASES_FROM, (self._flow, cursor)):
            changes.case(_case(row), None)
        return changes

    def _ranges(self, first: int, last: int) -> Iterator[Range]:
        """Yield the runs that end between two offsets, both included."""
        given = {"flow": self._flow, "first": first, "last": last}
        for row in self._connection.execute(_RANGES, given).fetchall():
            yield _range(row)


def _range(row: Any) -> Range:
    first, last, started, finished, attempts, delivered, drops, lags = row
    dropped = tuple(first + index for index in range(8 * len(drops or b"")) if is_set(drops, index))
    return Range(first, last, started, finished, attempts, delivered, dropped, unpacked(lags))


def _case(row: Any) -> Case:
    """Return of a case what counts."""
    offset, state, attempts, at, died, time, first = row
    tries = () if first is None else (Try(first, "", ""),)
    return Case(offset, "", state, attempts=attempts, at=at, died=died, time=time, tries=tries)


def bits(positions: Iterable[int]) -> bytes:
    """Return a field of bits that are set at ``positions``."""
    field = 0
    for position in positions:
        field |= 1 << position
    return field.to_bytes((field.bit_length() + 7) // 8, "little")


def is_set(bits: bytes | None, position: int) -> bool:
    """Tell whether the bit at ``position`` is set."""
    return bits is not None and position // 8 < len(bits) and bool(bits[position // 8] >> position % 8 & 1)
