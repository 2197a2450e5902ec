"""The ledger on the embedded store: its writes share the log's transactions and fsyncs.

Every statement of the ledger stands at the top of this file; what they mean is said in
``trunkline.delivery.ledger``, and its in-memory reference behaves the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from string import Template
from typing import Any

import apsw
import msgspec

from trunkline.adapters.sqlite import letters, replies
from trunkline.adapters.sqlite.cases import COLUMNS, PUT, Rows
from trunkline.adapters.sqlite.counting import Counting, bits, is_set
from trunkline.adapters.sqlite.rollups import add_deliveries
from trunkline.adapters.sqlite.store import Store
from trunkline.connectors.reply import Reply
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
    resolved,
)
from trunkline.eventlog.seal import Sealer


def _sql(text: str) -> str:
    """Fill in the parts that many statements share; what they are asked with is always a parameter."""
    return Template(text).substitute(case=COLUMNS, flow="(SELECT id FROM flow WHERE name = :flow)")


_ENTER_FLOW = """INSERT INTO flow (name, cursor, stream) VALUES (:flow, 0, :stream)
    ON CONFLICT DO UPDATE SET stream = excluded.stream WHERE stream = '' AND excluded.stream <> ''"""
_FLOW_ID = "SELECT id FROM flow WHERE name = :flow"
_MOVE = "UPDATE flow SET cursor = :cursor WHERE name = :flow"
_SETTLE = """INSERT OR REPLACE INTO settled
    (flow, last, first, started, finished, attempts, delivered, dropped, drops, lags)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_HELD_HEAD = """SELECT event FROM
    (SELECT event, state FROM flow_case INDEXED BY case_key
     WHERE flow = :id AND key = :key AND holds AND NOT (state = 'dead' AND yields)
     ORDER BY event LIMIT 1)
    WHERE state = 'held'"""
_LET_GO = "UPDATE flow_case SET state = 'waiting', due = :at, at = :at WHERE flow = :id AND event = :offset"
_SUPERSEDE = """UPDATE flow_case INDEXED BY case_key
    SET state = 'superseded', holds = 0, at = :at, reason = 'by event ' || :event,
        died = coalesce(nullif(died, 0), at)
    WHERE flow = :id AND key = :key AND holds AND event < :event AND state = 'dead' AND yields
    RETURNING event"""
_VOID_RANGES = "DELETE FROM settled WHERE flow = :id AND last >= :cursor"
_VOID_CASES = "DELETE FROM flow_case WHERE flow = :id AND event >= :cursor"

_POSITION = """SELECT cursor,
        EXISTS (SELECT 1 FROM flow_case c WHERE c.flow = f.id AND c.holds)
        OR EXISTS (SELECT 1 FROM flow_case c WHERE c.flow = f.id AND c.state = 'waiting'),
        stream,
        EXISTS (SELECT 1 FROM flow_case c INDEXED BY case_dead WHERE c.flow = f.id AND c.state = 'dead')
    FROM flow f WHERE name = :flow"""
_WAITING = _sql("""SELECT $case FROM flow_case c INDEXED BY case_due
    WHERE c.flow = $flow AND c.state = 'waiting' AND NOT (c.holds AND EXISTS
        (SELECT 1 FROM flow_case o INDEXED BY case_key
         WHERE o.flow = c.flow AND o.key = c.key AND o.holds AND o.event < c.event
            AND NOT (o.state = 'dead' AND o.yields)))
    ORDER BY c.due, c.event LIMIT :limit""")
_OPEN = _sql("""SELECT $case FROM flow_case c INDEXED BY case_key
    WHERE c.flow = $flow AND c.key = :key AND c.holds AND NOT (c.state = 'dead' AND c.yields)
    ORDER BY c.event LIMIT :limit""")
_NEWER = _sql("""SELECT 1 FROM flow_case c INDEXED BY case_key
    WHERE c.flow = $flow AND c.key = :key AND c.holds AND c.event > :offset
        AND NOT (c.state = 'dead' AND c.yields) LIMIT 1""")
_BLOCKED = _sql("""SELECT value FROM json_each(:keys) WHERE EXISTS
    (SELECT 1 FROM flow_case c INDEXED BY case_key
        WHERE c.flow = $flow AND c.key = CAST(value AS TEXT) AND c.holds)""")
