"""The audit: who did what, to what, why, and what came of it."""

from __future__ import annotations

import msgspec

from trunkline.app.acts import AUDITED
from trunkline.app.audited import AuditView, audited
from trunkline.observe.audit import AuditQuery
from trunkline.surfaces.dashboard.page import Asked, Page, View
from trunkline.surfaces.dashboard.tables import ROWS, Column, Table
from trunkline.surfaces.dashboard.words import moment

EXPORTED = 100_000
"""How many acts a file holds at the most."""

COLUMNS = (
    Column("", "When"),
    Column("", "Who"),
    Column("", "What"),
    Column("", "About"),
    Column("", "Why"),
    Column("", "Before, after"),
    Column("", "Outcome"),
)
FILTERS = ("by", "what", "q", "since", "until")


class Acts(msgspec.Struct, frozen=True):
    """One page of acts; ``next`` is the number that the page behind it begins before, 0 at the end."""

    table: Table[AuditView]
    kinds: tuple[str, ...]
    next: int
    filtered: bool


async def _load(asked: Asked) -> View:
    most = EXPORTED if "format" in asked.query else ROWS
    query = AuditQuery(
        asked.value("by").strip(),
        asked.value("what"),
        asked.value("q"),
        moment(asked.value("since")),
        moment(asked.value("until")),
        asked.number("before", 0),
        most + 1,
    )
    rows = await audited(asked.backbone, query)
    more, rows = len(rows) > most, rows[:most]
    table = Table("acts", COLUMNS, rows, len(rows), len(rows), 1, 1, "", falling=False)
    filtered = any(asked.value(name) for name in FILTERS)
    return View("Audit", Acts(table, AUDITED, rows[-1].number if more else 0, filtered), rows)


AUDIT = Page(
    "audit",
    "/audit",
    "Audit",
    "Who did what, to what, why, from which state to which, and what came of it. Filter by who, what, time.",
    _load,
    "Project",
    "u",
    5.0,
)
