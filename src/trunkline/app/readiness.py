"""The use-case behind ``GET /ready`` and ``GET /health``: which part of a project works, and which does not.

It joins what is stored (how far flows are, pauses, targets that are away, the disk) with what this process
noted (``app.health``). Each part says which role it concerns, so that a dead target takes no intake out of
service. Door, control room and API ask the same ``readiness``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from trunkline.app.backbone import Backbone
from trunkline.app.health import Down
from trunkline.app.owed import Owed, owed
from trunkline.app.project import Flow
from trunkline.app.staleness import late_bound
from trunkline.delivery.pausing import Pause
from trunkline.delivery.standing import Standing
from trunkline.kernel.clock import SECOND, to_rfc3339
from trunkline.kernel.errors import StoreError
from trunkline.kernel.roles import ROLES, Role

TOLERANCE_SECONDS = 3_600.0
"""For how long a late flow counts as ready while its target is away, or while only retries make it late."""

WRITER_SECONDS = 60.0
"""How long the store's writer may take to answer before the process counts as hung."""

Kind: TypeAlias = Literal["store", "disk", "source", "flow", "target", "replay"]
State: TypeAlias = Literal["ok", "failed", "full", "late", "waiting", "paused", "isolated", "away", "draft"]
"""``failed``, ``full`` and ``late`` (unless tolerated) are not ready; all others are, or are meant so."""


class Part(msgspec.Struct, frozen=True):
    """A part of a project: what it is, which roles it concerns, and how it is, since when and why."""

    kind: Kind
    name: str
    roles: tuple[Role, ...]
    state: State
    ready: bool
    since: str | None = None
    why: str = ""


class Readiness(msgspec.Struct, frozen=True):
    """Whether everything of some roles is ready, at an instant, and each part that they need."""

    ready: bool
    at: str
    parts: tuple[Part, ...]

    def of(self, role: Role) -> Readiness:
        """Return what a role needs."""
        parts = tuple(part for part in self.parts if role in part.roles)
        return Readiness(all(part.ready for part in parts), self.at, parts)


class Pulse(msgspec.Struct, frozen=True):
    """Whether a process lives: how late its event loop was at the worst in the last minute.

    ``writer_seconds`` is how long ago the store's writer was asked where it has not answered yet.
    """

    alive: bool
    loop_lag_seconds: float
    writer_seconds: float


async def readiness(backbone: Backbone) -> Readiness:
    """Tell of every part of a project whether it is ready; raises nothing where the store fails."""
    parts = [*_sources(backbone)]
    try:
        parts += [await _store(backbone), await _disk(backbone)]
        parts += [*await _flows(backbone), *await _targets(backbone)]
    except StoreError as error:
        now = to_rfc3339(backbone.machine.clock.now())
        parts = [Part("store", "store", ROLES, "failed", ready=False, since=now, why=str(error)), *parts]
    parts += _replays(backbone)
    found = tuple(sorted(parts, key=lambda part: (part.ready, _ORDER.index(part.kind), part.name)))
    return Readiness(all(part.ready for part in found), to_rfc3339(backbone.machine.clock.now()), found)


_ORDER: tuple[Kind, ...] = ("store", "disk", "source", "flow", "target", "replay")


def _failed(kind: Kind, name: str, roles: tuple[Role, ...], down: Down) -> Part:
    return Part(kind, name, roles, "failed", ready=False, since=to_rfc3339(down.since), why=down.why)


def _sources(backbone: Backbone) -> list[Part]:
    known = backbone.health.known()
    return [
        _failed("source", name, ("intake",), known[f"source {name}"])
        if f"source {name}" in known
        else Part("source", name, ("intake",), "ok", ready=True)
        for name in backbone.project.sources
    ]


def _replays(backbone: Backbone) -> list[Part]:
    """Return the replays that broke; one that has failed for good has told so, and waits for a person."""
    known = backbone.health.known().items()
    return [
        _failed("replay", part.removeprefix("replay "), ("delivery",), down)
        for part, down in known
        if part.startswith("replay ")
    ]


async def _store(backbone: Backbone) -> Part:
    down = backbone.health.known().get("store")
    if down is not None:
        return _failed("store", "store", ROLES, down)
    return Part("store", "store", ROLES, "ok", ready=True)


async def _disk(backbone: Backbone) -> Part:
    """Tell whether new events are taken: below the bound they are answered 507."""
    free, keep = await backbone.store.free_bytes(), backbone.store.keep_free_bytes
    if free >= keep:
        backbone.health.up("disk")
        return Part("disk", "disk", ROLES, "ok", ready=True)
    why = f"{free:,} bytes are free, and {keep:,} are kept for deliveries: free some space"
    backbone.health.down("disk", why)
    since = to_rfc3339(backbone.health.known()["disk"].since)
    return Part("disk", "disk", ROLES, "full", ready=False, since=since, why=why)