_CASES = _sql("""SELECT $case FROM flow_case c
    WHERE c.flow = $flow AND c.event IN (SELECT value FROM json_each(:offsets)) ORDER BY c.event""")
_ONE_CASE = _sql("SELECT $case FROM flow_case c WHERE c.flow = $flow AND c.event = :offset")

_STATUS = """SELECT f.name, f.cursor,
        (SELECT count(*) FROM flow_case c WHERE c.flow = f.id AND c.state = 'waiting'),
        (SELECT coalesce(sum(k.held), 0) FROM key_held k WHERE k.flow = f.id),
        (SELECT count(*) FROM flow_case c WHERE c.flow = f.id AND c.state = 'dead'),
        coalesce((SELECT s.finished FROM settled s WHERE s.flow = f.id AND s.delivered > 0
                  ORDER BY s.finished DESC LIMIT 1), 0),
        coalesce((SELECT c.at FROM flow_case c WHERE c.flow = f.id AND c.state = 'delivered'
                      AND c.state IN ('delivered', 'dropped', 'discarded', 'superseded', 'dead')
                  ORDER BY c.at DESC LIMIT 1), 0),
        min(f.cursor,
            coalesce((SELECT min(c.event) FROM flow_case c INDEXED BY case_due
                      WHERE c.flow = f.id AND c.state = 'waiting'), f.cursor),
            coalesce((SELECT min(c.event) FROM flow_case c INDEXED BY case_dead
                      WHERE c.flow = f.id AND c.state = 'dead'), f.cursor)),
        (SELECT min(c.event) FROM flow_case c INDEXED BY case_due WHERE c.flow = f.id AND c.state = 'waiting')
    FROM flow f ORDER BY f.name"""
_FATE_OF = _sql("SELECT state, attempts, at FROM flow_case WHERE flow = $flow AND event = :offset")
_RANGE_OF = _sql("""SELECT first, attempts, started, finished, drops FROM settled
    WHERE flow = $flow AND last >= :offset ORDER BY last LIMIT 1""")
_COUNT_RANGES = _sql("""SELECT coalesce(sum(delivered), 0), coalesce(sum(dropped), 0) FROM settled
    WHERE flow = $flow AND finished >= :since AND finished < :until""")
_COUNT_CASES = _sql("""SELECT state, count(*) FROM flow_case
    WHERE flow = $flow AND state IN ('delivered', 'dropped', 'discarded', 'superseded', 'dead')
        AND at >= :since AND at < :until GROUP BY state""")
_TRIM_RANGES = "DELETE FROM settled WHERE finished < :before"
_TRIM_CASES = """DELETE FROM flow_case
    WHERE state IN ('delivered', 'dropped', 'discarded', 'superseded') AND at < :before"""


