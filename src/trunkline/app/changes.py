"""What changed lately in a project, of everything that changes it, the newest first, for the first page.

What people and starts did is in the audit, alerts and contracts have histories of their own; all of that
outlives the process. Breakers and the ends of replays are heard here, since this process started.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from trunkline.app.backbone import Backbone
from trunkline.app.remembered import Remembered
from trunkline.app.versions import registry_of
from trunkline.kernel import json
from trunkline.kernel.clock import from_rfc3339, to_rfc3339
from trunkline.kernel.rollup import DAY
from trunkline.kernel.signals import BreakerClosed, BreakerOpened, ReplayChanged, Signal
from trunkline.observe.alerts.machine import Alert
from trunkline.observe.alerts.store import AlertQuery
from trunkline.observe.audit import AuditEntry, AuditQuery

MOST = 12
"""How many changes are told."""
READ_SECONDS = 60.0
"""How old what is told of the contracts may be: each has a journal of its own to be read."""

Leads: TypeAlias = Literal["", "flow", "target", "alert", "contract", "replay", "stream"]
"""What a change is about, and so which page it leads to."""

_ABOUT: tuple[Leads, ...] = ("flow", "target", "replay", "alert", "stream")


class Change(msgspec.Struct, frozen=True):
    """One thing that changed: when, by whom (``trunkline`` where nobody did it), what, why, what it is about.

    ``outcome`` is that of an act: begun, done or failed. ``count`` is how many things it changed.
    """

    at: str
    by: str
    what: str
    why: str
    outcome: str = "done"
    count: int = 1
    leads: Leads = ""
    name: str = ""


class Changes:
    """Knows what changed lately; it listens from when it is made."""

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone
        self._heard: deque[Change] = deque(maxlen=MOST)
        self._contracts = Remembered(self._read_contracts, backbone.machine.clock, READ_SECONDS)
        backbone.machine.signals.listen(self._hear)

    async def lately(self) -> list[Change]:
        """Return the latest changes, newest first; alerts go back a day."""
        since = self._backbone.machine.clock.now() - DAY
        acts = await self._backbone.audit.list(AuditQuery(limit=MOST))
        alerts = await self._backbone.alerts.alerts(AlertQuery(only_open=False, since=since, limit=MOST))
        told = [*map(_act, acts), *self._heard, *await self._contracts()]
        told += [change for alert in alerts for change in _alert(alert)]
        return sorted(told, key=lambda one: from_rfc3339(one.at), reverse=True)[:MOST]

    def _hear(self, signal: Signal) -> None:
        at = to_rfc3339(self._backbone.machine.clock.now())
        if isinstance(signal, BreakerOpened):
            why = f"{signal.kind}: {signal.detail}"
            self._heard.append(
                Change(at, "trunkline", "breaker opened", why, leads="target", name=signal.target)
            )
        elif isinstance(signal, BreakerClosed):
            why = f"it was away for {signal.outage_seconds:,.0f} s"
            self._heard.append(
                Change(at, "trunkline", "breaker closed", why, leads="target", name=signal.target)
            )
        elif isinstance(signal, ReplayChanged) and signal.state in ("done", "failed"):
            what = f"replay {signal.state}"
            self._heard.append(Change(at, "trunkline", what, "", leads="replay", name=signal.replay))

    async def _read_contracts(self) -> list[Change]:
        registry = registry_of(self._backbone.project.folder)
        found = [
            Change(
                to_rfc3339(entry.at),
                entry.by,
                f"contract {entry.act}",
                entry.why,
                leads="contract",
                name=f"{name}@{entry.version}" if entry.version else name,
            )
            for name in await registry.subjects()
            for entry in (await registry.history(name))[-MOST:]
        ]
        return sorted(found, key=lambda one: from_rfc3339(one.at))[-MOST:]


def _act(entry: AuditEntry) -> Change:
    leads, name = _subject(json.decode(entry.about.encode()))
    at = to_rfc3339(entry.at)
    return Change(at, entry.by, entry.what, entry.why, entry.outcome, entry.count, leads, name)


def _subject(about: Mapping[str, Any]) -> tuple[Leads, str]:
    """Return what an act was about, where it names one thing."""
    where = about.get("where")
    given = {**about, **(where if isinstance(where, dict) else {})}
    known = ((one, given[one]) for one in _ABOUT if isinstance(given.get(one), str))
    return next(known, ("", ""))


def _alert(alert: Alert) -> Iterator[Change]:
    """Yield that an alert fired, and that it is over."""
    for at, what in ((alert.fired_at, "alert fired"), (alert.resolved_at, "alert resolved")):
        if at and alert.fired_at:
            why = alert.explained.summary
            yield Change(to_rfc3339(at), "trunkline", what, why, leads="alert", name=alert.id)
