"""The use-case behind ``trunkline status``: where every source, stream and flow stands.

Everything is read from what is stored, so it is the same before and after a restart, and whether the
project runs or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from trunkline.app.backbone import Backbone
from trunkline.app.pausing import PauseView, pause_view
from trunkline.app.project import Source
from trunkline.app.replays import ReplayView, replays
from trunkline.app.sunsets import ending_of
from trunkline.app.versions import registry_of
from trunkline.delivery.ledger import FlowStatus
from trunkline.delivery.standing import Isolation, Outage
from trunkline.eventlog.port import StreamInfo
from trunkline.kernel.clock import SECOND, to_rfc3339
from trunkline.kernel.errors import ProjectError
from trunkline.observe.rollups import Pair


class SourceStatus(msgspec.Struct, frozen=True):
    """A source: when it last gave a new event, and its open quarantine.

    ``note`` says of a version that it is on and that is deprecated until when it may be used, or that it is
    over and nothing is taken in.
    """

    source: str
    via: str
    stream: str
    last_event: str | None
    quarantined: int
    note: str = ""


class StreamStatus(msgspec.Struct, frozen=True):
    """A stream: its extent, its stored bytes, and when its last event was accepted."""

    stream: str
    events: int
    first: int
    next: int
    stored_bytes: int
    last_event: str | None


class FlowStanding(msgspec.Struct, frozen=True):
    """A flow: the offset it reads next, how many events are ahead of it and how old the oldest of them is.

    ``waiting`` are to be retried, ``held`` wait behind one of their key, ``dead`` are dead letters. A flow
    that is ``paused`` takes nothing until somebody resumes it.
    """

    flow: str
    stream: str
    target: str
    cursor: int
    lag: int
    lag_seconds: float
    waiting: int
    held: int
    dead: int
    last_delivered: str | None
    paused: PauseView | None = None


class TargetStanding(msgspec.Struct, frozen=True):
    """A target that is not simply there: isolated by somebody, or away, since when and why."""

    target: str
    state: Literal["isolated", "away"]
    since: str
    by: str
    why: str


class Status(msgspec.Struct, frozen=True):
    """Where a project stands; ``replays`` are those that are running, paused or have failed."""

    project: str
    at: str
    sources: list[SourceStatus]
    streams: list[StreamStatus]
    flows: list[FlowStanding]
    targets: list[TargetStanding]
    replays: list[ReplayView]


async def status(backbone: Backbone) -> Status:
    """Tell where every source, stream and flow stands."""
    project = backbone.project
    infos = {info.stream: info for info in await backbone.log.streams()}
    heard = {(one.stream, one.source): one.last for one in await backbone.rollups.seen()}
    return Status(
        project.settings.project,
        to_rfc3339(backbone.machine.clock.now()),
        await _sources(backbone, heard),
        [_stream(stream, infos.get(stream), heard) for stream in sorted({*project.contracts, *infos})],
        await _flows(backbone, infos),
        [
            _target(name, standing.isolation, standing.outage)
            for name, standing in sorted((await backbone.standings.load()).items())
            if name in project.targets
        ],
        await replays(backbone, only_open=True),
    )


def _target(name: str, isolation: Isolation | None, outage: Outage | None) -> TargetStanding:
    if isolation:
        return TargetStanding(name, "isolated", to_rfc3339(isolation.at), isolation.by, isolation.why)
    assert outage is not None
    return TargetStanding(name, "away", to_rfc3339(outage.since), "", f"{outage.kind}: {outage.detail}")


async def _sources(backbone: Backbone, heard: Mapping[Pair, int]) -> list[SourceStatus]:
    held: dict[str, int] = {}
    for count in await backbone.quarantine.counts():
        if count.status == "open":
            held[count.source] = held.get(count.source, 0) + count.entries
    described = [
        SourceStatus(
            name,
            one.via,
            one.contract.stream,
            _last([heard.get((one.contract.stream, name), 0)]),
            held.pop(name, 0),
            await _ending(backbone, one),
        )
        for name, one in sorted(backbone.project.sources.items())
    ]
    # what was published by hand, and sources that were removed, still have their quarantine
    return described + [
        SourceStatus(name, "-", name.partition("/")[2], None, count) for name, count in sorted(held.items())
    ]


async def _ending(backbone: Backbone, source: Source) -> str:
    """Say of the versions that a source is on which ends first, or has ended; nothing where none does."""
    registry = registry_of(backbone.project.folder)
    both = {one.stream: one for one in (source.given, source.contract)}.values()
    try:
        found = [ending_of(one, await registry.subject(one.name)) for one in both]
    except ProjectError:
        return ""  # a damaged journal is told of by check
    first = min((one for one in found if one), key=lambda one: one.sunset, default=None)
    if first is None:
        return ""
    over = first.sunset <= backbone.machine.clock.now()
    return str(first) if over else f"{first.version} is deprecated until {to_rfc3339(first.sunset)}"


def _last(instants: Iterable[int]) -> str | None:
    last = max(instants, default=0)
    return to_rfc3339(last) if last else None


def _stream(name: str, info: StreamInfo | None, heard: Mapping[Pair, int]) -> StreamStatus:
    if info is None:
        return StreamStatus(name, 0, 0, 0, 0, None)
    last = _last(at for (stream, _), at in heard.items() if stream == name)
    return StreamStatus(name, info.next - info.first, info.first, info.next, info.stored_bytes, last)


async def _flows(backbone: Backbone, infos: dict[str, StreamInfo]) -> list[FlowStanding]:
    known: Iterable[FlowStatus] = await backbone.ledger.status()
    by_name = {one.flow: one for one in known}
    pauses = await backbone.pauses.load()
    standings = []
    for name, flow in backbone.project.flows.items():
        info = infos.get(flow.contract.stream)
        one = by_name.get(name) or FlowStatus(name, 0, 0, 0, 0, 0, 0)
        cursor = max(one.cursor, info.first if info else 0)
        lag = max(0, info.next - cursor) if info else 0
        standings.append(
            FlowStanding(
                flow=name,
                stream=flow.contract.stream,
                target=flow.target.name,
                cursor=one.cursor,
                lag=lag,
                lag_seconds=await _age(backbone, flow.contract.stream, cursor) if lag else 0.0,
                waiting=one.waiting,
                held=one.held,
                dead=one.dead,
                last_delivered=to_rfc3339(one.delivered_at) if one.delivered_at else None,
                paused=pause_view(pauses.get(name)),
            )
        )
    return standings


async def _age(backbone: Backbone, stream: str, offset: int) -> float:
    page = await backbone.log.read(stream, offset, 1)
    if not page.events:
        return 0.0
    return round((backbone.machine.clock.now() - page.events[0].recorded) / SECOND, 3)
