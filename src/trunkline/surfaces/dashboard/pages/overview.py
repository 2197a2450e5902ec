"""The first page: are we fine, and if not, what is wrong."""

from __future__ import annotations

from trunkline.app.overview import overview
from trunkline.surfaces.dashboard.page import Asked, Page, View


async def _load(asked: Asked) -> View:
    seen = await asked.sights.now()
    hour, changes = await asked.sights.hour(), await asked.sights.changes.lately()
    return View("Overview", overview(seen, hour, changes), at=seen.at)


OVERVIEW = Page(
    "overview",
    "/",
    "Overview",
    "Whether all is well, what is wrong and what to do next, the sums, and what changed lately.",
    _load,
    "Now",
    "o",
)
