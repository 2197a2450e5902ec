"""Cases find their events again, with few reads, and say so where they cannot."""

from __future__ import annotations

from tests.unit.delivery.small import STREAM, SmallLog, event

from trunkline.delivery.ledger import Case
from trunkline.delivery.load import KEPT_SLICES, SLICE_EVENTS, CaseLoader


def cases(*offsets):
    return [Case(offset=offset, key="a", state="waiting") for offset in offsets]


# Entries come in the order of their offsets, each with its event and its case.
async def test_cases_come_with_their_events_in_order():
    loader = CaseLoader(SmallLog(event(n) for n in range(10)), STREAM)
    entries = await loader.entries(cases(7, 2))
    assert [(entry.offset, entry.event.id, entry.case.offset) for entry in entries] == [
        (2, "e2", 2),
        (7, "e7", 7),
    ]


# Cases that lie close together share a read, and latest reads are kept for the next time.
async def test_close_cases_share_a_read():
    log = SmallLog(event(n) for n in range(3 * SLICE_EVENTS))
    loader = CaseLoader(log, STREAM)
    await loader.entries(cases(*range(0, 3 * SLICE_EVENTS, 10)))
    assert log.reads <= 4
    before = log.reads
    await loader.entries(cases(0, SLICE_EVENTS + 100))
    assert log.reads == before


# However many cases there are, only a bounded number of slices is kept.
async def test_kept_slices_are_bounded():
    log = SmallLog(event(n) for n in range(40 * SLICE_EVENTS))
    loader = CaseLoader(log, STREAM)
    await loader.entries(cases(*range(0, 40 * SLICE_EVENTS, SLICE_EVENTS)))
    assert len(loader._slices) == KEPT_SLICES


# An event that the log trimmed away is missing from its entry, and the others are not.
async def test_a_trimmed_event_is_missing_alone():
    log = SmallLog(event(n) for n in range(10))
    log.first = 5
    [gone, there] = await CaseLoader(log, STREAM).entries(cases(3, 6))
    assert gone.event is None
    assert there.event.id == "e6"


# Where a person edited the record, the event carries theirs; the log has it as it came.
async def test_an_edited_record_stands_for_the_event():
    log = SmallLog([event(0)])
    edited = Case(offset=0, key="a", state="waiting", edited=b'{"n": 7}')
    [entry] = await CaseLoader(log, STREAM).entries([edited])
    assert (entry.event.data, entry.event.id) == (b'{"n": 7}', "e0")
    assert log.stored[0].data == b'{"n": 0}'
