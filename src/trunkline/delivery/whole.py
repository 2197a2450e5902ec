"""The way of an atomic target: whole batches in order, each committed with the flow's progress.

The target's own progress is the truth; the ledger follows it, a batch behind at most: the next is mapped
and sent while what came of this one is written. What a batch leaves behind (dead letters, events that wait
or are held) is in the ledger *before* the target moves past it, and void if it did not: so a crash between
any two steps neither loses an event nor gives one effect twice.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence

from msgspec.structs import replace

from trunkline.connectors.target import Item, Progress
from trunkline.delivery.aside import AnyBearing
from trunkline.delivery.attempt import Entry, Failure, Mapper, announce, guard, judge, load, record, send
from trunkline.delivery.bearing import Call
from trunkline.delivery.control import Control, look_seconds
from trunkline.delivery.flow import Flow, Ports
from trunkline.delivery.ledger import Case, Range, Record
from trunkline.delivery.load import CaseLoader
from trunkline.delivery.retry import is_retry
from trunkline.delivery.rolling import lags_of
from trunkline.eventlog.port import Page
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import Corrupt, DeliveryError, Final, Retryable, Unsent
from trunkline.kernel.event import Event
from trunkline.kernel.outcome import Delivered, Dropped
from trunkline.kernel.signals import BatchDelivered, FlowStalled, FlowStarted, Signal

SLICE_SECONDS = 0.001
"""How long mapping may keep the event loop: the webhook door answers in between."""

REFUSALS = 10
"""How often a batch may be refused as a whole before the events in it take the blame."""

BUDGET_SECONDS = 1.0
"""How soon it is asked again for retries that the budget did not allow."""


def fingerprint(stream: str, offset: int, event: Event) -> str:
    """Return what tells the event stored at an offset from any other that another log holds there.

    A repeat of the same record is another event: it was recorded at another time, and what lies below it
    need not be what lay there before.
    """
    parts = (stream, str(offset), event.source, event.id, str(event.recorded))
    named = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.blake2b(named.encode(), digest_size=8).hexdigest()


class Batch:
    """Entries that go through the steps together, and what came of them so far."""

    def __init__(self, entries: Sequence[Entry], blocked: set[str], now: int) -> None:
        self.entries = entries
        self.blocked = blocked
        self.started = now
        self.calls = 0
        self.refusals = 0
        self.sent: list[Entry] = []
        self.items: list[Item] = []
        self.dropped: list[Entry] = []
        self.unrecorded: list[Case] = []
        self.signals: list[Signal] = []


class Whole:
    """Runs one flow into a target whose batches are atomic."""

    def __init__(self, flow: Flow, ports: Ports, control: Control, bearing: AnyBearing) -> None:
        self._flow = flow
        self._ports = ports
        self._control = control
        self._bearing = bearing
        self._map = Mapper(flow)
        self._cases = CaseLoader(ports.log, flow.stream)
        self._size = ports.target.features.batch
        self._progress = Progress(flow.progress_name, 0)
        self._owes = False
        self._due = 0
        self._closing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Deliver until stopped: a batch of what is due, a batch of what is new, in turns."""
        await self._recover()
        try:
            while not self._control.stopping:
                self._control.hear()
                late = await self._deliver_due()
                new = await self._deliver_new()
                if not (late or new):
                    await self._closed()
                    log, stream = self._ports.log, self._flow.stream
                    await self._control.wait(self._due, log.wait(stream, self._progress.cursor))
        finally:
            await self._closed()

    async def _recover(self) -> None:
        """Bring the ledger to where the target is: void what it never took, close what it did take."""
        ledger, target, flow = self._ports.ledger, self._ports.target, self._flow.name
        name = self._flow.progress_name
        stored = await target.progress(name) or Progress(name, 0)
        await self._check_same_log(stored)
        known = await ledger.position(flow)
        now = self._ports.clock.now()
        if known is not None and known.cursor < stored.cursor:
            await self._fill_gap(known.cursor, stored.cursor, now)
        await ledger.rewind(flow, stored.cursor)
        late = [
            case for case in await ledger.cases(flow, stored.applied) if case.state in ("waiting", "held")
        ]
        await self._close(late, now)
        self._progress = replace(stored, applied=())
        self._owes = True
        self._ports.signals.emit(FlowStarted(flow, self._flow.stream, target.name, stored.cursor))
        await target.forget(name, stored.applied)

    async def _check_same_log(self, stored: Progress) -> None:
        """Refuse a target that took what this log does not hold: events here would be taken for delivered."""
        stream = self._flow.stream
        end = next((info.next for info in await self._ports.log.streams() if info.stream == stream), 0)
        if stored.cursor > end:
            why = f"which ends at {end}"
        elif await self._passed_another_event(stored):
            why = f"where {stored.cursor - 1} is another event than the one it took"
        else:
            return
        held = f"target {self._ports.target.name} holds progress up to offset {stored.cursor} of {stream}"
        cause = "the store was replaced, or restored from an older backup"
        way = "bring the newer store back, or give the flow a new name to deliver everything anew"
        raise Final("ahead", f"{held}, {why}: {cause}; {way}")

    async def _passed_another_event(self, stored: Progress) -> bool:
        """Tell that the event below the cursor is not the one that the target passed.

        What cannot be compared, because either side no longer has it, is no reason to stop.
        """
        stream, offset = self._flow.stream, stored.cursor - 1
        if not stored.last_event:
            return False
        try:
            page = await self._ports.log.read(stream, offset, 1)
        except Corrupt:
            return False
        there = page.base == offset and bool(page.events)
        return there and fingerprint(stream, offset, page.events[0]) != stored.last_event

    async def _fill_gap(self, first: int, cursor: int, now: int) -> None:
        """Record the run that took effect just before a crash: its cases are there, its range is not.

        What the mapping dropped is found by mapping again.
        """
        flow, ledger = self._flow, self._ports.ledger
        while first < cursor:
            page = await self._ports.log.read(flow.stream, first, min(self._size, cursor - first))
            if not page.events or page.base >= cursor:
                return
            entries = load(page)
            cases = {
                case.offset for case in await ledger.cases(flow.name, [entry.offset for entry in entries])
            }
            others = [entry for entry in entries if entry.offset not in cases]
            dropped = tuple(entry.offset for entry in others if isinstance(self._map(entry, now), Dropped))
            delivered = len(others) - len(dropped)
            settled = Range(page.base, page.next - 1, now, now, delivered=delivered, dropped=dropped)
            await ledger.record(Record(flow.name, now, page.next, settled))
            first = page.next

    async def _close(self, cases: Sequence[Case], now: int) -> None:
        if cases:
            closed = [
                record(
                    self._flow,
                    Entry(case.offset, case.key, None, case),
                    Delivered(case.attempts + 1, now),
                    now,
                )
                for case in cases
            ]
            await self._ports.ledger.record(Record(self._flow.name, now, cases=closed))

    async def _deliver_due(self) -> bool:
        """Give one batch of due cases, and what they held back, another attempt."""
        if self._ports.clock.now() < self._due:
            return False
        await self._closed()
        batch = await self._load_due()
        if batch is None or not await self._take_effect(batch, self._progress, late=True):
            return False
        now = self._ports.clock.now()
        closed = [record(self._flow, entry, Dropped(now, "mapping"), now) for entry in batch.dropped]
        for entry, item in zip(batch.sent, batch.items, strict=True):
            closed.append(record(self._flow, entry, Delivered(item.attempt, now), now))
        await self._ports.ledger.record(Record(self._flow.name, now, cases=closed))
        self._announce(batch, now)
        await self._ports.target.forget(self._flow.progress_name, [entry.offset for entry in batch.sent])
        return True

    async def _load_due(self) -> Batch | None:
        flow, ledger, now = self._flow.name, self._ports.ledger, self._ports.clock.now()
        waiting = await ledger.waiting(flow, self._size)
        due = self._within_budget([case for case in waiting if case.due <= now], now)
        if not due and waiting and waiting[0].due <= now:
            return None
        if not due:
            position = await ledger.position(flow)
            self._owes = position is not None and position.owes
            self._due = min(
                [now + round(look_seconds(position) * SECOND), *(case.due for case in waiting[:1])]
            )
            return None
        self._owes = True
        keys = [case.key for case in due if case.holds]
        behind = await ledger.held(flow, keys, max(1, self._size // len(due)))
        return Batch((await self._cases.entries([*due, *behind]))[: self._size], set(), now)

    def _within_budget(self, due: Sequence[Case], now: int) -> list[Case]:
        """Leave out the retries that may not be made yet; they stay due, and keep their places."""
        retries = [case for case in due if is_retry(case)]
        late = {case.offset for case in retries[self._bearing.retries() :]} if retries else set()
        if late:
            self._due = now + round(BUDGET_SECONDS * SECOND)
        return [case for case in due if case.offset not in late]

    async def _deliver_new(self) -> bool:
        """Deliver the next batch of the stream."""
        page = await self._ports.log.read(self._flow.stream, self._progress.cursor, self._size)
        if not page.events:
            return False
        last_event = fingerprint(page.stream, page.next - 1, page.events[-1])
        progress = Progress(self._flow.progress_name, page.next, last_event=last_event)
        entries = load(page)
        batch = Batch(entries, await self._blocked(entries), self._ports.clock.now())
        if not await self._take_effect(batch, progress):
            return False
        self._progress = progress
        await self._closed()
        self._closing = asyncio.create_task(self._close_new(batch, page, self._ports.clock.now()))
        return True

    async def _close_new(self, batch: Batch, page: Page, now: int) -> None:
        """Write what came of a batch of the stream, and tell."""
        settled = Range(
            page.base,
            page.next - 1,
            batch.started,
            now,
            batch.calls,
            len(batch.items),
            tuple(entry.offset for entry in batch.dropped),
            lags_of([entry.event.time for entry in batch.sent if entry.event], now),
        )
        await self._ports.ledger.record(Record(self._flow.name, now, page.next, settled))
        self._announce(batch, now)

    async def _closed(self) -> None:
        """Wait until the batch before is in the ledger; raises what went wrong there."""
        closing, self._closing = self._closing, None
        if closing is not None:
            await closing

    async def _blocked(self, entries: Sequence[Entry]) -> set[str]:
        if not self._owes:
            return set()
        keys = list({entry.key for entry in entries if entry.key})
        return await self._ports.ledger.blocked(self._flow.name, keys)

    async def _take_effect(self, batch: Batch, progress: Progress, *, late: bool = False) -> bool:
        """Map, send and judge until the target took what is left of a batch; False where we were stopped.

        What it will not take goes to the ledger first: it has to be durable before progress passes it. A
        late batch lies below the cursor, and marks what it applied.
        """
        await self._prepare(batch)
        again = sum(is_retry(entry.case) for entry in batch.sent)
        self._bearing.attempt(len(batch.sent), again)
        while not self._control.stopping:
            await self._record_cases(batch)
            if late and not batch.items:
                return True
            if late:
                progress = replace(progress, applied=tuple(entry.offset for entry in batch.sent))
            call = await self._bearing.turn(self._control)
            if call is None:
                return False
            errors = await self._send(batch, call, progress)
            if errors is None:
                continue
            if not any(errors):
                return True
            self._leave_out(batch, errors)
        return False

    async def _send(
        self, batch: Batch, call: Call, progress: Progress
    ) -> Sequence[DeliveryError | None] | None:
        """Send what is left of a batch; None where nobody is to blame, and it is sent again as it is."""
        batch.calls += 1
        try:
            errors = await send(self._ports.target, batch.items, progress)
        except DeliveryError as error:
            self._stalled(self._bearing.away(call, error), error)
            return None
        except BaseException:
            self._bearing.forgo(call)
            raise
        refusals = [error for error in errors if isinstance(error, Retryable)]
        if any(isinstance(error, Unsent) for error in errors):
            self._bearing.forgo(call)
        elif not refusals or len(refusals) < len(errors):
            self._bearing.answered(call)
        elif len(errors) > 1 and batch.refusals < REFUSALS:
            batch.refusals += 1
            self._stalled(self._bearing.away(call, refusals[0]), refusals[0])
            return None
        else:
            first = not is_retry(batch.sent[0].case)
            self._stalled(self._bearing.refused(call, refusals[0], first=first), refusals[0])
        self._bearing.heed(errors, self._flow.policy.rules)
        return errors

    def _stalled(self, until: int, error: DeliveryError) -> None:
        if until:
            self._ports.signals.emit(FlowStalled(self._flow.name, error.kind, error.detail, until))

    async def _prepare(self, batch: Batch) -> None:
        """Guard and map each event before the next, giving the event loop its turn in between."""
        clock, slice_end = self._ports.clock, self._ports.clock.monotonic() + SLICE_SECONDS
        now = clock.now()
        for entry in batch.entries:
            held = guard(entry, batch.blocked)
            if held is not None:
                self._note(batch, entry, held)
                continue
            mapped = self._map(entry, now)
            if isinstance(mapped, Item):
                batch.sent.append(entry)
                batch.items.append(mapped)
            elif isinstance(mapped, Dropped):
                batch.dropped.append(entry)
            else:
                self._fail(batch, entry, mapped, now)
            if clock.monotonic() >= slice_end:
                await asyncio.sleep(0)
                slice_end = clock.monotonic() + SLICE_SECONDS

    def _leave_out(self, batch: Batch, errors: Sequence[DeliveryError | None]) -> None:
        """Take what was blamed out of a batch, and with it what comes after it in its key."""
        now, chance = self._ports.clock.now(), self._ports.ids.chance
        sent, items = batch.sent, batch.items
        batch.sent, batch.items, batch.blocked = [], [], set()
        for entry, item, error in zip(sent, items, errors, strict=True):
            held = guard(entry, batch.blocked)
            if held is not None:
                self._note(batch, entry, held)
            elif error is not None:
                verdict = judge(self._flow, entry, error, now, chance())
                if isinstance(verdict, Dropped):
                    batch.dropped.append(entry)
                else:
                    self._fail(batch, entry, verdict, now)
            else:
                batch.sent.append(entry)
                batch.items.append(item)

    def _fail(self, batch: Batch, entry: Entry, failure: Failure, now: int) -> None:
        batch.signals.append(announce(self._flow, entry, failure))
        self._note(batch, entry, record(self._flow, entry, failure, now))

    def _note(self, batch: Batch, entry: Entry, case: Case) -> None:
        if case.holds:
            batch.blocked.add(entry.key)
        if case is not entry.case:
            batch.unrecorded.append(case)

    async def _record_cases(self, batch: Batch) -> None:
        if batch.unrecorded:
            await self._closed()
            now = self._ports.clock.now()
            await self._ports.ledger.record(Record(self._flow.name, now, cases=batch.unrecorded))
            batch.unrecorded = []
            self._owes = True
            self._due = 0
        for signal in batch.signals:
            self._ports.signals.emit(signal)
        batch.signals = []

    def _announce(self, batch: Batch, now: int) -> None:
        if not batch.items and not batch.dropped:
            return
        arrived = min((entry.event.recorded for entry in batch.entries if entry.event), default=now)
        first, last = batch.entries[0].offset, batch.entries[-1].offset
        lag = (now - arrived) / SECOND
        self._ports.signals.emit(
            BatchDelivered(self._flow.name, first, last, len(batch.items), len(batch.dropped), lag)
        )