class SqliteLedger:
    """A ``Ledger``, ``LedgerView``, ``Letters`` and ``Replies`` in a ``Store``.

    ``sealer`` seals edited records and replies.
    """

    def __init__(self, store: Store, sealer: Sealer) -> None:
        self._store = store
        self._cases = Rows(sealer)
        self._replies = replies.SealedReplies(sealer)

    async def position(self, flow: str) -> Position | None:
        """Return where ``flow`` is, or None where it never was anywhere."""
        for cursor, owes, stream, dead in await self._rows(_POSITION, {"flow": flow}):
            return Position(cursor, bool(owes), stream, bool(dead))
        return None

    async def record(self, record: Record) -> None:
        """Store ``record`` and give every open key its head, in one transaction."""
        await self._store.write(lambda connection: self._write(connection, record))

    async def rewind(self, flow: str, cursor: int) -> None:
        """Set the cursor and forget what is at or above it."""
        await self._store.write(lambda connection: _rewind(connection, flow, cursor))

    async def waiting(self, flow: str, limit: int) -> list[Case]:
        """Return waiting cases that are their key's head, soonest due first."""
        return await self._found(_WAITING, flow, limit=limit)

    async def held(self, flow: str, keys: Sequence[str], limit: int) -> list[Case]:
        """Return what the head of each key holds."""

        def read(connection: apsw.Connection) -> list[Case]:
            found: list[Case] = []
            for key in keys:
                rows = connection.execute(_OPEN, {"flow": flow, "key": key, "limit": limit + 1}).fetchall()
                cases = (self._cases.case(flow, row) for row in rows[1:])
                found += itertools.takewhile(lambda case: case.state == "held", cases)
            return found

        return await self._store.read(read)

    async def blocked(self, flow: str, keys: Sequence[str]) -> set[str]:
        """Return the keys that have an open case."""
        given = {"flow": flow, "keys": msgspec.json.encode(list(keys)).decode()}
        return {key for (key,) in await self._rows(_BLOCKED, given)}

    async def cases(self, flow: str, offsets: Sequence[int]) -> list[Case]:
        """Return what is known of ``offsets`` beyond their ranges."""
        return await self._found(_CASES, flow, offsets=msgspec.json.encode(list(offsets)).decode())

    async def status(self) -> list[FlowStatus]:
        """Return how every flow stands."""
        return [
            FlowStatus(name, cursor, waiting, held, dead, max(in_time, late), *kept)
            for name, cursor, waiting, held, dead, in_time, late, *kept in await self._rows(_STATUS, {})
        ]

    async def fate(self, flow: str, offset: int) -> Fate:
        """Return what became of one event."""
        return await self._store.read(lambda connection: _fate(connection, flow, offset))

    async def fates(self, flow: str, offsets: Sequence[int]) -> list[Fate]:
        """Return what became of each of several events."""
        return await self._store.read(
            lambda connection: [_fate(connection, flow, offset) for offset in offsets]
        )

    async def find(self, query: CaseQuery) -> list[tuple[str, Case]]:
        """Return cases with their flows, by flow and offset."""
        return await self._store.read(lambda connection: letters.find(connection, self._cases, query))

    async def groups(self, query: CaseQuery) -> list[CaseGroup]:
        """Return cases grouped by flow and cause, the largest group first."""
        return await self._store.read(lambda connection: letters.groups(connection, query))

    async def holds_back(self, flow: str, offsets: Sequence[int]) -> dict[int, int]:
        """Return how many held events stand behind each open case."""
        return await self._store.read(lambda connection: letters.holds_back(connection, flow, offsets))

    async def resolve(self, flow: str, offset: int, resolution: Resolution, at: int) -> bool:
        """Answer a dead letter; tell whether there was one."""

        def write(connection: apsw.Connection) -> bool:
            for row in connection.execute(_ONE_CASE, {"flow": flow, "offset": offset}).fetchall():
                case = self._cases.case(flow, row)
                if case.gives_way and isinstance(resolution, Retry):
                    given = {"flow": flow, "key": case.key, "offset": offset}
                    if connection.execute(_NEWER, given).fetchall():
                        return False
                if case.state == "dead":
                    answered = resolved(case, resolution, at)
                    self._write(connection, Record(flow=flow, at=at, cases=[answered]))
                    return True
            return False

        return await self._store.write(write)

    async def reply(self, flow: str, offset: int) -> Reply | None:
        """Return what is stored for the caller of an event."""
        return await self._store.read(
            lambda connection: self._replies.read(connection, replies.OF, flow, offset=offset)
        )

    async def replies(self, flow: str, offsets: Sequence[int]) -> dict[int, Reply]:
        """Return what is stored for the callers of several events."""

        def read(connection: apsw.Connection) -> dict[int, Reply]:
            found = ((one, self._replies.read(connection, replies.OF, flow, offset=one)) for one in offsets)
            return {offset: reply for offset, reply in found if reply is not None}

        return await self._store.read(read)

    async def reply_named(self, flow: str, name: str) -> Reply | None:
        """Return the latest reply that is stored under an idempotency key."""
        return await self._store.read(
            lambda connection: self._replies.read(
                connection, replies.NAMED, flow, name=self._replies.fingerprint(name)
            )
        )

    async def trim_replies(self, before: int) -> int:
        """Forget replies stored before ``before``."""

        def write(connection: apsw.Connection) -> int:
            connection.execute(replies.TRIM, {"before": before})
            return connection.changes()

        return await self._store.write(write)

    async def counts(self, flow: str, since: int, until: int) -> Counts:
        """Return what ``flow`` finished in a span of time."""
        given = {"flow": flow, "since": since, "until": until}

        def read(connection: apsw.Connection) -> Counts:
            [(delivered, dropped)] = connection.execute(_COUNT_RANGES, given)
            late = {str(state): count for state, count in connection.execute(_COUNT_CASES, given)}
            return Counts(
                delivered=delivered,
                late=late.get("delivered", 0),
                dropped=dropped + late.get("dropped", 0),
                discarded=late.get("discarded", 0),
                superseded=late.get("superseded", 0),
                died=late.get("dead", 0),
            )

        return await self._store.read(read)

    async def trim(self, before: int) -> int:
        """Forget ranges and closed cases finished before ``before``."""

        def write(connection: apsw.Connection) -> int:
            gone = 0
            for statement in (_TRIM_RANGES, _TRIM_CASES):
                connection.execute(statement, {"before": before})
                gone += connection.changes()
            return gone

        return await self._store.write(write)

    async def _found(self, statement: str, flow: str, **given: Any) -> list[Case]:
        rows = await self._rows(statement, {"flow": flow, **given})
        return [self._cases.case(flow, row) for row in rows]

    async def _rows(self, statement: str, given: dict[str, Any]) -> list[Any]:
        return await self._store.read(lambda connection: connection.execute(statement, given).fetchall())

    def _write(self, connection: apsw.Connection, record: Record) -> None:
        flow, number = record.flow, _enter(connection, record.flow, record.stream)
        if record.cursor is not None:
            connection.execute(_MOVE, {"flow": flow, "cursor": record.cursor})
        changes = Counting(connection, number).recorded(record)
        if record.range is not None:
            connection.execute(_SETTLE, _settle_row(number, record.range))
        if record.cases:
            connection.executemany(PUT, [self._cases.row(flow, number, case) for case in record.cases])
            delivered = [case for case in record.cases if case.state == "delivered" and case.key]
            moot = connection.executemany(
                _SUPERSEDE, [_superseding(number, case, record.at) for case in delivered]
            ).fetchall()
            changes.superseded(record.at, len(moot))
            keys = {case.key for case in record.cases if case.key}
            _give_heads(connection, number, keys, record.at)
        add_deliveries(connection, number, changes.by_minute)
        if record.replies:
            self._replies.put(connection, flow, number, record.at, record.replies)


