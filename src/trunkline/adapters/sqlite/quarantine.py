"""The quarantine in the project's SQLite file: refused arrivals, sealed, beside the log they did not enter.

The composition root builds one for intake and the release use-cases. What came from outside (bytes,
fields, identity) is in one sealed value, bound to its entry by the authenticated header; what a list
shows (source, place, reasons) is in the clear and holds no value of a record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import apsw
import msgspec

from trunkline.adapters.sqlite.rollups import add_arrivals
from trunkline.adapters.sqlite.store import Store
from trunkline.connectors.source import Arrival
from trunkline.eventlog.seal import Sealer
from trunkline.intake.quarantine import (
    Count,
    Entry,
    Group,
    Held,
    QuarantineLimits,
    Query,
    Reason,
    Resolution,
    full,
    grouped,
)
from trunkline.kernel.rollup import Arrivals

_SHOWN = (
    "id, source, stream, contract, place, correlation, arrived, last_seen, count, kind, reasons, raw_bytes, "
    "status, decided_by, why, resolved_at"
)
_PUT = """
    INSERT INTO quarantine (id, same, source, stream, contract, place, correlation, arrived, last_seen,
                            count, kind, reasons, raw_bytes, status, sealed, rule, pointer)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, ?)
    ON CONFLICT (same) DO UPDATE SET
        count = count + 1,
        last_seen = excluded.last_seen,
        kind = CASE status WHEN 'open' THEN excluded.kind ELSE kind END,
        reasons = CASE status WHEN 'open' THEN excluded.reasons ELSE reasons END,
        rule = CASE status WHEN 'open' THEN excluded.rule ELSE rule END,
        pointer = CASE status WHEN 'open' THEN excluded.pointer ELSE pointer END
"""
_OPEN = "SELECT entries, bytes FROM quarantine_open"
_CONDITIONS = {
    "source": "source = :source",
    "kind": "kind = :kind",
    "status": "status = :status",
    "ids": "id IN (SELECT value FROM json_each(:ids))",
    "stream": "stream = :stream",
    "rule": "rule = :rule",
    "text": """EXISTS (SELECT 1 FROM json_each(CAST(reasons AS TEXT)) r WHERE instr(
        coalesce(nullif(r.value ->> 'pointer', ''), '/') || ': ' || (r.value ->> 'message'), :text))""",
    "correlation": "correlation = :correlation",
    "contract": "contract = :contract",
    "since": "arrived >= :since",
    "until": "arrived < :until",
}
_GET = f"SELECT {_SHOWN}, sealed FROM quarantine WHERE id = ?"  # noqa: S608  as above
_AMEND = """
    UPDATE quarantine SET kind = ?, reasons = ?, rule = ?, pointer = ? WHERE id = ? AND status = 'open'
"""
_RESOLVE = """
    UPDATE quarantine SET status = ?, decided_by = ?, why = ?, resolved_at = ?
    WHERE id = ? AND status = 'open'
"""
_COUNTS = """
    SELECT source, kind, status, sum(entries), sum(arrivals) FROM (
        SELECT source, kind, status, count(*) AS entries, sum(count) AS arrivals
        FROM quarantine INDEXED BY quarantine_cause GROUP BY status, source, stream, kind)
    GROUP BY source, kind, status ORDER BY source, kind, status
