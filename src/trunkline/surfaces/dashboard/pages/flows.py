"""All flows: how each is, how far behind, and what waits in it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from trunkline.app.snapshot import FlowSight
from trunkline.app.verdicts import WORST_FIRST
from trunkline.surfaces.dashboard.page import Asked, Page, View
from trunkline.surfaces.dashboard.render import LABELS
from trunkline.surfaces.dashboard.tables import Column, Table, found, ordered, paged

COLUMNS = (
    Column("flow", "Flow"),
    Column("health", "State"),
    Column("lag", "Behind", numeric=True),
    Column("lag_seconds", "Oldest", numeric=True),
    Column("per_second", "Rate", numeric=True),
    Column("waiting", "Waiting", numeric=True),
    Column("held", "Held", numeric=True),
    Column("dead", "Dead", numeric=True),
    Column("last_delivered", "Last delivered"),
)
SEARCHED = ("flow", "title", "stream", "target", "why")


class Flows(msgspec.Struct, frozen=True):
    """The table, and what may be chosen from: states and targets, each with what it is called."""

    table: Table[FlowSight]
    healths: tuple[tuple[str, str], ...]
    targets: tuple[tuple[str, str], ...]


async def _load(asked: Asked) -> View:
    seen = await asked.sights.now()
    rows = _ordered(_chosen(seen.flows, asked), asked)
    healths = tuple((one, LABELS[one]) for one in WORST_FIRST)
    targets = tuple((one, one) for one in sorted({flow.target for flow in seen.flows}))
    table = paged(rows, asked, "flows", COLUMNS, len(seen.flows), "health")
    return View("Flows", Flows(table, healths, targets), rows, at=seen.at)


def _chosen(flows: Sequence[FlowSight], asked: Asked) -> list[FlowSight]:
    health, target, stream = asked.value("health"), asked.value("target"), asked.value("stream")
    return [
        one
        for one in found(flows, asked, SEARCHED)
        if health in ("", one.health) and target in ("", one.target) and stream in ("", one.stream)
    ]


def _ordered(flows: Sequence[FlowSight], asked: Asked) -> list[FlowSight]:
    """Return flows as asked for; by state the worst first, and of one state the furthest behind."""
    given = asked.value("sort", "health")
    if given.removeprefix("-") != "health":
        return ordered(flows, asked, COLUMNS, "health")
    worst = sorted(flows, key=lambda one: (WORST_FIRST.index(one.health), -one.lag_seconds, -one.dead))
    return worst[::-1] if given.startswith("-") else worst


FLOWS = Page(
    "flows",
    "/flows",
    "Flows",
    "Every flow: its state, how far behind, its rate, what waits, is held or dead. Filter, sort.",
    _load,
    "Now",
    "f",
)
