"""The standing of targets on the embedded store; see ``trunkline.delivery.standing``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw

from trunkline.adapters.sqlite.store import Store
from trunkline.delivery.standing import Isolation, Outage, Standing

_LOAD = """SELECT target, isolated_by, isolated_why, isolated_at,
    away_since, away_normal, away_kind, away_detail FROM target_standing"""
_ISOLATE = """INSERT INTO target_standing (target, isolated_by, isolated_why, isolated_at) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET isolated_by = excluded.isolated_by, isolated_why = excluded.isolated_why,
        isolated_at = excluded.isolated_at"""
_NOTE = """INSERT INTO target_standing (target, away_since, away_normal, away_kind, away_detail)
    VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET away_since = excluded.away_since, away_normal = excluded.away_normal,
        away_kind = excluded.away_kind, away_detail = excluded.away_detail"""
_FORGET = "DELETE FROM target_standing WHERE isolated_at IS NULL AND away_since IS NULL"


class SqliteStandings:
    """A ``Standings`` in a ``Store``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def load(self) -> dict[str, Standing]:
        """Return the standing of each target that is not simply there."""
        rows = await self._store.read(lambda connection: connection.execute(_LOAD).fetchall())
        return dict(map(_standing, rows))

    async def isolate(self, target: str, isolation: Isolation | None) -> None:
        """Store that a target is isolated, or that it is not."""
        values = (isolation.by, isolation.why, isolation.at) if isolation else (None, None, None)
        await self._change(_ISOLATE, (target, *values))

    async def note(self, target: str, outage: Outage | None) -> None:
        """Store that an outage is under way, or that it is over."""
        values: tuple[Any, ...] = (None, None, None, None)
        if outage:
            values = (outage.since, outage.normal, outage.kind, outage.detail)
        await self._change(_NOTE, (target, *values))

    async def _change(self, statement: str, values: tuple[Any, ...]) -> None:
        def write(connection: apsw.Connection) -> None:
            connection.execute(statement, values)
            connection.execute(_FORGET)

        await self._store.write(write)


def _standing(row: Sequence[Any]) -> tuple[str, Standing]:
    target, by, why, at, since, normal, kind, detail = row
    isolation = None if at is None else Isolation(by, why, at)
    return target, Standing(isolation, None if since is None else Outage(since, normal, kind, detail))