"""
_TRIM = "DELETE FROM quarantine WHERE resolved_at < ?"

_reasons = msgspec.json.Decoder(tuple[Reason, ...])
_arrival = msgspec.msgpack.Decoder(Arrival)


class SqliteQuarantine:
    """A ``Quarantine`` in the store's file; every write is durable when its method returns."""

    def __init__(self, store: Store, sealer: Sealer, limits: QuarantineLimits | None = None) -> None:
        self._store = store
        self._sealer = sealer
        self._limits = limits or QuarantineLimits()

    async def put(self, held: Sequence[Held]) -> None:
        """Keep ``held``, or count again what is here, in one transaction."""
        rows = [self._row(one) for one in held]
        refused = Counter((one.entry.stream, one.entry.source, one.entry.last_seen) for one in held)
        limits = self._limits

        def write(connection: apsw.Connection) -> None:
            self._store.ask_for_room(connection)
            [before] = connection.execute(_OPEN)
            connection.executemany(_PUT, rows)
            [after] = connection.execute(_OPEN)
            # more of what is here already is welcome even when full: it takes no room
            if after != before and (after[0] > limits.entries or after[1] > limits.bytes):
                raise full(limits)
            for (stream, source, at), count in refused.items():
                add_arrivals(connection, stream, source, at, Arrivals(refused=count))

        await self._store.write(write)

    def _row(self, one: Held) -> tuple[Any, ...]:
        entry = one.entry
        sealed = self._sealer.seal(msgspec.msgpack.encode(one.arrival), entry.id.encode())
        return (
            entry.id,
            one.key,
            entry.source,
            entry.stream,
            entry.contract,
            entry.place,
            entry.correlation,
            entry.arrived,
            entry.last_seen,
            entry.count,
            entry.kind,
            msgspec.json.encode(entry.reasons),
            entry.raw_bytes,
            sealed,
            *_first(entry.reasons),
        )

    async def list(self, query: Query) -> Sequence[Entry]:
        """Return entries that match, newest first, without opening them."""
        rows = await self._store.read(
            lambda connection: list(connection.execute(list_of(query), _given(query)))
        )
        return [_entry(row) for row in rows]

    async def groups(self, query: Query) -> Sequence[Group]:
        """Return entries grouped by their first reason, without opening them."""
        rows = await self._store.read(
            lambda connection: list(connection.execute(groups_of(query), _given(query)))
        )
        return grouped(Group(*row) for row in rows)

    async def get(self, entry_id: str) -> Held | None:
        """Return one entry with its bytes; raises ``Corrupt`` where they are not what was sealed."""
        rows = await self._store.read(lambda connection: list(connection.execute(_GET, (entry_id,))))
        if not rows:
            return None
        [(*shown, sealed)] = rows
        opened = self._sealer.open(sealed, entry_id.encode())
        return Held(_entry(shown), _arrival.decode(opened))

    async def amend(self, entry_id: str, kind: str, reasons: Sequence[Reason]) -> None:
        """Replace the reasons of an open entry."""
        values = (kind, msgspec.json.encode(reasons), *_first(reasons), entry_id)
        await self._change(_AMEND, values)

    async def resolve(self, entry_id: str, resolution: Resolution) -> bool:
        """End an open entry."""
        values = (resolution.how, resolution.by, resolution.why, resolution.at, entry_id)
        return await self._change(_RESOLVE, values) == 1

    async def counts(self) -> Sequence[Count]:
        """Return how much is here, by source, kind and status."""
        rows = await self._store.read(lambda connection: list(connection.execute(_COUNTS)))
        return [Count(*row) for row in rows]

    async def trim(self, before: int) -> int:
        """Remove what was resolved before ``before``."""
        return await self._change(_TRIM, (before,))

    async def _change(self, sql: str, values: tuple[Any, ...]) -> int:
        def write(connection: apsw.Connection) -> int:
            connection.execute(sql, values)
            return connection.changes()

        return await self._store.write(write)


def list_of(query: Query) -> str:
    """Return the statement for a page of entries.

    It goes along the ids, which are in the order of time: by the index of causes every match would be sorted.
    """
    page = "id > :after" if query.after is not None else "id < :before" if query.before else "TRUE"
    order = "ASC" if query.after is not None else "DESC"
    return f"""SELECT {_SHOWN} FROM quarantine INDEXED BY sqlite_autoindex_quarantine_1
        WHERE {_where(query)} AND {page} ORDER BY id {order} LIMIT :limit"""  # noqa: S608  constants of this module


def groups_of(query: Query) -> str:
    """Return the statement that counts entries by the first reason as it is, items by their numbers."""
    behind = "id > :after" if query.after else "TRUE"
    return f"""SELECT source, stream, kind, rule, pointer, count(*), sum(count), min(arrived), max(last_seen),
            min(id)
        FROM quarantine INDEXED BY quarantine_cause WHERE {_where(query)} AND {behind}
        GROUP BY status, source, stream, kind, rule, pointer"""  # noqa: S608  as above


def _where(query: Query) -> str:
    asked = [condition for name, condition in _CONDITIONS.items() if getattr(query, name)]
    return " AND ".join(["TRUE", *asked])


def _given(query: Query) -> dict[str, Any]:
    return msgspec.structs.asdict(query) | {"ids": msgspec.json.encode(query.ids).decode()}


def _first(reasons: Sequence[Reason]) -> tuple[str, str]:
    return (reasons[0].rule, reasons[0].pointer) if reasons else ("", "")


def _entry(row: Sequence[Any]) -> Entry:
    *shown, reasons, raw_bytes, status, by, why, resolved_at = row
    resolution = None if resolved_at is None else Resolution(status, by, why, resolved_at)
    return Entry(*(*shown, _reasons.decode(reasons), raw_bytes, status, resolution))
