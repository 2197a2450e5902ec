"""The way of a target that takes single calls, many at a time: keys side by side, each in its order.

A window slides over the stream. Its events stand in lanes, one a key, and as many calls as the target
takes are under way, each for the head of a lane. One task, the *driver*, reads the log and the ledger and
writes the ledger; the *workers* make the calls and settle entries in memory, without waiting for it. A
worker has its turn before it takes an entry: what may not be sent yet keeps its place. The cursor follows the
settled front of the window. An event that fails becomes a case and so leaves the window; so does one that is
slow, when nothing else could go on: the window never stands still for one key.

After a crash, what was settled behind the front is sent again, with the same idempotency keys.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from trunkline.connectors.target import Item
from trunkline.delivery.aside import AnyBearing
from trunkline.delivery.attempt import Entry, Mapper, announce, guard, held, judge, load, record, report, send
from trunkline.delivery.bearing import Call
from trunkline.delivery.control import Control, Crew, look_seconds
from trunkline.delivery.flow import Flow, Ports
from trunkline.delivery.ledger import Case, Record
from trunkline.delivery.lineup import Lineup
from trunkline.delivery.load import CaseLoader
from trunkline.delivery.retry import is_retry
from trunkline.delivery.window import Window
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import DeliveryError, Retryable, StoreError, Unsent
from trunkline.kernel.outcome import Dead, Outcome, RetryAt
from trunkline.kernel.signals import FlowStalled, FlowStarted, Signal

RECORD_SECONDS = 0.05
"""How long a settled entry may wait for others to be recorded with it while the flow is busy."""

PATIENCE_SECONDS = 1.0
"""How long the front of a full window may stay under way before it becomes a case."""

CASES = 1_000
"""How many cases are in memory at a time, besides those of the window, and changes wait to be recorded."""

BUDGET_SECONDS = 1.0
"""How often it is asked whether there may be retries again that were put off."""

TURN_CALLS = 32
"""How many calls a worker makes before it lets others have the event loop, even where none had to wait."""


class Lanes:
    """Runs one flow into a target that takes calls side by side."""

    def __init__(self, flow: Flow, ports: Ports, control: Control, bearing: AnyBearing) -> None:
        self._flow = flow
        self._ports = ports
        self._control = control
        self._bearing = bearing
        self._map = Mapper(flow)
        self._loader = CaseLoader(ports.log, flow.stream)
        self._window = Window(ports.limits)
        self._lineup = Lineup()
        self._answers = 0
        self._crew = Crew()
        # Towards the ledger: cases in memory, changes to record, what to announce then, and when.
        self._loaded: set[int] = set()
        self._changed: dict[int, Case] = {}
        self._signals: list[Signal] = []
        self._record_at: int | None = None
        self._due = 0
        self._owes = True
        self._known_until = 0
        self._more: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Deliver until stopped; then let the calls under way finish and record them."""
        await self._recover()
        try:
            async with asyncio.TaskGroup() as group:
                workers = [
                    group.create_task(self._work()) for _ in range(self._ports.target.features.concurrency)
                ]
                while not self._control.stopping:
                    self._control.hear()
                    await self._turn()
                self._crew.rouse(len(workers))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None
        finally:
            if self._more:
                self._more.cancel()
        self._spill(self._window.overtaken())  # the cursor passes what was delivered: a stop repeats nothing
        await self._record()

    async def _recover(self) -> None:
        position = await self._ports.ledger.position(self._flow.name)
        cursor = position.cursor if position else 0
        self._window.start(cursor)
        # Cases may lie ahead of the cursor, but no further than the window was long.
        self._known_until = cursor + self._window.most_events + self._ports.limits.page_events
        flow, target = self._flow, self._ports.target
        self._ports.signals.emit(FlowStarted(flow.name, flow.stream, target.name, cursor))

    # The driver.

    async def _turn(self) -> None:
        if self._lineup.put_off:
            self._lineup.take_up(self._bearing.retries())
        self._crew.rouse(self._lineup.ready)
        if self._record_is_due():
            await self._record()
        await self._admit_due()
        await self._admit_new()
        self._spill_slow()
        if self._lineup.active == 0 and self._record_at is not None:
            return
        await self._control.wait(self._next_turn(), self._more)

    def _record_is_due(self) -> bool:
        if self._record_at is None:
            return False
        idle, full = self._lineup.active == 0, len(self._changed) >= CASES
        return idle or full or self._ports.clock.now() >= self._record_at

    def _next_turn(self) -> int:
        times = [self._due]
        if self._record_at is not None:
            times.append(self._record_at)
        if self._lineup.put_off:
            times.append(self._ports.clock.now() + round(BUDGET_SECONDS * SECOND))
        if self._starved():
            times.append(self._window.front_since + round(PATIENCE_SECONDS * SECOND))
        return min(times)

    async def _record(self) -> None:
        """Do steps 6 and 7: one transaction for everything settled since the last, then tell of it."""
        now = self._ports.clock.now()
        taken = self._window.take(now)
        changed, self._changed = self._changed, {}
        signals, self._signals = self._signals, []
        self._record_at = None
        if taken is None and not changed:
            return
        settled, arrived = taken or (None, now)
        cursor = settled.last + 1 if settled else None
        await self._ports.ledger.record(Record(self._flow.name, now, cursor, settled, list(changed.values())))
        if changed:
            self._owes = True
            self._due = 0
        for signal in [*signals, *report(self._flow, settled, arrived, changed.values(), now)]:
            self._ports.signals.emit(signal)

    async def _admit_due(self) -> None:
        """Do steps 1 and 2 for cases: what is due, with what it holds back."""
        flow, now = self._flow.name, self._ports.clock.now()
        if now < self._due:
            return
        waiting = await self._ports.ledger.waiting(flow, CASES + len(self._loaded) + len(self._changed))
        waiting = [case for case in waiting if not self._in_memory(case)]
        due = [case for case in waiting if case.due <= now]
        later = [case.due for case in waiting[len(due) : len(due) + 1]]
        room = max(0, CASES - len(self._loaded))
        position = None if waiting else await self._ports.ledger.position(flow)
        pause = RECORD_SECONDS if len(due) > room else look_seconds(position)
        self._due = min([now + round(pause * SECOND), *later])
        if due[:room]:
            await self._admit_cases(due[:room], room)
        elif not waiting:
            self._owes = position is not None and position.owes

    async def _admit_cases(self, heads: Sequence[Case], room: int) -> None:
        keys = [case.key for case in heads if case.holds]
        behind = await self._ports.ledger.held(self._flow.name, keys, max(1, room // len(heads)))
        # What is behind a case in memory waits for what comes of that one.
        busy = {case.key for case in behind if self._in_memory(case)}
        behind = [case for case in behind if case.key not in busy]
        for entry in await self._loader.entries([*heads, *behind]):
            self._loaded.add(entry.offset)
            self._lineup.add(entry)
        self._crew.rouse(self._lineup.ready)

    def _in_memory(self, case: Case) -> bool:
        """Tell that a case is under way, or settled and not recorded: the ledger is behind on it."""
        return case.offset in self._loaded or case.offset in self._changed

    async def _admit_new(self) -> None:
        """Do steps 1 and 2 for new events: a page a turn, so that what it changes is recorded soon."""
        if not self._window.has_room or self._at_end():
            return
        try:
            page = await self._ports.log.read(
                self._flow.stream, self._window.next, self._ports.limits.page_events
            )
        except StoreError:
            if self._lineup.active or self._record_at is not None:
                return  # finish and record what came before it, or it would all be sent again
            raise
        if not page.events:
            wait = self._ports.log.wait(self._flow.stream, self._window.next)
            self._more = asyncio.ensure_future(wait)
            return
        if page.base > self._window.next:
            if not self._window.is_recorded:
                return  # the log was trimmed ahead of us: finish what is before the gap
            self._window.start(page.base)
        entries = load(page)
        blocked = await self._blocked(entries)
        known = await self._known(entries)
        if blocked:  # where new events of a key are held, older ones are cases too: a crash keeps the order
            self._spill([entry for entry in self._window.unsettled() if entry.key in blocked])
        self._window.add(page, entries, self._ports.clock.now())
        self._admit(entries, blocked, known)
        self._control.ring()

    def _at_end(self) -> bool:
        if self._more is None:
            return False
        if self._more.done():
            self._more.result()
            self._more = None
            return False
        return True

    async def _blocked(self, entries: Sequence[Entry]) -> set[str]:
        if not self._owes and not self._changed:
            return set()
        keys = list({entry.key for entry in entries if entry.key})
        return await self._ports.ledger.blocked(self._flow.name, keys)

    async def _known(self, entries: Sequence[Entry]) -> set[int]:
        """Return which of the first entries after a start are cases already."""
        if entries[0].offset >= self._known_until:
            return set()
        cases = await self._ports.ledger.cases(self._flow.name, [entry.offset for entry in entries])
        return {case.offset for case in cases}

    def _admit(self, entries: Sequence[Entry], blocked: set[str], known: set[int]) -> None:
        """Put new entries into their lanes. Nothing may be awaited in here: workers settle meanwhile."""
        blocked = blocked.union(case.key for case in self._changed.values() if case.holds)
        for entry in entries:
            behind = guard(entry, blocked)
            if entry.offset in known:
                self._window.settle(entry, "case")
            elif behind is not None:
                self._change(entry, behind)
            else:
                self._lineup.add(entry)
        self._note_settled()
        self._crew.rouse(self._lineup.ready)

    # The workers.

    async def _work(self) -> None:
        """Make calls one after the other; every worker is one call at a time."""
        made = 0
        while not self._control.stopping:
            if not self._lineup.ready:
                await self._crew.rest()
                continue
            call = await self._bearing.turn(self._control)
            if call is None:
                return
            sent, items = self._prepare(call)
            if items:
                await self._attempt(call, sent, items)
            else:
                self._bearing.forgo(call)
            made += 1
            if made % TURN_CALLS == 0 or not items:
                await asyncio.sleep(0)

    def _prepare(self, call: Call) -> tuple[list[Entry], list[Item]]:
        """Do step 3: take and map entries until there is something to send, for a while."""
        now = call.at
        sent: list[Entry] = []
        items: list[Item] = []
        for _ in range(TURN_CALLS):
            for entry in self._take(call):
                mapped = self._map(entry, now)
                if isinstance(mapped, Item):
                    sent.append(entry)
                    items.append(mapped)
                else:
                    self._settle(entry, mapped, now)
            if items or not self._lineup.ready:
                break
        return sent, items

    def _take(self, call: Call) -> list[Entry]:
        """Return entries for one call; the probe is one alone."""
        if call.probe:
            return self._lineup.take_probe()
        return self._lineup.take(self._ports.target.features.batch, self._bearing.retries)

    async def _attempt(self, call: Call, sent: Sequence[Entry], items: Sequence[Item]) -> None:
        """Do steps 4 and 5: send, judge."""
        again = sum([is_retry(entry.case) for entry in sent])
        self._bearing.attempt(len(sent), again)
        try:
            errors = await send(self._ports.target, items, None)
        except DeliveryError as error:
            self._put_back(sent, error)
            self._stalled(self._bearing.away(call, error), error)
            return
        except BaseException:
            self._bearing.forgo(call)
            raise
        refusal = errors[-1]
        if isinstance(refusal, Unsent):
            self._bearing.forgo(call)
        elif isinstance(refusal, Retryable) and all(isinstance(error, Retryable) for error in errors):
            self._stalled(self._bearing.refused(call, refusal, first=again < len(sent)), refusal)
        else:
            self._answers += 1
            self._bearing.answered(call)
        self._judge(sent, errors)

    def _judge(self, sent: Sequence[Entry], errors: Sequence[DeliveryError | None]) -> None:
        now, chance = self._ports.clock.now(), self._ports.ids.chance
        if any(errors):
            self._bearing.heed(errors, self._flow.policy.rules)
        for entry, error in zip(sent, errors, strict=True):
            outcome = judge(self._flow, entry, error, now, chance()) if error else None
            self._settle(entry, outcome, now)

    def _put_back(self, sent: Sequence[Entry], error: DeliveryError) -> None:
        """Nobody is to blame: the entries keep their attempt, and others go first.

        But a target that took others since it last refused this entry is not away: then it is to blame.
        """
        now, chance = self._ports.clock.now(), self._ports.ids.chance()
        for entry in sent:
            if 0 <= entry.refused_at < self._answers:
                self._settle(entry, judge(self._flow, entry, error, now, chance), now)
            else:
                entry.refused_at = self._answers
                self._lineup.put_back(entry)

    def _stalled(self, until: int, error: DeliveryError) -> None:
        if until:
            self._ports.signals.emit(FlowStalled(self._flow.name, error.kind, error.detail, until))

    def _settle(self, entry: Entry, outcome: Outcome | None, now: int) -> None:
        """Note what came of an entry (None: delivered) and let the next of its lane go, or hold it."""
        self._loaded.discard(entry.offset)
        holds = False
        if isinstance(outcome, (RetryAt, Dead)):
            self._signals.append(announce(self._flow, entry, outcome))
            holds = self._change(entry, record(self._flow, entry, outcome, now)).holds
        elif entry.case is not None or (self._flow.answers and entry.offset > self._window.cursor):
            self._change(entry, record(self._flow, entry, outcome, now))
        else:
            self._window.settle(entry, "delivered" if outcome is None else "dropped", now)
        if holds:
            self._hold(self._lineup.clear_lane(entry))
        else:
            self._lineup.settle(entry)
        self._note_settled()

    def _change(self, entry: Entry, case: Case) -> Case:
        self._changed[entry.offset] = case
        if not entry.settled:
            self._window.settle(entry, "case")
        return case

    def _hold(self, behind: Sequence[Entry]) -> None:
        """Hold what was behind a failed entry; the ledger holds already what is a case."""
        for entry in behind:
            self._loaded.discard(entry.offset)
            if entry.case is None:
                self._change(entry, held(entry))

    def _note_settled(self) -> None:
        """See to it that the driver takes its turn when there is something for it."""
        if self._record_at is None:
            patience = 0 if self._flow.answers else round(RECORD_SECONDS * SECOND)
            self._record_at = self._ports.clock.now() + patience
            self._control.ring()
        if self._lineup.active == 0 or (self._more is None and self._window.has_room):
            self._control.ring()

    # Slow keys.

    def _starved(self) -> bool:
        return not self._window.has_room and not self._lineup.ready and self._bearing.is_closed

    def _spill_slow(self) -> None:
        """Let the window go on past entries that have been under way for long, when nothing else can."""
        patience = round(PATIENCE_SECONDS * SECOND)
        if self._starved() and self._ports.clock.now() - self._window.front_since >= patience:
            self._spill(self._window.unsettled())

    def _spill(self, entries: Sequence[Entry]) -> None:
        """Make unsettled entries cases; those in a lane stay there and settle as cases."""
        for entry in entries:
            entry.case = self._change(entry, held(entry))
            self._loaded.add(entry.offset)
        if entries:
            self._note_settled()
