"""Replays on the embedded store: what was asked for, by whom, and in which state it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw
import msgspec
from msgspec.structs import astuple

from trunkline.adapters.sqlite.store import Store
from trunkline.delivery.replay.port import Change, Replay, Selection, changed

_COLUMNS = (
    "id, flow, stream, selection, started_by, why, created, rate, exactly, original_identity, state, bound, "
    "planned, delivered, dead, changed, changed_by, changed_why"
)
_PUT = "INSERT OR REPLACE INTO replay VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_GET = f"SELECT {_COLUMNS} FROM replay WHERE id = ?"  # noqa: S608  the columns are a constant of this module
_OPEN = f"""SELECT {_COLUMNS} FROM replay
    WHERE flow = ? AND state IN ('running', 'paused', 'failed')"""  # noqa: S608  as above
_ALL = f"""SELECT {_COLUMNS} FROM replay WHERE ?1 IN ('', flow)
    ORDER BY created DESC, id DESC"""  # noqa: S608  as above
_FIX = "UPDATE replay SET bound = coalesce(bound, ?) WHERE id = ? RETURNING bound"
_NOTE = "UPDATE replay SET planned = ?, delivered = ?, dead = ? WHERE id = ?"

_selection = msgspec.json.Decoder(Selection)


class SqliteReplays:
    """A ``Replays`` in a ``Store``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, replay: Replay) -> Replay | None:
        """Store a replay, or return the open one of its flow."""

        def write(connection: apsw.Connection) -> Replay | None:
            others = _read(connection, _OPEN, replay.flow)
            if not others:
                connection.execute(_PUT, _row(replay))
            return others[0] if others else None

        return await self._store.write(write)

    async def get(self, replay_id: str) -> Replay | None:
        """Return one replay."""
        found = await self._store.read(lambda connection: _read(connection, _GET, replay_id))
        return found[0] if found else None

    async def all(self, flow: str = "") -> list[Replay]:
        """Return replays, the newest first."""
        return await self._store.read(lambda connection: _read(connection, _ALL, flow))

    async def fix(self, replay_id: str, bound: int) -> int:
        """Fix a bound, or return the one there is."""

        def write(connection: apsw.Connection) -> int:
            [(fixed,)] = connection.execute(_FIX, (bound, replay_id))
            return int(fixed)

        return await self._store.write(write)

    async def note(self, replay_id: str, planned: int, delivered: int, dead: int) -> None:
        """Note counts."""
        counts = (planned, delivered, dead, replay_id)
        await self._store.write(lambda connection: connection.execute(_NOTE, counts))

    async def change(self, replay_id: str, change: Change) -> bool:
        """Change a state, where there is such a change."""

        def write(connection: apsw.Connection) -> bool:
            found = _read(connection, _GET, replay_id)
            after = changed(found[0], change) if found else None
            if after is None or (after.is_open and _read(connection, _OPEN, after.flow) not in ([], found)):
                return False
            connection.execute(_PUT, _row(after))
            return True

        return await self._store.write(write)


def _read(connection: apsw.Connection, statement: str, given: str) -> list[Replay]:
    return [_replay(row) for row in connection.execute(statement, (given,))]


def _row(replay: Replay) -> tuple[Any, ...]:
    row = list(astuple(replay))
    row[3] = msgspec.json.encode(replay.selection)
    return tuple(row)


def _replay(row: Sequence[Any]) -> Replay:
    values = list(row)
    values[3] = _selection.decode(values[3])
    values[8], values[9] = bool(values[8]), bool(values[9])
    return Replay(*values)
