"""Planted: what is said too early, lost, written down wrong, or forgotten by a restart."""

from __future__ import annotations

from msgspec.structs import replace
from tests.simulation.planting import Bugs

from trunkline.delivery.attempt import Mapper
from trunkline.delivery.lanes import Lanes
from trunkline.delivery.ledger import Record
from trunkline.delivery.lineup import Lineup
from trunkline.delivery.load import CaseLoader
from trunkline.delivery.memory import MemoryLedger, _Book
from trunkline.delivery.whole import Whole
from trunkline.delivery.window import Window
from trunkline.kernel.outcome import Dead, Dropped

BUGS = Bugs()


# What is said to be done before it is.


@BUGS.plants(Lanes, "_attempt", "an event counts as delivered when its call begins")
def ack_early(right):

    async def wrong(self, call, sent, items):
        for entry in sent:
            if entry.case is None:
                self._window.settle(entry, "delivered")
        await right(self, call, sent, items)

    return wrong


@BUGS.plants(Whole, "_take_effect", "the ledger's cursor moves before the target took the batch")
def cursor_before_effect(right):

    async def wrong(self, batch, progress, *, late=False):
        if not late:
            now = self._ports.clock.now()
            await self._ports.ledger.record(Record(self._flow.name, now, progress.cursor))
        return await right(self, batch, progress, late=late)

    return wrong


@BUGS.plants(
    Whole,
    "_take_effect",
    "what a batch leaves behind is recorded once the target has moved past it, and not before",
)
def cases_after_effect(right):

    async def wrong(self, batch, progress, *, late=False):
        record_cases = self._record_cases

        async def nothing(batch):
            del batch

        self._record_cases = nothing
        try:
            taken = await right(self, batch, progress, late=late)
        finally:
            self._record_cases = record_cases
        await record_cases(batch)
        return taken

    return wrong


@BUGS.plants(Window, "overtaken", "a clean stop counts everything it read as delivered")
def stop_drops_what_is_open(right):

    def wrong(self):
        for entry in self.unsettled():
            self.settle(entry, "delivered")
        return []

    return wrong


# What is lost or recorded wrong.


@BUGS.plants(Lanes, "_change", "a held event is taken out of the window and never written down")
def case_lost_on_record(right):

    def wrong(self, entry, case):
        if case.state != "held":
            return right(self, entry, case)
        self._window.settle(entry, "case")
        return case

    return wrong


@BUGS.plants(Window, "take", "a run that was recorded is recorded again with the next")
def range_recorded_twice(right):

    def wrong(self, now):
        recorded = self._recorded
        taken = right(self, now)
        self._recorded = recorded
        return taken

    return wrong


@BUGS.plants(Lanes, "_spill", "of the entries that leave the window for the ledger, the last does not arrive")
def spill_forgets_an_entry(right):

    def wrong(self, entries):
        right(self, entries[:-1])
        for entry in entries[-1:]:
            self._window.settle(entry, "case")

    return wrong


@BUGS.plants(Lineup, "clear_lane", "of what stands behind a failure, the last is neither held nor sent")
def failure_forgets_the_last_behind(right):
    return lambda self, entry: right(self, entry)[:-1]


@BUGS.plants(Lineup, "put_back", "an event whose call failed with nobody to blame is not tried again")
def unblamed_call_loses_its_event(right):
    del right
    return lambda self, entry: None


@BUGS.plants(Mapper, "__call__", "an event that the mapping cannot take is dropped, as if a rule said so")
def broken_mapping_drops(right):

    def wrong(self, entry, now):
        mapped = right(self, entry, now)
        return Dropped(now, "mapping") if isinstance(mapped, Dead) else mapped

    return wrong


@BUGS.plants(CaseLoader, "_entry", "a case is loaded with the event beside its own")
def case_gets_another_event(right):

    async def wrong(self, case):
        entry = await right(self, case)
        other = await right(self, replace(case, offset=case.offset + 1))
        entry.event = other.event or entry.event
        return entry

    return wrong


# What a restart forgets.


@BUGS.plants(MemoryLedger, "rewind", "cases of a batch that did not take place stay")
def recover_forgets_to_rewind(right):
    del right

    async def wrong(self, flow, cursor):
        self._books.setdefault(flow, _Book()).cursor = cursor

    return wrong


@BUGS.plants(Whole, "_fill_gap", "a batch that took effect just before a crash is never recorded")
def recover_forgets_the_gap(right):
    del right

    async def wrong(self, first, cursor, now):
        del first, cursor, now

    return wrong


@BUGS.plants(Whole, "_close", "what took effect late just before a crash stays open")
def recover_forgets_the_marks(right):
    del right

    async def wrong(self, cases, now):
        del cases, now

    return wrong


@BUGS.plants(Whole, "_take_effect", "the target forgets what was applied late before the ledger knows it")
def marks_dropped_before_the_record(right):

    async def wrong(self, batch, progress, *, late=False):
        taken = await right(self, batch, progress, late=late)
        if late:
            offsets = [entry.offset for entry in batch.sent]
            await self._ports.target.forget(self._flow.progress_name, offsets)
        return taken

    return wrong


@BUGS.plants(Lanes, "_known", "cases ahead of the cursor are not recognised after a crash")
def recover_forgets_cases_ahead(right):
    del right

    async def wrong(self, entries):
        del entries
        return set()

    return wrong


@BUGS.plants(Lanes, "_recover", "a flow begins behind its newest case and not at its cursor")
def recover_skips_to_the_newest_case(right):

    async def wrong(self):
        await right(self)
        first = self._window.cursor
        found = await self._ports.ledger.cases(self._flow.name, range(first, first + 1_000))
        if found:
            self._window.start(found[-1].offset + 1)

    return wrong
