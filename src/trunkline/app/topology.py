"""The use-case of the topology: which systems, streams, flows and targets are joined, and how each way is."""

from __future__ import annotations

import msgspec

from trunkline.app.backbone import Backbone
from trunkline.app.loops import pairs
from trunkline.app.snapshot import Snapshot
from trunkline.app.verdicts import Health


class Way(msgspec.Struct, frozen=True):
    """One flow with all before and behind it; the numbers are as in ``snapshot.FlowSight``.

    ``arrives_per_second`` is what comes into its stream, ``silent`` are sources that should have given data.
    """

    sources: tuple[str, ...]
    silent: tuple[str, ...]
    stream: str
    arrives_per_second: float | None
    flow: str
    health: Health
    lag: int
    lag_seconds: float
    per_second: float | None
    target: str
    target_state: str


class Topology(msgspec.Struct, frozen=True):
    """Every way, streams that no flow reads, and what the hub replaced.

    ``pairs`` are those of systems that flows join: as many links point to point as there would be without
    the hub; ``ends`` are the sources and targets that do it.
    """

    ways: list[Way]
    unread: list[str]
    systems: dict[str, tuple[str, ...]]
    pairs: int
    ends: int


def topology(backbone: Backbone, seen: Snapshot) -> Topology:
    """Join what the project's files say with how everything is in a snapshot.

    ``systems`` are those that publish, by the streams they publish into.
    """
    project = backbone.project
    streams = {one.stream: one.per_second for one in seen.streams}
    targets = {one.target: one.state for one in seen.targets}
    silent = {one.source for one in seen.sources if one.silent}
    named: dict[str, list[str]] = {}
    for source in project.sources.values():
        named.setdefault(source.contract.stream, []).append(source.name)
    ways = [
        Way(
            tuple(sorted(named.get(one.stream, ()))),
            tuple(sorted(silent.intersection(named.get(one.stream, ())))),
            one.stream,
            streams.get(one.stream),
            one.flow,
            one.health,
            one.lag,
            one.lag_seconds,
            one.per_second,
            one.target,
            targets[one.target],
        )
        for one in seen.flows
    ]
    read = {one.stream for one in seen.flows}
    systems = {
        stream: tuple(sorted({name.partition("/")[0] for name in names})) for stream, names in named.items()
    }
    ends = len(project.sources) + len(project.targets)
    return Topology(ways, sorted(named.keys() - read), systems, len(pairs(project)), ends)
