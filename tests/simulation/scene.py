"""One flow of a world: its mapping, the place its target writes to, and whoever watches it."""

from __future__ import annotations

import asyncio
import contextlib

from tests.simulation.plan import FlowPlan, TargetPlan

from trunkline.delivery.flow import Flow
from trunkline.delivery.ledger import Discard
from trunkline.eventlog.port import Page
from trunkline.kernel.clock import SECOND
from trunkline.kernel.signals import FlowStalled, FlowStarted
from trunkline.testkit.clock import START
from trunkline.testkit.history import Expected, faults, moot, stuck
from trunkline.testkit.targets import MemoryService, MemoryTable, Place
from trunkline.testkit.witness import Rules, Witness


class Scene:
    """What of a flow outlives its processes, and what happened to it, in order, as notes."""

    def __init__(self, plan: FlowPlan, target: TargetPlan, events, calls, clock, note) -> None:
        self.plan = plan
        self.target = target
        self.mended = False
        self.paused_at: int | None = None
        self.disobeyed: list[str] = []
        self.place = Place()
        self.events = events
        # An atomic target decides its calls one after the other; what straggles keeps the others waiting.
        self.lock = asyncio.Lock() if target.atomic else contextlib.nullcontext()
        self.flow = Flow(
            plan.name,
            plan.stream,
            "place",
            self._map,
            policy=plan.policy,
            when_dead=plan.when_dead,
            project="world",
            answers=plan.replies and not target.atomic,
        )
        rules = Rules(
            attempts=plan.policy.attempts,
            longest_seconds=plan.policy.longest_seconds,
            gives_up_early=plan.policy.total_seconds < 1000,
            skips=self._skips,
            drops=self._drops,
        )
        self.witness = Witness(rules, events, self.place, clock)
        self._calls = calls
        self._clock = clock
        self._note = note

    def client(self):
        """Return a client of the target, new as a request is."""
        target, script, rest = self.target, self._script, self._clock.sleep
        if target.atomic:
            return MemoryTable(self.place, script, batch=target.batch, rest=rest)
        return MemoryService(
            self.place, script, batch=target.batch, concurrency=target.concurrency, rest=rest
        )

    def _script(self, items):
        return self._calls(self.plan.target, {item.offset: self._ailment(item.offset) for item in items})

    def _ailment(self, offset: int) -> str:
        every = self.plan.every
        return self.plan.ailment if every and not self.mended and offset % every == 3 else ""

    def _map(self, record, event):
        number = record["n"]
        if self._ailment(number) == "breaks":
            self.witness.broke(number)
            self.note("mapping raises for", [number])
            raise ValueError("a value that must not be told")
        return None if self._drops(number) else record

    # What it is told.

    def note(self, what: str, offsets=(), detail: str = "") -> None:
        self._note(self.plan.name, what, offsets, detail)

    def called(self, items) -> None:
        self.note("call", [item.offset for item in items], f"attempt {items[0].attempt}" if items else "")
        self.witness.called(items)

    def begins(self) -> None:
        """Hear that a call begins: none does in a flow that was paused before this instant."""
        now = self._clock.now()
        if self.paused_at is not None and now > self.paused_at:
            self.disobeyed.append(f"a call begins at {(now - START) / SECOND:.3f} while it is paused")

    def turned(self, *, paused: bool) -> None:
        """Hear that a person pauses the flow or resumes it."""
        if paused != (self.paused_at is not None):
            self.note("a person pauses it" if paused else "a person resumes it")
            self.paused_at = self._clock.now() if paused else None

    def answered(self, items, verdicts) -> None:
        kinds = {verdict.kind for verdict in verdicts if verdict}
        self.note("answer", [item.offset for item in items], ", ".join(sorted(kinds)) or "taken")
        self.witness.answered(items, verdicts)

    def left(self, items) -> None:
        self.note("call left alone", [item.offset for item in items])
        self.witness.left(items)

    def told(self, name: str, given) -> None:
        """Hear what the ledger did."""
        if name == "record" and given[0].flow == self.plan.name:
            record = given[0]
            for case in record.cases:
                due = f" until {(case.due - START) / SECOND:.3f}" if case.due else ""
                self.note(f"recorded as {case.state}{due}", [case.offset])
            if record.range:
                self.note("recorded as settled", range(record.range.first, record.range.last + 1))
            self.witness.recorded(record)
        elif name == "rewind":
            self.note("rewound to", [given[1]])
            self.witness.rewound(given[1])

    def resolved(self, offset: int, answer) -> None:
        self.note("a person discards" if isinstance(answer, Discard) else "a person retries", [offset])
        self.witness.resolved(offset, answer)

    def heard(self, signal) -> None:
        """Hear a signal of this flow."""
        if isinstance(signal, FlowStarted):
            self.note("flow starts at", [signal.cursor])
            self.witness.starts_over()
        elif isinstance(signal, FlowStalled):
            until = (signal.retry_at - START) / SECOND
            self.note(f"flow stalls until {until:.3f}", (), f"{signal.kind}: {signal.detail}")

    # The judgement.

    def stuck(self, fates, left) -> list[str]:
        """Return what is open in the end for no reason; ``left`` are the dead letters left alone."""
        return stuck(self._page, fates, left, skips=self._skips)

    def judge(self, fates, left, counts, *, once: bool) -> list[str]:
        """Return all that is wrong in the end; with ``once``, no event may have come again."""
        unsent = {offset for offset, fate in enumerate(fates) if fate.state != "delivered"}
        passed = self.witness.passed if self._skips else set()
        expected = Expected(self._page, unsent, once=once or self.target.atomic, passed=passed)
        found = [
            *self.disobeyed,
            *self.witness.faults,
            *self.stuck(fates, left),
            *faults(expected, self.place.received),
        ]
        for offset, fate in enumerate(fates):
            if fate.state == "dropped" and not self._drops(offset):
                found.append(f"event {offset} is dropped and no rule drops it")
        delivered = counts.delivered + counts.late
        if delivered != len(fates) - len(unsent):
            found.append(f"{delivered} are counted as delivered and {len(fates) - len(unsent)} are")
        return [*found, *moot(self._page, fates, superseding=self.plan.when_dead == "supersede")]

    @property
    def _page(self) -> Page:
        return Page(self.plan.stream, 0, self.events)

    @property
    def _skips(self) -> bool:
        """Whether a dead letter lets later events of its key pass."""
        return self.plan.when_dead != "hold-key"

    def _drops(self, offset: int) -> bool:
        return offset % 13 == self.plan.drops
