"""The ledger's in-memory reference: what the port means, in the fewest words; for tests and trials.

It keeps nothing over a restart of the process and copies nothing it does not have to.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from trunkline.connectors.reply import Reply
from trunkline.delivery.cause import Cause, cause_of
from trunkline.delivery.ledger import (
    Case,
    CaseGroup,
    CaseQuery,
    Counts,
    Fate,
    FlowStatus,
    Position,
    Range,
    Record,
    Resolution,
    Retry,
    State,
    StoredReply,
    resolved,
)
from trunkline.delivery.rolling import Changes
from trunkline.kernel.rollup import NO_DELIVERIES, Deliveries, Minutes

_OPEN = ("waiting", "held", "dead")


class _Book:
    """What one flow did."""

    def __init__(self) -> None:
        self.cursor = 0
        self.stream = ""
        self.ranges: list[Range] = []
        self.cases: dict[int, Case] = {}
        self.open: dict[str, set[int]] = {}
        self.replies: dict[int, tuple[StoredReply, int]] = {}
        self.changes = Changes()

    def put(self, case: Case) -> None:
        self.changes.case(self.cases.get(case.offset), case)
        self._hold(case)
        self.cases[case.offset] = case

    def _hold(self, case: Case) -> None:
        holders = self.open.setdefault(case.key, set())
        holders.discard(case.offset)
        if case.holds:
            holders.add(case.offset)
        if not holders:
            del self.open[case.key]

    def settle(self, settled: Range) -> None:
        repeats = bool(self.ranges) and self.ranges[-1].last == settled.last
        self.changes.settled(self.ranges.pop() if repeats else None, settled)
        self.ranges.append(settled)

    def rewind(self, cursor: int) -> None:
        self.cursor = cursor
        for settled in [one for one in self.ranges if one.last >= cursor]:
            self.changes.settled(settled, None)
            self.ranges.remove(settled)
        for offset in [offset for offset in self.cases if offset >= cursor]:
            self.changes.case(self.cases[offset], None)
            self.drop(offset)
        self.replies = {offset: one for offset, one in self.replies.items() if offset < cursor}

    def drop(self, offset: int) -> None:
        self._hold(replace(self.cases.pop(offset), holds=False))

    def give_heads(self, keys: Iterable[str], at: int) -> None:
        for key in keys & self.open.keys():
            head = next(iter(self.line(key)), None)
            if head is not None and head.state == "held":
                self.put(replace(head, state="waiting", due=at, at=at))

    def line(self, key: str) -> list[Case]:
        """Return the open cases of a key in order, but for dead letters that give way."""
        cases = [self.cases[offset] for offset in sorted(self.open.get(key, ()))]
        return [case for case in cases if not case.gives_way]

    def supersede(self, case: Case, at: int) -> None:
        """Close the dead letters that gave way to a case which was delivered."""
        for offset in [offset for offset in self.open.get(case.key, ()) if offset < case.offset]:
            dead = self.cases[offset]
            if dead.gives_way:
                left = replace(dead, reason=f"by event {case.offset}", died=dead.died or dead.at)
                self.put(replace(left, state="superseded", holds=False, at=at))

    def is_head(self, case: Case) -> bool:
        return not case.holds or self.line(case.key)[:1] == [case]

    def holds_back(self, case: Case) -> int:
        if not case.holds or not self.is_head(case):
            return 0
        return sum(self.cases[offset].state == "held" for offset in self.open[case.key])


class MemoryLedger:
    """A ``Ledger``, ``LedgerView``, ``Letters`` and ``Replies`` that forgets everything with the process.

    ``sums`` is what each flow did, by the minute.
    """

    def __init__(self) -> None:
        self._books: dict[str, _Book] = {}
        self.sums: Minutes[str, Deliveries] = Minutes(NO_DELIVERIES)

    async def position(self, flow: str) -> Position | None:
        """Return where ``flow`` is, or None where it never was anywhere."""
        book = self._books.get(flow)
        if book is None:
            return None
        owed = any(case.holds or case.state == "waiting" for case in book.cases.values())
        dead = any(case.state == "dead" for case in book.cases.values())
        return Position(book.cursor, owed, book.stream, dead)

    async def record(self, record: Record) -> None:
        """Store ``record`` and give every open key its head."""
        book = self._books.setdefault(record.flow, _Book())
        book.stream = book.stream or record.stream
        if record.cursor is not None:
            book.cursor = record.cursor
        if record.range is not None:
            book.settle(record.range)
        for case in record.cases:
            book.put(case)
        for case in record.cases:
            if case.state == "delivered":
                book.supersede(case, record.at)
        for stored in record.replies:
            book.replies.setdefault(stored.offset, (stored, record.at))
        book.give_heads({case.key for case in record.cases}, record.at)
        self._count(record.flow, book)

    def _count(self, flow: str, book: _Book) -> None:
        changes, book.changes = book.changes, Changes()
        for minute, sums in changes.by_minute.items():
            self.sums.add(flow, minute, sums)

    async def rewind(self, flow: str, cursor: int) -> None:
        """Set the cursor and forget what is at or above it."""
        book = self._books.setdefault(flow, _Book())
        book.rewind(cursor)
        self._count(flow, book)

    async def waiting(self, flow: str, limit: int) -> list[Case]:
        """Return waiting cases that are their key's head, soonest due first."""
        book = self._books.get(flow, _Book())
        heads = [case for case in book.cases.values() if case.state == "waiting" and book.is_head(case)]
        return sorted(heads, key=lambda case: (case.due, case.offset))[:limit]

    async def held(self, flow: str, keys: Sequence[str], limit: int) -> list[Case]:
        """Return what the head of each key holds."""
        book = self._books.get(flow, _Book())
        found: list[Case] = []
        for key in keys:
            behind = book.line(key)[1 : limit + 1]
            found += itertools.takewhile(lambda case: case.state == "held", behind)
        return found

    async def blocked(self, flow: str, keys: Sequence[str]) -> set[str]:
        """Return the keys that have an open case."""
        return set(keys) & self._books.get(flow, _Book()).open.keys()

    async def cases(self, flow: str, offsets: Sequence[int]) -> list[Case]:
        """Return what is known of ``offsets`` beyond their ranges."""
        book = self._books.get(flow, _Book())
        return [book.cases[offset] for offset in sorted(offsets) if offset in book.cases]

    async def status(self) -> list[FlowStatus]:
        """Return how every flow stands."""
        return [_status(flow, book) for flow, book in sorted(self._books.items())]

    async def fate(self, flow: str, offset: int) -> Fate:
        """Return what became of one event."""
        book = self._books.get(flow, _Book())
        case = book.cases.get(offset)
        if case is not None:
            return Fate(case.state, case.attempts, case.at)
        if offset >= book.cursor:
            return Fate("pending")
        for settled in book.ranges:
            if settled.first <= offset <= settled.last:
                dropped = offset in settled.dropped
                state: State = "dropped" if dropped else "delivered"
                return Fate(state, settled.attempts, settled.finished, settled.started)
        return Fate("skipped")

    async def fates(self, flow: str, offsets: Sequence[int]) -> list[Fate]:
        """Return what became of each of several events."""
        return [await self.fate(flow, offset) for offset in offsets]

    async def find(self, query: CaseQuery) -> list[tuple[str, Case]]:
        """Return cases with their flows, by flow and offset."""
        return self._behind(query)[: query.limit]

    def _behind(self, query: CaseQuery) -> list[tuple[str, Case]]:
        return [(flow, case) for flow, case in self._matches(query) if (flow, case.offset) > query.after]

    def _matches(self, query: CaseQuery) -> list[tuple[str, Case]]:
        found = [
            (flow, case)
            for flow, book in self._books.items()
            for case in book.cases.values()
            if query.flow in ("", flow) and _matches(case, query)
        ]
        return sorted(found, key=lambda pair: (pair[0], pair[1].offset))

    async def groups(self, query: CaseQuery) -> list[CaseGroup]:
        """Return cases grouped by flow and cause, the largest group first."""
        members: dict[tuple[str, Cause], list[Case]] = {}
        for flow, case in self._behind(query):
            members.setdefault((flow, cause_of(case.tries)), []).append(case)
        found = [
            CaseGroup(
                flow=flow,
                kind=cause.kind,
                cause=cause.text,
                cases=len(cases),
                keys=len({case.key for case in cases if case.key}),
                holds_back=sum(self._books[flow].holds_back(case) for case in cases),
                first=min(case.at for case in cases),
                last=max(case.at for case in cases),
                example=min(case.offset for case in cases),
            )
            for (flow, cause), cases in members.items()
        ]
        return sorted(found, key=lambda one: (-one.cases, one.flow, one.kind, one.cause))

    async def holds_back(self, flow: str, offsets: Sequence[int]) -> dict[int, int]:
        """Return how many held events stand behind each open case."""
        book = self._books.get(flow, _Book())
        cases = await self.cases(flow, offsets)
        return {case.offset: book.holds_back(case) for case in cases if case.state in _OPEN}

    async def resolve(self, flow: str, offset: int, resolution: Resolution, at: int) -> bool:
        """Answer a dead letter; tell whether there was one."""
        book = self._books.get(flow, _Book())
        case = book.cases.get(offset)
        if case is None or case.state != "dead":
            return False
        has_newer = any(newer.offset > offset for newer in book.line(case.key))
        if case.gives_way and has_newer and isinstance(resolution, Retry):
            return False
        book.put(resolved(case, resolution, at))
        book.give_heads({case.key}, at)
        self._count(flow, book)
        return True

    async def reply(self, flow: str, offset: int) -> Reply | None:
        """Return what is stored for the caller of an event."""
        found = self._books.get(flow, _Book()).replies.get(offset)
        return found[0].reply if found else None

    async def replies(self, flow: str, offsets: Sequence[int]) -> dict[int, Reply]:
        """Return what is stored for the callers of several events."""
        found = {offset: await self.reply(flow, offset) for offset in offsets}
        return {offset: reply for offset, reply in found.items() if reply is not None}

    async def reply_named(self, flow: str, name: str) -> Reply | None:
        """Return the latest reply that is stored under an idempotency key."""
        replies = self._books.get(flow, _Book()).replies
        named = [offset for offset, (stored, _) in replies.items() if stored.name == name]
        return replies[max(named)][0].reply if named else None

    async def trim_replies(self, before: int) -> int:
        """Forget replies stored before ``before``."""
        gone = 0
        for book in self._books.values():
            kept = {offset: one for offset, one in book.replies.items() if one[1] >= before}
            gone += len(book.replies) - len(kept)
            book.replies = kept
        return gone

    async def counts(self, flow: str, since: int, until: int) -> Counts:
        """Return what ``flow`` finished in a span of time."""
        book = self._books.get(flow, _Book())
        ranges = [settled for settled in book.ranges if since <= settled.finished < until]
        states = [case.state for case in book.cases.values() if since <= case.at < until]
        return Counts(
            delivered=sum(settled.delivered for settled in ranges),
            late=states.count("delivered"),
            dropped=sum(len(settled.dropped) for settled in ranges) + states.count("dropped"),
            discarded=states.count("discarded"),
            superseded=states.count("superseded"),
            died=states.count("dead"),
        )

    async def trim(self, before: int) -> int:
        """Forget ranges and closed cases finished before ``before``."""
        gone = 0
        for book in self._books.values():
            kept = [settled for settled in book.ranges if settled.finished >= before]
            closed = [o for o, case in book.cases.items() if case.state not in _OPEN and case.at < before]
            gone += len(book.ranges) - len(kept) + len(closed)
            book.ranges = kept
            for offset in closed:
                book.drop(offset)
        return gone


def _matches(case: Case, query: CaseQuery) -> bool:
    cause = cause_of(case.tries)
    detail = case.tries[-1].detail if case.tries else ""
    return (
        case.state == query.state
        and (not query.offsets or case.offset in query.offsets)
        and query.key in ("", case.key)
        and query.kind in ("", cause.kind)
        and query.cause in ("", cause.text)
        and query.text in detail
        and query.correlation in ("", case.correlation)
        and query.contract in ("", case.contract)
        and query.since <= case.at
        and (not query.until or case.at < query.until)
    )


def _status(flow: str, book: _Book) -> FlowStatus:
    states = [case.state for case in book.cases.values()]
    finished = [settled.finished for settled in book.ranges if settled.delivered]
    late = [case.at for case in book.cases.values() if case.state == "delivered"]
    waiting = [offset for offset, case in book.cases.items() if case.state == "waiting"]
    return FlowStatus(
        flow=flow,
        cursor=book.cursor,
        waiting=states.count("waiting"),
        held=states.count("held"),
        dead=states.count("dead"),
        delivered_at=max(finished + late, default=0),
        keep_from=min([book.cursor, *(o for o, case in book.cases.items() if case.state in _OPEN)]),
        waiting_from=min(waiting, default=None),
    )
