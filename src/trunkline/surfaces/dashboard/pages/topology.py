"""The topology: systems, streams, flows and targets, with how each way is now, as a drawing and as a list."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from trunkline.app.topology import Topology, Way, topology
from trunkline.surfaces.dashboard.page import ROOM, Asked, Page, View
from trunkline.surfaces.dashboard.pages.flow import address
from trunkline.surfaces.dashboard.tables import Column, Table, found, ordered, paged
from trunkline.surfaces.docs.topology import HEIGHT, WIDTH, Drawing, laid_out

DRAWN = 60
"""How many ways are drawn at the most: more are too many to see anything; the list has all."""

COLUMNS = (
    Column("sources", "From"),
    Column("stream", "Stream"),
    Column("arrives_per_second", "Arrives", numeric=True),
    Column("flow", "Flow"),
    Column("health", "State"),
    Column("lag", "Behind", numeric=True),
    Column("per_second", "Gets through", numeric=True),
    Column("target", "To"),
)


class Shown(msgspec.Struct, frozen=True):
    """The drawing of the first ways that are asked for, what each flow's is like, and all as a list."""

    drawing: Drawing
    box: tuple[int, int]
    ways: dict[str, Way]
    streams: dict[str, float | None]
    targets: dict[str, str]
    table: Table[Way]
    pairs: int
    ends: int


async def _load(asked: Asked) -> View:
    seen = await asked.sights.now()
    whole = topology(asked.backbone, seen)
    asks = ("flow", "stream", "target", "sources")
    rows = ordered(found(whole.ways, asked, asks), asked, COLUMNS, "stream")
    table = paged(rows, asked, "ways", COLUMNS, len(whole.ways), "stream")
    drawn = rows[:DRAWN]
    shown = Shown(
        _drawing(whole, drawn, unread=not asked.value("q")),
        (WIDTH, HEIGHT),
        {one.flow: one for one in drawn},
        {one.stream: one.arrives_per_second for one in drawn},
        {one.target: one.target_state for one in drawn},
        table,
        whole.pairs,
        whole.ends,
    )
    return View("Topology", shown, rows, at=seen.at)


def _drawing(whole: Topology, ways: list[Way], *, unread: bool) -> Drawing:
    """Lay out systems, streams, flows and targets, each with where it leads."""
    streams = {one.stream for one in ways} | set(whole.unread if unread else ())
    publish = sorted((name, stream) for stream in streams for name in whole.systems.get(stream, ()))
    return laid_out(
        [
            {name: f"{ROOM}/sources?q={quote(name)}" for name in sorted({name for name, _ in publish})},
            {name: f"{ROOM}/streams?q={quote(name)}" for name in sorted(streams)},
            {one.flow: address(one.flow) for one in ways},
            {name: f"{ROOM}/flows?target={quote(name)}" for name in sorted({one.target for one in ways})},
        ],
        [publish, [(one.stream, one.flow) for one in ways], [(one.flow, one.target) for one in ways]],
    )


TOPOLOGY = Page(
    "topology",
    "/topology",
    "Topology",
    "Systems, streams, flows and targets, with rate, lag and state on every way; as a drawing and as a list.",
    _load,
    "Now",
    "t",
)