async def _targets(backbone: Backbone) -> list[Part]:
    standings = await backbone.standings.load()
    return [_target(name, standings.get(name, Standing())) for name in backbone.project.targets]


def _target(name: str, standing: Standing) -> Part:
    """Return how a target is; while it is away its events wait, and its flows tell where that is too long."""
    isolation, outage = standing.isolation, standing.outage
    if isolation:
        since, why = to_rfc3339(isolation.at), f"{isolation.by}: {isolation.why}"
        return Part("target", name, ("delivery",), "isolated", ready=True, since=since, why=why)
    if outage:
        since, why = to_rfc3339(outage.since), f"{outage.kind}: {outage.detail}"
        return Part("target", name, ("delivery",), "away", ready=True, since=since, why=why)
    return Part("target", name, ("delivery",), "ok", ready=True)


async def _flows(backbone: Backbone) -> list[Part]:
    pauses, standings = await backbone.pauses.load(), await backbone.standings.load()
    known, now = backbone.health.known(), backbone.machine.clock.now()
    parts = []
    for name, one in (await owed(backbone)).items():
        flow = backbone.project.flows[name]
        meant = _meant(flow, pauses.get(name), has_begun=one.status is not None)
        bound, is_away = late_bound(backbone, flow), flow.target.name in standings
        found = meant or _broken(name, known) or _late(flow, one, now, bound, is_away=is_away)
        parts.append(found or Part("flow", name, ("delivery",), "ok", ready=True))
    return parts


def _meant(flow: Flow, pause: Pause | None, *, has_begun: bool) -> Part | None:
    """Return the part of a flow that delivers nothing because somebody wants it so."""
    if flow.settings.draft:
        return Part("flow", flow.name, ("delivery",), "draft", ready=True)
    if pause is not None:
        since, why = to_rfc3339(pause.at), f"{pause.by}: {pause.why}"
        return Part("flow", flow.name, ("delivery",), "paused", ready=True, since=since, why=why)
    if not has_begun and flow.start != "beginning":
        return Part("flow", flow.name, ("delivery",), "waiting", ready=True, why="it has not begun")
    return None


def _broken(flow: str, known: Mapping[str, Down]) -> Part | None:
    for part, whose in ((f"flow {flow}", ""), (f"target of flow {flow}", "its target: ")):
        if part in known:
            down = known[part]
            return _failed("flow", flow, ("delivery",), Down(whose + down.why, down.since))
    return None


def _late(flow: Flow, one: Owed, now: int, bound: float, *, is_away: bool) -> Part | None:
    """Return the part of a flow whose oldest event to deliver is older than its bound."""
    if one.oldest is None or now <= one.oldest + round(bound * SECOND):
        return None
    is_retry = one.oldest != one.since
    what = f"event {one.offset} of {flow.contract.stream}, the oldest it has not taken,"
    what = "the oldest event that waits for its retry" if is_retry else what
    bearable = is_away or one.since is None or now <= one.since + round(bound * SECOND)
    is_ready = bearable and now <= one.oldest + round(max(bound, TOLERANCE_SECONDS) * SECOND)
    since = to_rfc3339(one.oldest + round(bound * SECOND))
    why = f"{what} is {(now - one.oldest) // SECOND:,} seconds old: more than {bound:,g}"
    return Part("flow", flow.name, ("delivery",), "late", ready=is_ready, since=since, why=why)


class Writer:
    """Asks the store's writer whether it answers, one question at a time."""

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone
        self._asked: asyncio.Future[None] | None = None
        self._at = 0.0

    async def pulse(self, patience_seconds: float = 1.0) -> Pulse:
        """Tell whether the process lives; waits for the writer no longer than ``patience_seconds``."""
        clock = self._backbone.machine.clock
        if self._asked is None:
            self._asked, self._at = self._backbone.store.submit(_nothing), clock.monotonic()
        late = asyncio.ensure_future(clock.sleep(patience_seconds))
        try:
            await asyncio.wait({self._asked, late}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            late.cancel()
        waited = clock.monotonic() - self._at
        if self._asked.done():
            self._asked.exception()  # a store that fails answers all the same
            self._asked, waited = None, 0.0
        lag = round(self._backbone.health.lag_seconds, 3)
        return Pulse(waited < WRITER_SECONDS, lag, round(waited, 3))


def _nothing(_connection: object) -> None:
    """Write nothing: what is asked is whether anybody does it."""
