"""The use-case of the first page: is it flowing, and if not, what is wrong, the worst first, and what next.

Everything is judged from one snapshot. Each ``Trouble`` names what it is about and the next step, so that who
is woken by it need not know the project by heart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

import msgspec

from trunkline.app.backbone import Backbone
from trunkline.app.changes import Change
from trunkline.app.kpis import Point, Window, series, summed
from trunkline.app.snapshot import FlowSight, Snapshot, SourceSight, TargetSight
from trunkline.app.verdicts import FINE, several
from trunkline.kernel.clock import SECOND
from trunkline.observe.kpi import Kpis

Kind: TypeAlias = Literal["process", "flow", "target", "source", "quarantine"]

HOUR = 3_600 * SECOND


class Trouble(msgspec.Struct, frozen=True):
    """One thing that is wrong: what, why, since when, what it is about, and what to do next.

    ``bad``: data is late, or does not arrive. The others wait for a person and let the rest go on.
    """

    bad: bool
    what: str
    why: str
    since: str | None
    kind: Kind
    name: str
    next: str


class Tally(msgspec.Struct, frozen=True):
    """The sums of the first page; ``per_second`` are what came in and what flows got through, lately."""

    flows: int
    fine: int
    lag: int
    oldest_seconds: float
    waiting: int
    held: int
    dead: int
    quarantined: int
    events: int
    arrived_per_second: float | None
    delivered_per_second: float | None


class LastHour(msgspec.Struct, frozen=True):
    """The KPIs of an hour as far as sums tell them, and what happened in each of its minutes."""

    kpis: Kpis
    points: list[Point]


class Overview(msgspec.Struct, frozen=True):
    """The first page: one sentence, all that is wrong, the sums, the last hour, and what changed lately."""

    sentence: str
    troubles: list[Trouble]
    tally: Tally
    hour: LastHour
    changes: list[Change]


async def last_hour(backbone: Backbone, flow: str = "") -> LastHour:
    """Tell what happened in the hour up to now, all together or in one flow."""
    now = backbone.machine.clock.now()
    window = Window(now - HOUR, now + 1, flow)
    return LastHour(await summed(backbone, window), await series(backbone, window))


def overview(seen: Snapshot, hour: LastHour, changes: list[Change]) -> Overview:
    """Judge a snapshot, beside what happened and what changed lately."""
    found = troubles(seen)
    return Overview(sentence(seen, found), found, tally(seen), hour, changes)


def sentence(seen: Snapshot, found: Sequence[Trouble]) -> str:
    """Answer "are we fine?" in one sentence, the worst thing first."""
    if not seen.flows:
        return "This project has no flow yet."
    if not found:
        return f"Yes: {several(len(seen.flows), 'flow')}, nothing late, nothing waiting for a person."
    rest = f"; and {several(len(found) - 1, 'other thing')} to look at" if len(found) > 1 else ""
    start = "No" if found[0].bad else "Data flows, but somebody has to look"
    return f"{start}: {found[0].what}{rest}."


def troubles(seen: Snapshot) -> list[Trouble]:
    """Return all that is wrong, the worst first."""
    found = [*_process(seen), *_away(seen), *_late(seen), *_waiting(seen), *_silent(seen.sources)]
    found += [*_isolated(seen.targets), *_paused(seen), *_refused(seen.sources)]
    return sorted(found, key=lambda one: not one.bad)


def tally(seen: Snapshot) -> Tally:
    """Add up the numbers of a snapshot."""
    flows = seen.flows
    return Tally(
        flows=len(flows),
        fine=sum(one.health in FINE for one in flows),
        lag=sum(one.lag for one in flows),
        oldest_seconds=max((one.lag_seconds for one in flows), default=0.0),
        waiting=sum(one.waiting for one in flows),
        held=sum(one.held for one in flows),
        dead=sum(one.dead for one in flows),
        quarantined=sum(one.quarantined for one in seen.sources),
        events=sum(one.events for one in seen.streams),
        arrived_per_second=_sum(one.per_second for one in seen.streams),
        delivered_per_second=_sum(one.per_second for one in seen.flows),
    )


def _sum(rates: Iterable[float | None]) -> float | None:
    known = [one for one in rates if one is not None]
    return float(f"{sum(known):.2g}") if known else None


def _process(seen: Snapshot) -> Iterator[Trouble]:
    if seen.unready:
        after = "mend what it names; it is tried again by itself"
        yield Trouble(True, "this process is not ready", seen.unready, None, "process", "", after)


def _away(seen: Snapshot) -> Iterator[Trouble]:
    for target in seen.targets:
        if target.state == "away":
            flows = [one for one in seen.flows if one.target == target.target]
            what = f"target {target.target} is away and {several(_open(flows), 'event')} wait for it"
            after = "see whether its system is up; deliveries go on by themselves when it answers"
            yield Trouble(True, what, target.why, target.since, "target", target.target, after)


def _open(flows: Iterable[FlowSight]) -> int:
    return sum(one.lag + one.waiting + one.held for one in flows)


def _late(seen: Snapshot) -> Iterator[Trouble]:
    late = sorted((one for one in seen.flows if one.health == "late"), key=lambda one: -one.lag_seconds)
    for flow in late:
        after = f"see its attempts, and what its target {flow.target} says"
        yield Trouble(
            True, f"flow {flow.flow} is late", flow.why, flow.last_delivered, "flow", flow.flow, after
        )


def _waiting(seen: Snapshot) -> Iterator[Trouble]:
    for flow in sorted(seen.flows, key=lambda one: -one.dead):
        if flow.dead:
            what = f"flow {flow.flow} has {several(flow.dead, 'dead letter')}"
            held = several(flow.held, "later event")
            why = f"held behind them: {held} of the same entities" if flow.held else "all others go on"
            after = "look at their causes, mend or retry them"
            yield Trouble(False, what, why, None, "flow", flow.flow, after)


def _silent(sources: Iterable[SourceSight]) -> Iterator[Trouble]:
    for source in sources:
        if source.silent:
            why = f"something is expected every {source.expected_seconds or 0:,.0f} s, and nothing new came"
            after = f"ask whether system {source.system} still sends"
            what = f"source {source.source} is silent"
            yield Trouble(True, what, why, source.last_event, "source", source.source, after)


def _isolated(targets: Iterable[TargetSight]) -> Iterator[Trouble]:
    for target in targets:
        if target.state == "isolated":
            why = f"by {target.by}: {target.why}"
            after = f"trunkline target reset {target.target}, when it may be called again"
            what = f"target {target.target} is isolated"
            yield Trouble(False, what, why, target.since, "target", target.target, after)


def _paused(seen: Snapshot) -> Iterator[Trouble]:
    for flow in seen.flows:
        if flow.health == "paused":
            after = f"trunkline flow resume {flow.flow}, when it may go on"
            what = f"flow {flow.flow} is paused"
            yield Trouble(False, what, flow.why, flow.last_delivered, "flow", flow.flow, after)


def _refused(sources: Iterable[SourceSight]) -> Iterator[Trouble]:
    for source in sorted(sources, key=lambda one: -one.quarantined):
        if source.quarantined:
            what = f"source {source.source} has {several(source.quarantined, 'refused arrival')}"
            why = "they broke their contract; the others were taken in"
            after = "look at the reasons, mend or discard them"
            yield Trouble(False, what, why, None, "quarantine", source.source, after)
