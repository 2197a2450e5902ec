"""The sums of the references pass the suite of the port; a span is read from as long steps as there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.delivery.memory import MemoryLedger
from trunkline.eventlog.memory import MemoryLog
from trunkline.intake.quarantine import MemoryQuarantine
from trunkline.kernel.rollup import DAY, HOUR, MINUTE, STEPS
from trunkline.observe.rollups import Kept, MemoryRollups, Part, parts, widened
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.rollups import Counted, RollupsSuite


def counted_in_memory(clock):
    ledger, log, quarantine = MemoryLedger(), MemoryLog(clock), MemoryQuarantine()
    rollups = MemoryRollups(ledger.sums, [log.sums, quarantine.sums], log.seen)
    return Counted(clock, ledger, log, quarantine, rollups)


class TestMemoryRollups(RollupsSuite):
    @pytest.fixture
    def counted(self):
        return counted_in_memory(ManualClock())


# Whole days come from days, whole hours beside them from hours, the rest from minutes.
def test_the_parts_of_a_span():
    since, until = DAY - HOUR - 2 * MINUTE, 2 * DAY + MINUTE
    assert parts(since, until, Kept(folded=3 * DAY)) == [
        Part(MINUTE, since, DAY - HOUR),
        Part(HOUR, DAY - HOUR, DAY),
        Part(DAY, DAY, 2 * DAY),
        Part(MINUTE, 2 * DAY, until),
    ]
    assert parts(since, until, Kept()) == [Part(MINUTE, since, until)]
    assert parts(DAY, 2 * DAY, Kept(folded=2 * DAY), HOUR) == [Part(HOUR, DAY, 2 * DAY)]


minutes = st.integers(0, 20 * 24 * 60).map(lambda count: count * MINUTE)


# The parts of any span follow each other without gap or overlap, in no longer steps than asked for.
@given(minutes, minutes, minutes, st.sampled_from([0, *STEPS]))
def test_parts_cover_the_span(since, length, folded, step):
    found = parts(since, since + length, Kept(folded=folded), step)
    ends = [since, *(one.until for one in found)]
    assert [one.since for one in found] == ends[:-1]
    assert ends[-1] == since + length
    for one in found:
        assert one.since % one.step == one.until % one.step == 0
        assert one.step == MINUTE or one.until <= folded
        assert not step or one.step <= step


# A span is put outward to what is kept: never inward, and never further than one step of the time.
def test_a_span_is_widened_to_what_is_kept():
    kept = Kept(folded=9 * DAY, minutes_from=5 * DAY, hours_from=2 * DAY)
    assert widened(DAY + 5, 8 * DAY + 7, kept) == (DAY, 8 * DAY + MINUTE)
    assert widened(3 * DAY + 5, 4 * DAY + 7, kept) == (3 * DAY, 4 * DAY + HOUR)
    assert widened(6 * DAY, 7 * DAY, kept) == (6 * DAY, 7 * DAY)
