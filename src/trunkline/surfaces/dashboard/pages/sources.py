"""All sources: when each was heard of last, whether it fell silent, and what of it was refused."""

from __future__ import annotations

from trunkline.surfaces.dashboard.page import Asked, Page, View
from trunkline.surfaces.dashboard.tables import Column, found, ordered, paged

COLUMNS = (
    Column("source", "Source"),
    Column("stream", "Stream"),
    Column("last_event", "Last event"),
    Column("every_seconds", "Gives data", numeric=True),
    Column("quarantined", "Refused", numeric=True),
)


async def _load(asked: Asked) -> View:
    seen = await asked.sights.now()
    rows = ordered(found(seen.sources, asked, ("source", "stream", "via")), asked, COLUMNS, "-quarantined")
    table = paged(rows, asked, "sources", COLUMNS, len(seen.sources), "-quarantined")
    return View("Sources", table, rows, at=seen.at)


SOURCES = Page(
    "sources",
    "/sources",
    "Sources",
    "Every source: its stream, when it was heard of last, how often it gives data, what was refused.",
    _load,
    "Now",
    "s",
)
