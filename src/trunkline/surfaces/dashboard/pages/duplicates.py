"""Which entities of a stream are one thing: how many, in what they match, and the keys to look at."""

from __future__ import annotations

import msgspec

from trunkline.app.census import DuplicateReport, EntityCount, duplicates, entity_counts
from trunkline.surfaces.dashboard.page import Asked, NotThere, Page, View
from trunkline.surfaces.dashboard.tables import Column, Table, paged

MOST = 1_000
"""How many matches are shown at the most; the rest is told by the sums."""

COLUMNS = (
    Column("", "Match in"),
    Column("", "Entities", numeric=True),
    Column("", "Keys, the oldest first"),
)


class Row(msgspec.Struct, frozen=True):
    """Entities whose values agree: in which fields, how many, and the keys of the oldest of them."""

    fields: str
    entities: int
    keys: tuple[str, ...]


class Shown(msgspec.Struct, frozen=True):
    """The count of every stream that is counted, and the matches of one of them."""

    counts: list[EntityCount]
    chosen: EntityCount | None
    table: Table[Row]


async def _load(asked: Asked) -> View:
    counts = await entity_counts(asked.backbone)
    most = max(counts, key=lambda one: one.duplicates, default=None)
    name = asked.value("stream", most.stream if most else "")
    chosen = next((one for one in counts if one.stream == name), None)
    if name and chosen is None:
        raise NotThere(f"{name} is not counted: its contract does not say match")
    rows = _rows(await duplicates(asked.backbone, name, MOST)) if chosen else []
    shown = Shown(counts, chosen, paged(rows, asked, "groups", COLUMNS, len(rows)))
    return View("Duplicates", shown, rows)


def _rows(report: DuplicateReport) -> list[Row]:
    return [
        Row(
            ", ".join(one.fields),
            one.entities,
            tuple(f"{each.key or '-'} ({each.offset})" for each in one.oldest),
        )
        for one in report.groups
    ]


DUPLICATES = Page(
    "duplicates",
    "/duplicates",
    "Duplicates",
    "Which entities of a stream are one thing, by what its contract matches by: how many, and their keys.",
    _load,
    "Project",
    "",
    10.0,
)
