"""What is measured for alerts: flows, sources, targets, streams, contracts, disk, routes, secrets, as of now.

Most is read with one question for all; what costs more is asked for where a rule wants it, or seldom.
Events of sources and drift are looked at where something new came, and drift of one stream at a time.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping

import msgspec

from trunkline.app.alerting.measures import About
from trunkline.app.alerting.sums import Sums
from trunkline.app.backbone import Backbone
from trunkline.app.census import entity_counts
from trunkline.app.drift import drift
from trunkline.app.project import Flow
from trunkline.app.secret_ages import SECRET_URL, SecretWatch
from trunkline.app.staleness import source_staleness
from trunkline.app.versions import users_of
from trunkline.delivery.ledger import FlowStatus
from trunkline.delivery.pausing import Pause
from trunkline.eventlog.port import StreamInfo
from trunkline.intake.notice import Ending
from trunkline.kernel.clock import SECOND, to_rfc3339
from trunkline.kernel.errors import TrunklineError
from trunkline.kernel.signals import FlowStalled, Signal
from trunkline.observe.alerts.notices import State
from trunkline.observe.alerts.rule import Series

_DAY = 86_400 * SECOND
_DRIFT_RECORDS = 1_000
_DRIFT_SECONDS = 600
_TRIED = 3
"""A message that failed so often counts as one that cannot be sent."""

_MOST_MESSAGES = 1_000
_GRACE_SECONDS = 60
_UNSENT: tuple[State, ...] = ("waiting", "failed")

Values = Mapping[Series, float | None]


class Subject(msgspec.Struct, frozen=True):
    """A thing that is measured: its labels, the values, and what else is known of it, for people."""

    labels: Mapping[str, str]
    values: Values
    facts: Mapping[str, str] = {}


Readings = Mapping[About, list[Subject]]
"""What was measured, by what it is of; what could not be read now is not in it."""


class Reader:
    """Measures a project. ``flows`` are those that run, ``endings`` gives versions that end, by stream."""

    def __init__(
        self, backbone: Backbone, flows: Collection[str], endings: Callable[[], Mapping[str, Ending]]
    ) -> None:
        self._backbone = backbone
        self._flows = [backbone.project.flows[name] for name in flows]
        self._endings = endings
        self._sums = Sums(backbone)
        self._secrets = SecretWatch(backbone)
        self._stalls: dict[str, tuple[int, FlowStalled]] = {}
        self._recorded: dict[tuple[str, int], int] = {}
        self._drifts: dict[str, tuple[int, int, Subject]] = {}
        backbone.machine.signals.listen(self._listen)

    async def look(self, wanted: Collection[Series]) -> Readings:
        """Measure everything; over a time what is ``wanted``."""
        now = self._backbone.machine.clock.now()
        found: dict[About, list[Subject]] = {}
        ways: dict[About, Callable[[], Awaitable[list[Subject]]]] = {
            "flow": lambda: self._of_flows(wanted, now),
            "source": lambda: self._of_sources(wanted, now),
            "target": lambda: self._of_targets(now),
            "stream": lambda: self._of_streams(now),
            "contract": lambda: self._of_contracts(now),
            "disk": self._of_disk,
            "route": lambda: self._of_routes(now),
            "secret": lambda: self._of_secrets(now),
        }
        for about, way in ways.items():
            try:
                found[about] = await way()
            except (TrunklineError, OSError):
                continue  # it is not known now, which the machine takes for what it is
        return found

    def _listen(self, signal: Signal) -> None:
        if isinstance(signal, FlowStalled) and signal.kind not in ("start", "order"):
            now = self._backbone.machine.clock.now()
            since, latest = self._stalls.get(signal.flow, (now, signal))
            fresh = latest.retry_at + _GRACE_SECONDS * SECOND < now
            self._stalls[signal.flow] = (now if fresh else since, signal)

    async def _of_flows(self, wanted: Collection[Series], now: int) -> list[Subject]:
        known = {one.flow: one for one in await self._backbone.ledger.status()}
        infos = {one.stream: one for one in await self._backbone.log.streams()}
        pauses = await self._backbone.pauses.load()
        over_time = await self._sums.of_flows(wanted, now)
        seen, found = set[tuple[str, int]](), []
        for flow in self._flows:
            status = known.get(flow.name) or FlowStatus(flow.name, 0, 0, 0, 0, 0, 0)
            info = infos.get(flow.contract.stream)
            age = await self._oldest(flow, status, info, seen)
            labels = labels_of_flow(flow)
            values: dict[Series, float | None] = {
                Series("freshness"): (now - age) / SECOND if age else 0.0,
                Series("lag"): _lag(status, info),
                Series("waiting"): status.waiting,
                Series("held"): status.held,
                Series("dead_letters"): status.dead,
                Series("stalled"): self._stalled(flow, now),
                Series("paused"): (now - pauses[flow.name].at) / SECOND if flow.name in pauses else 0.0,
            }
            values |= over_time(flow.name)
            found.append(Subject(labels, values, self._facts(flow, status, pauses.get(flow.name))))
        self._recorded = {place: self._recorded[place] for place in seen}
        return found

    async def _oldest(
        self, flow: Flow, status: FlowStatus, info: StreamInfo | None, seen: set[tuple[str, int]]
    ) -> int:
        """Return when the oldest event was accepted that a flow has to deliver; 0 where there is none."""
        ahead = max(status.cursor, info.first) if info and _lag(status, info) else None
        offset = min((one for one in (ahead, status.waiting_from) if one is not None), default=None)
        if offset is None:
            return 0
        place = (flow.contract.stream, offset)
        if place not in self._recorded:
            page = await self._backbone.log.read(*place, 1)
            self._recorded[place] = page.events[0].recorded if page.events else 0
        seen.add(place)
        return self._recorded[place]

    def _stalled(self, flow: Flow, now: int) -> float:
        """Return for how long a flow cannot go on for a reason that is not its target's."""
        since, latest = self._stalls.get(flow.name, (0, None))
        standing = self._backbone.bearings[flow.target.name].standing
        if latest is None or standing.isolation or standing.outage:
            return 0.0
        over = latest.retry_at + _GRACE_SECONDS * SECOND < now
        return 0.0 if over else (now - since) / SECOND

    def _facts(self, flow: Flow, status: FlowStatus, pause: Pause | None) -> dict[str, str]:
        _, stall = self._stalls.get(flow.name, (0, None))
        standing = self._backbone.bearings[flow.target.name].standing
        facts = {"waiting": str(status.waiting), "dead": str(status.dead)}
        if stall:
            facts["stall"] = f"{stall.kind}: {stall.detail}"
        if pause:
            facts["paused"] = f"{pause.by}: {pause.why}"
        if standing.isolation:
            facts["isolated"] = f"{standing.isolation.by}: {standing.isolation.why}"
        elif standing.outage:
            facts["outage"] = f"{standing.outage.kind}: {standing.outage.detail}"
        return facts

    async def _of_sources(self, wanted: Collection[Series], now: int) -> list[Subject]:
        held: dict[str, int] = {}
        for count in await self._backbone.quarantine.counts():
            if count.status == "open":
                held[count.source] = held.get(count.source, 0) + count.entries
        over_time = await self._sums.of_sources(wanted, now)
        found = []
        for one in await source_staleness(self._backbone):
            name, silent = one.source, one.silent_seconds
            expected = one.expected_seconds
            values: dict[Series, float | None] = {
                Series("quarantined"): float(held.pop(name, 0)),
                Series("staleness"): silent,
                Series("silence"): silent / expected if silent is not None and expected else None,
            }
            values |= over_time((one.stream, name))
            facts = {
                "last": one.last or "",
                "expected_seconds": f"{expected or 0:.0f}",
                "by": one.expected_by,
            }
            found.append(Subject(_labels_of_source(name, one.stream), values, facts))
        # what nothing was ever stored of may be in quarantine all the same
        for name, entries in held.items():
            labels = _labels_of_source(name, name.partition("/")[2])
            found.append(Subject(labels, {Series("quarantined"): float(entries)}))
        return found

    async def _of_targets(self, now: int) -> list[Subject]:
        found = []
        for name, bearing in self._backbone.bearings.items():
            isolation, outage = bearing.standing.isolation, bearing.standing.outage
            values = {
                Series("away"): (now - outage.since) / SECOND if outage and not isolation else 0.0,
                Series("isolated"): (now - isolation.at) / SECOND if isolation else 0.0,
            }
            facts = {"outage": f"{outage.kind}: {outage.detail}" if outage else ""}
            if isolation:
                facts["isolated"] = f"{isolation.by}: {isolation.why}"
            found.append(Subject({"target": name, "system": name.partition(".")[0]}, values, facts))
        return found

    async def _of_streams(self, now: int) -> list[Subject]:
        infos = {one.stream: one.next for one in await self._backbone.log.streams()}
        known = [one for one in self._backbone.project.contracts if one in infos]
        due = [
            stream
            for stream in known
            if stream not in self._drifts
            or (
                now - self._drifts[stream][0] >= _DRIFT_SECONDS * SECOND
                and self._drifts[stream][1] != infos[stream]
            )
        ]
        for stream in sorted(due, key=lambda one: self._drifts[one][0] if one in self._drifts else 0)[:1]:
            [report] = await drift(self._backbone, stream, _DRIFT_RECORDS)
            first = [f"{one.pointer} {one.kind}: {one.detail}" for one in report.drifts[:1]]
            values = {Series("drift"): float(len(report.drifts))}
            facts = {"drift": first[0] if first else ""}
            self._drifts[stream] = (now, infos[stream], Subject({"stream": stream}, values, facts))
        alike = {
            one.stream: one.duplicates / one.entities
            for one in await entity_counts(self._backbone)
            if one.entities
        }
        unknown = (0, 0, Subject({}, {Series("drift"): None}))
        found: list[Subject] = []
        for one in known:
            _, _, drifted = self._drifts.get(one, unknown)
            shares: Values = {Series("duplicate_entities"): alike.get(one)}
            found.append(Subject({"stream": one}, {**drifted.values, **shares}, drifted.facts))
        return found

    async def _of_contracts(self, now: int) -> list[Subject]:
        return list(self._ending(now))

    def _ending(self, now: int) -> Iterator[Subject]:
        project = self._backbone.project
        for stream, ending in self._endings().items():
            users = users_of(project, project.contracts[stream])
            if users:
                facts = {
                    "version": ending.version,
                    "users": ", ".join(users),
                    "successor": ending.successor,
                    "sunset": to_rfc3339(ending.sunset),
                }
                values = {Series("sunset"): (ending.sunset - now) / SECOND}
                yield Subject({"contract": stream}, values, facts)

    async def _of_disk(self) -> list[Subject]:
        usage = await asyncio.to_thread(shutil.disk_usage, self._backbone.project.state)
        return [Subject({"disk": "store"}, {Series("disk_free"): float(usage.free)})]

    async def _of_routes(self, now: int) -> list[Subject]:
        bad = [
            one
            for state in _UNSENT
            for one in await self._backbone.alerts.messages(state, _MOST_MESSAGES)
            if one.attempts >= _TRIED or (state == "failed" and one.done >= now - _DAY)
        ]
        found = []
        for route in self._backbone.project.settings.alerts.routes:
            own = [one for one in bad if one.route == route]
            facts = {"fault": f"{own[0].kind}: {own[0].detail}"} if own else {}
            found.append(Subject({"route": route}, {Series("unsent"): float(len(own))}, facts))
        return found

    async def _of_secrets(self, now: int) -> list[Subject]:
        users = self._backbone.project.references
        return [
            Subject(
                {"secret": name, "system": name.partition("/")[0]},
                {Series("secret_age"): (now - since) / SECOND},
                {"since": to_rfc3339(since), "users": ", ".join(users.get(f"{SECRET_URL}{name}", ()))},
            )
            for name, since in (await asyncio.to_thread(self._secrets.look)).items()
        ]


def _lag(status: FlowStatus, info: StreamInfo | None) -> float:
    return float(max(0, info.next - max(status.cursor, info.first))) if info else 0.0


def labels_of_flow(flow: Flow) -> dict[str, str]:
    """Return by what a flow is told apart."""
    target = flow.target.name
    return {
        "flow": flow.name,
        "stream": flow.contract.stream,
        "target": target,
        "system": target.partition(".")[0],
    }


def _labels_of_source(name: str, stream: str) -> dict[str, str]:
    return {"source": name, "stream": stream, "system": name.partition("/")[0]}
