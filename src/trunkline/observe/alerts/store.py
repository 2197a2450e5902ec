"""What of alerts has to outlast the process: the port, and its in-memory reference.

Alerts, what happened to them and the messages that tell of it are stored together or not at all.
``trunkline.testkit.alerts`` is the suite that every implementation passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec
from msgspec.structs import replace

from trunkline.observe.alerts.machine import Alert, Transition
from trunkline.observe.alerts.muting import Silence
from trunkline.observe.alerts.notices import Message, State


class Changes(msgspec.Struct, frozen=True):
    """What one look or one act changed: alerts as they are now, those that came to nothing, and what is told.

    Each alert has the ``revision`` it was read with.
    """

    alerts: Sequence[Alert] = ()
    gone: Sequence[Alert] = ()
    transitions: Sequence[Transition] = ()
    messages: Sequence[Message] = ()


class AlertQuery(msgspec.Struct, frozen=True):
    """Which alerts: one by ``id``, those that are open, or all that are not older than ``since``.

    The newest come first, ``limit`` at the most.
    """

    id: str = ""
    only_open: bool = True
    since: int = 0
    limit: int = 100_000


class AlertStore(Protocol):
    """Keeps alerts, silences and messages. Methods raise ``StoreError`` and nothing of a driver."""

    async def alerts(self, query: AlertQuery) -> list[Alert]:
        """Return alerts, the newest first."""

    async def commit(self, changes: Changes) -> bool:
        """Store changes, durable on return; False, and nothing of it, where an alert has changed since."""

    async def transitions(self, since: int, until: int) -> list[Transition]:
        """Return what happened at or after ``since`` and before ``until`` (microseconds), oldest first."""

    async def put_silence(self, silence: Silence) -> None:
        """Store a silence, or one as it is now."""

    async def silences(self, until: int) -> list[Silence]:
        """Return silences that end after ``until`` (microseconds), by when they began."""

    async def messages(self, state: State, limit: int) -> list[Message]:
        """Return messages in a state: of what waits the oldest first, of the rest the newest."""

    async def settle(self, message: Message) -> None:
        """Store what came of an attempt to send a message."""

    async def trim(self, before: int) -> int:
        """Forget what was over before ``before`` (microseconds); return how many alerts and messages went."""


class MemoryAlerts:
    """An ``AlertStore`` that forgets everything with the process."""

    def __init__(self) -> None:
        self._alerts: dict[str, Alert] = {}
        self._transitions: list[Transition] = []
        self._silences: dict[str, Silence] = {}
        self._messages: dict[str, Message] = {}

    async def alerts(self, query: AlertQuery) -> list[Alert]:
        """Return alerts, the newest first."""
        found = [
            one
            for one in sorted(self._alerts.values(), key=lambda one: (one.since, one.id), reverse=True)
            if query.id in ("", one.id)
            and (query.id or one.is_open or (not query.only_open and one.resolved_at >= query.since))
        ]
        return found[: query.limit]

    async def commit(self, changes: Changes) -> bool:
        """Keep changes where no alert has changed since it was read."""
        for one in (*changes.alerts, *changes.gone):
            known = self._alerts.get(one.id)
            if (known.revision if known else 0) != one.revision or self._has_other(one):
                return False
        for one in changes.gone:
            del self._alerts[one.id]
        self._alerts |= {one.id: replace(one, revision=one.revision + 1) for one in changes.alerts}
        self._transitions += changes.transitions
        self._messages |= {one.id: one for one in changes.messages}
        return True

    def _has_other(self, alert: Alert) -> bool:
        """Tell whether another alert about the same is open."""
        return alert.is_open and any(
            one.is_open and one.key == alert.key and one.id != alert.id for one in self._alerts.values()
        )

    async def transitions(self, since: int, until: int) -> list[Transition]:
        """Return what happened in a span, oldest first."""
        found = [one for one in self._transitions if since <= one.at < until]
        return sorted(found, key=lambda one: (one.at, one.alert, one.sequence))

    async def put_silence(self, silence: Silence) -> None:
        """Keep a silence."""
        self._silences[silence.id] = silence

    async def silences(self, until: int) -> list[Silence]:
        """Return silences that end later."""
        found = [one for one in self._silences.values() if one.until > until]
        return sorted(found, key=lambda one: (one.since, one.id))

    async def messages(self, state: State, limit: int) -> list[Message]:
        """Return messages in a state."""
        found = [one for one in self._messages.values() if one.state == state]
        found.sort(key=lambda one: (one.created, one.id), reverse=state != "waiting")
        return found[:limit]

    async def settle(self, message: Message) -> None:
        """Keep what came of an attempt."""
        self._messages[message.id] = message

    async def trim(self, before: int) -> int:
        """Forget what was over before."""
        old = [one.id for one in self._alerts.values() if not one.is_open and one.resolved_at < before]
        done = [one.id for one in self._messages.values() if one.state != "waiting" and one.done < before]
        for name in old:
            del self._alerts[name]
        for name in done:
            del self._messages[name]
        self._transitions = [one for one in self._transitions if one.at >= before]
        self._silences = {name: one for name, one in self._silences.items() if one.until >= before}
        return len(old) + len(done)
