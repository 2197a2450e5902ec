"""The audit in the project's SQLite file: its writes share the transactions of what they tell of."""

from __future__ import annotations

from typing import Any

import apsw
import msgspec

from trunkline.adapters.sqlite.store import Store
from trunkline.observe.audit import AuditEntry, AuditQuery, Begun, Ended

_BEGIN = "INSERT INTO audit (at, by, what, about, why) VALUES (:at, :by, :what, :about, :why)"
_END = """UPDATE audit SET outcome = :outcome, before = :before, after = :after, count = :count,
    failure = :failure WHERE number = :number"""
_LIST = """SELECT number, at, by, what, about, why, outcome, before, after, count, failure FROM audit
    WHERE (:by = '' OR by = :by) AND (:what = '' OR what = :what)
        AND (:text = '' OR instr(about, :text) OR instr(why, :text))
        AND at >= :since AND (:until = 0 OR at < :until) AND (:before = 0 OR number < :before)
    ORDER BY number DESC LIMIT :limit"""
_TRIM = "DELETE FROM audit WHERE at < :before"


class SqliteAudit:
    """An ``Audit`` in a ``Store``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def begin(self, act: Begun) -> int:
        """Write down, durably, that an act begins."""

        def write(connection: apsw.Connection) -> int:
            connection.execute(_BEGIN, msgspec.structs.asdict(act))
            return connection.last_insert_rowid()

        return await self._store.write(write)

    async def end(self, number: int, ended: Ended) -> None:
        """Write down what came of it."""
        given = {"number": number, **msgspec.structs.asdict(ended)}

        def write(connection: apsw.Connection) -> None:
            connection.execute(_END, given)

        await self._store.write(write)

    async def list(self, query: AuditQuery) -> list[AuditEntry]:
        """Return acts that match, newest first."""
        given = msgspec.structs.asdict(query)
        rows: list[Any] = await self._store.read(
            lambda connection: connection.execute(_LIST, given).fetchall()
        )
        return [AuditEntry(*row) for row in rows]

    async def trim(self, before: int) -> int:
        """Remove acts begun before ``before``."""

        def write(connection: apsw.Connection) -> int:
            connection.execute(_TRIM, {"before": before})
            return connection.changes()

        return await self._store.write(write)
