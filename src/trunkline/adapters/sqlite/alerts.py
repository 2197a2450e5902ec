"""Alerts on the embedded store; see ``trunkline.observe.alerts.store``."""

from __future__ import annotations

from typing import Any

import apsw
import msgspec
from msgspec.structs import astuple, replace

from trunkline.adapters.sqlite.store import Store
from trunkline.observe.alerts.machine import Alert, Transition
from trunkline.observe.alerts.muting import Silence
from trunkline.observe.alerts.notices import Message, State
from trunkline.observe.alerts.store import AlertQuery, Changes

_ONE = "SELECT body FROM alert WHERE id = :id"
_OPEN = "SELECT body FROM alert WHERE phase <> 'resolved' ORDER BY since DESC, id DESC LIMIT :limit"
_ALL = """SELECT body FROM (
        SELECT since, id, body FROM alert WHERE phase <> 'resolved'
        UNION ALL SELECT since, id, body FROM alert WHERE phase = 'resolved' AND resolved_at >= :since
    ) ORDER BY since DESC, id DESC LIMIT :limit"""
_REVISION = "SELECT revision FROM alert WHERE id = ?"
_OTHER = "SELECT 1 FROM alert WHERE about = ? AND phase <> 'resolved' AND id <> ?"
_PUT = "INSERT OR REPLACE INTO alert VALUES (?, ?, ?, ?, ?, ?, ?)"
_GONE = "DELETE FROM alert WHERE id = ?"
_PASSED = """INSERT INTO alert_transition (alert, rule, sequence, phase, at, fired_at, by, why)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_TRANSITIONS = """SELECT alert, rule, sequence, phase, at, fired_at, by, why FROM alert_transition
    WHERE at >= ? AND at < ? ORDER BY at, alert, sequence"""
_PUT_SILENCE = "INSERT OR REPLACE INTO alert_silence VALUES (?, ?, ?)"
_SILENCES = "SELECT body FROM alert_silence WHERE until > ?"
_PUT_MESSAGE = "INSERT OR REPLACE INTO alert_message VALUES (?, ?, ?, ?, ?)"
_WAITING = "SELECT body FROM alert_message WHERE state = ? ORDER BY created, id LIMIT ?"
_DONE = "SELECT body FROM alert_message WHERE state = ? ORDER BY created DESC, id DESC LIMIT ?"
_TRIM = (
    "DELETE FROM alert WHERE phase = 'resolved' AND resolved_at < ?",
    "DELETE FROM alert_message WHERE state <> 'waiting' AND done < ?",
)
_TRIM_BESIDE = (
    "DELETE FROM alert_transition WHERE at < ?",
    "DELETE FROM alert_silence WHERE until < ?",
)

_alert = msgspec.json.Decoder(Alert)
_silence = msgspec.json.Decoder(Silence)
_message = msgspec.json.Decoder(Message)


class SqliteAlerts:
    """An ``AlertStore`` in a ``Store``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def alerts(self, query: AlertQuery) -> list[Alert]:
        """Return alerts, the newest first."""
        statement = _ONE if query.id else _OPEN if query.only_open else _ALL
        given = msgspec.structs.asdict(query)
        return [_alert.decode(body) for body in await self._bodies(statement, given)]

    async def commit(self, changes: Changes) -> bool:
        """Store changes in one transaction, where no alert has changed since it was read."""

        def write(connection: apsw.Connection) -> bool:
            if not all(_is_current(connection, one) for one in (*changes.alerts, *changes.gone)):
                return False
            connection.executemany(_GONE, [(one.id,) for one in changes.gone])
            connection.executemany(_PUT, map(_row, changes.alerts))
            connection.executemany(_PASSED, map(astuple, changes.transitions))
            connection.executemany(_PUT_MESSAGE, map(_message_row, changes.messages))
            return True

        return await self._store.write(write)

    async def transitions(self, since: int, until: int) -> list[Transition]:
        """Return what happened in a span, oldest first."""
        rows: list[Any] = await self._store.read(
            lambda connection: connection.execute(_TRANSITIONS, (since, until)).fetchall()
        )
        return [Transition(*row) for row in rows]

    async def put_silence(self, silence: Silence) -> None:
        """Store a silence."""
        row = (silence.id, silence.until, msgspec.json.encode(silence))
        await self._store.write(lambda connection: connection.execute(_PUT_SILENCE, row))

    async def silences(self, until: int) -> list[Silence]:
        """Return silences that end later."""
        found = [_silence.decode(body) for body in await self._bodies(_SILENCES, (until,))]
        return sorted(found, key=lambda one: (one.since, one.id))

    async def messages(self, state: State, limit: int) -> list[Message]:
        """Return messages in a state."""
        statement = _WAITING if state == "waiting" else _DONE
        return [_message.decode(body) for body in await self._bodies(statement, (state, limit))]

    async def settle(self, message: Message) -> None:
        """Store what came of an attempt."""
        row = _message_row(message)
        await self._store.write(lambda connection: connection.execute(_PUT_MESSAGE, row))

    async def trim(self, before: int) -> int:
        """Forget what was over before."""

        def write(connection: apsw.Connection) -> int:
            went = 0
            for statement in _TRIM:
                connection.execute(statement, (before,))
                went += connection.changes()
            for statement in _TRIM_BESIDE:
                connection.execute(statement, (before,))
            return went

        return await self._store.write(write)

    async def _bodies(self, statement: str, given: Any) -> list[bytes]:
        rows: list[Any] = await self._store.read(
            lambda connection: connection.execute(statement, given).fetchall()
        )
        return [body for (body,) in rows]


def _is_current(connection: apsw.Connection, alert: Alert) -> bool:
    """Tell whether an alert is as it was read, and no other one about the same is open."""
    row = connection.execute(_REVISION, (alert.id,)).fetchone()
    if (row[0] if row else 0) != alert.revision:
        return False
    return not alert.is_open or connection.execute(_OTHER, (alert.key, alert.id)).fetchone() is None


def _row(alert: Alert) -> tuple[Any, ...]:
    kept = replace(alert, revision=alert.revision + 1)
    body = msgspec.json.encode(kept)
    return kept.id, kept.key, kept.phase, kept.since, kept.resolved_at, kept.revision, body


def _message_row(message: Message) -> tuple[Any, ...]:
    return message.id, message.state, message.created, message.done, msgspec.json.encode(message)