def _give_heads(connection: apsw.Connection, flow: int, keys: Iterable[str], at: int) -> None:
    """Let the head of each key go where it is held: rarely, so looking is apart from the dearer update."""
    heads = list(connection.executemany(_HELD_HEAD, [{"id": flow, "key": key} for key in keys]))
    connection.executemany(_LET_GO, [{"id": flow, "offset": event, "at": at} for (event,) in heads])


def _superseding(number: int, case: Case, at: int) -> dict[str, Any]:
    return {"id": number, "key": case.key, "event": case.offset, "at": at}


def _enter(connection: apsw.Connection, flow: str, stream: str = "") -> int:
    connection.execute(_ENTER_FLOW, {"flow": flow, "stream": stream})
    [(number,)] = connection.execute(_FLOW_ID, {"flow": flow})
    return int(number)


def _rewind(connection: apsw.Connection, flow: str, cursor: int) -> None:
    number = _enter(connection, flow)
    given = {"flow": flow, "id": number, "cursor": cursor}
    changes = Counting(connection, number).voided(cursor)
    for statement in (_MOVE, _VOID_RANGES, _VOID_CASES, replies.VOID):
        connection.execute(statement, given)
    add_deliveries(connection, number, changes.by_minute)


def _fate(connection: apsw.Connection, flow: str, offset: int) -> Fate:
    given = {"flow": flow, "offset": offset}
    for known, attempts, at in connection.execute(_FATE_OF, given):
        return Fate(known, attempts, at)
    for first, attempts, started, finished, drops in connection.execute(_RANGE_OF, given):
        if first <= offset:
            state: State = "dropped" if is_set(drops, offset - first) else "delivered"
            return Fate(state, attempts, finished, started)
    below = any(offset < cursor for cursor, *_ in connection.execute(_POSITION, given))
    return Fate("skipped" if below else "pending")


def _settle_row(flow: int, settled: Range) -> tuple[Any, ...]:
    drops = bits(offset - settled.first for offset in settled.dropped) if settled.dropped else None
    return (
        flow,
        settled.last,
        settled.first,
        settled.started,
        settled.finished,
        settled.attempts,
        settled.delivered,
        len(settled.dropped),
        drops,
        settled.lags.packed() or None,
    )
