"""The suite of the event log finds what it is there to find: each broken engine fails the test for it."""

from __future__ import annotations

import msgspec
import pytest

from trunkline.eventlog.memory import MemoryLog
from trunkline.eventlog.port import Appended, Page
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.eventlog import WINDOW_SECONDS, EventLogSuite


class _ForgetsRepeats(MemoryLog):
    async def append(self, stream, events):
        self._streams.pop(stream, None) if len(events) == 1 else None
        return await super().append(stream, events)


class _SwapsBatches(MemoryLog):
    async def append(self, stream, events):
        return await super().append(stream, list(reversed(events)))


class _SaysNothingIsDouble(MemoryLog):
    async def append(self, stream, events):
        return [Appended(one.offset, False) for one in await super().append(stream, events)]


class _ReadsFromTheStart(MemoryLog):
    async def read(self, stream, start, limit=1_000):
        return msgspec.structs.replace(await super().read(stream, 0, limit), base=start)


class _WakesAtOnce(MemoryLog):
    async def wait(self, stream, start):
        return


class _FindsAnything(MemoryLog):
    async def find(self, query):
        return await super().find(msgspec.structs.replace(query, id="", correlation=""))


class _TrimsTooMuch(MemoryLog):
    async def trim(self, stream, retention):
        return await super().trim(stream, msgspec.structs.replace(retention, keep_from=2**62))


class _ReadsNothing(MemoryLog):
    async def read(self, stream, start, limit=1_000):
        return Page(stream, start, [])


class _Engine:
    def __init__(self, log):
        self.clock = ManualClock()
        self._log = log

    async def open(self):
        return self._log(self.clock, WINDOW_SECONDS)


# A broken engine fails the test that names its fault; the reference passes the same test.
@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (_ForgetsRepeats, "test_the_window_ends_exactly"),
        (_SwapsBatches, "test_events_come_back_in_order_with_offsets_from_zero"),
        (_SaysNothingIsDouble, "test_a_repeat_gets_the_offset_of_the_first"),
        (_ReadsFromTheStart, "test_any_start_and_limit_sees_the_same_events"),
        (_WakesAtOnce, "test_waiting_ends_when_an_event_is_there"),
        (_FindsAnything, "test_find_by_each_value"),
        (_TrimsTooMuch, "test_trim_by_age_never_beyond_a_cursor"),
        (_ReadsNothing, "test_a_large_append_is_one_act"),
    ],
)
async def test_the_suite_tells_a_broken_engine(broken, test):
    await getattr(EventLogSuite(), test)(_Engine(MemoryLog))
    with pytest.raises(AssertionError):
        await getattr(EventLogSuite(), test)(_Engine(broken))
