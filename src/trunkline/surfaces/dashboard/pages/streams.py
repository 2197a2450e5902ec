"""All streams: what they hold, how fast they grow, who writes and who reads them."""

from __future__ import annotations

from trunkline.surfaces.dashboard.page import Asked, Page, View
from trunkline.surfaces.dashboard.tables import Column, found, ordered, paged

COLUMNS = (
    Column("stream", "Stream"),
    Column("events", "Events", numeric=True),
    Column("per_second", "Rate", numeric=True),
    Column("stored_bytes", "Stored", numeric=True),
    Column("sources", "Sources", numeric=True),
    Column("flows", "Flows", numeric=True),
    Column("last_event", "Last event"),
)


async def _load(asked: Asked) -> View:
    seen = await asked.sights.now()
    rows = ordered(found(seen.streams, asked, ("stream", "title")), asked, COLUMNS, "-events")
    table = paged(rows, asked, "streams", COLUMNS, len(seen.streams), "-events")
    return View("Streams", table, rows, at=seen.at)


STREAMS = Page(
    "streams",
    "/streams",
    "Streams",
    "Every stream: its events and their rate, the bytes they take, how many sources write and flows read it.",
    _load,
    "Now",
    "e",
)
