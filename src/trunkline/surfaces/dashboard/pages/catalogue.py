"""The catalogue, and where each field goes: from the files, as this process read them at its start."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from trunkline.app.catalogue import Catalogue, FlowEntry, SystemEntry, catalogue
from trunkline.app.lineage import Way, lineage
from trunkline.kernel.errors import UsageError
from trunkline.surfaces.dashboard.page import ROOM, Asked, Page, View
from trunkline.surfaces.dashboard.tables import Column, Table, found, ordered, paged
from trunkline.surfaces.docs.topology import HEIGHT, WIDTH, Drawing, laid_out

LINEAGE = f"{ROOM}/lineage"
DRAWN, TOLD = 20, 100
"""How many fields are drawn and told at the most; exports have all."""


class SystemRow(msgspec.Struct, frozen=True):
    """A system as the list and exports have it."""

    system: str
    title: str
    kind: str
    owner: str
    contact: str
    data_owner: str
    publishes: tuple[str, ...]
    accepts: tuple[str, ...]


class Circle(msgspec.Struct, frozen=True):
    """Systems that feed each other, and what ends it: the flow, and how."""

    systems: tuple[str, ...]
    ended: bool
    ends: tuple[str, ...]


class Shelf(msgspec.Struct, frozen=True):
    """A part of the catalogue: its columns, by what it is ordered, in which fields words are looked for."""

    label: str
    columns: tuple[Column, ...]
    order: str
    fields: tuple[str, ...]


SHELVES = {
    "systems": Shelf(
        "Systems",
        (
            Column("system", "System"),
            Column("kind", "Kind"),
            Column("owner", "Owner"),
            Column("data_owner", "Data owner"),
            Column("", "Publishes"),
            Column("", "Accepts"),
        ),
        "system",
        ("system", "title", "kind", "owner", "contact", "data_owner"),
    ),
    "contracts": Shelf(
        "Contracts",
        (
            Column("stream", "Contract"),
            Column("version", "Version"),
            Column("owner", "Owner"),
            Column("fields", "Fields", numeric=True),
            Column("personal", "Personal", numeric=True),
            Column("retention", "Kept for"),
            Column("legal_basis", "Ground"),
        ),
        "stream",
        ("stream", "title", "owner", "status", "legal_basis"),
    ),
    "flows": Shelf(
        "Flows",
        (
            Column("flow", "Flow"),
            Column("", "From"),
            Column("stream", "Stream"),
            Column("target", "To"),
            Column("loop", "Ends a circle"),
        ),
        "flow",
        ("flow", "title", "stream", "target", "sources"),
    ),
    "personal": Shelf(
        "Personal data",
        (
            Column("field", "Field"),
            Column("stream", "Stream"),
            Column("classification", "Classification"),
            Column("", "Comes from"),
            Column("", "Goes to"),
        ),
        "stream",
        ("field", "stream", "classification", "sources", "targets", "perhaps"),
    ),
    "circles": Shelf(
        "Circles",
        (Column("systems", "Systems"), Column("ended", "State"), Column("", "What ends it")),
        "systems",
        ("systems", "ends"),
    ),
}


class Shown(msgspec.Struct, frozen=True):
    """One part of the catalogue, how many there are of each, and what the hub replaced."""

    show: str
    shelves: tuple[tuple[str, str, int], ...]
    table: Table[Any]
    pairs: int
    ends: int


class Made(msgspec.Struct, frozen=True):
    """The catalogue by its parts."""

    whole: Catalogue
    parts: dict[str, Sequence[Any]]


async def _made(asked: Asked) -> Made:
    """Return the catalogue; it is worked out once, as a project does not change while it runs."""
    return await asked.sights.memory.made("catalogue", 0, lambda: _parted(catalogue(asked.backbone.project)))


def _parted(whole: Catalogue) -> Made:
    parts: dict[str, Sequence[Any]] = {
        "systems": [_system(one) for one in whole.systems],
        "contracts": whole.contracts,
        "flows": whole.flows,
        "personal": whole.personal,
        "circles": [_circle(tuple(one), whole.flows) for one in whole.circles],
    }
    return Made(whole, parts)


def _system(one: SystemEntry) -> SystemRow:
    owner = one.owner
    return SystemRow(
        one.system,
        one.title,
        one.kind,
        owner.team,
        owner.contact,
        one.data_owner.team,
        one.publishes,
        one.accepts,
    )


def _circle(systems: tuple[str, ...], flows: Sequence[FlowEntry]) -> Circle:
    steps = set(pairwise(systems))
    ends = tuple(
        f"{one.flow}: {one.loop}"
        for one in flows
        if one.loop
        and any((source.partition("/")[0], one.target.partition(".")[0]) in steps for source in one.sources)
    )
    return Circle(systems, bool(ends), ends)


async def _load_catalogue(asked: Asked) -> View:
    made, show = await _made(asked), asked.value("show", "systems")
    show = show if show in SHELVES else "systems"
    shelf, whole = SHELVES[show], made.parts[show]
    rows = ordered(found(whole, asked, shelf.fields), asked, shelf.columns, shelf.order)
    shown = Shown(
        show,
        tuple((name, one.label, len(made.parts[name])) for name, one in SHELVES.items()),
        paged(rows, asked, shelf.label.lower(), shelf.columns, len(whole), shelf.order),
        made.whole.links.pairs,
        made.whole.links.ends,
    )
    return View("Catalogue", shown, rows)


class Step(msgspec.Struct, frozen=True):
    """One step of a field as exports have it: from its stream through a flow to a target's fields."""

    stream: str
    field: str
    classification: str
    personal: bool
    sources: tuple[str, ...]
    flow: str
    target: str
    contract: str
    fields: tuple[str, ...]
    how: str
    certain: bool
    draft: bool


class Led(msgspec.Struct, frozen=True):
    """Where a field goes: the ways as a drawing and one by one; or why there are none, and what to try."""

    ways: tuple[Way, ...]
    total: int
    drawing: Drawing | None
    box: tuple[int, int]
    problem: str
    examples: tuple[tuple[str, str], ...]


async def _load_lineage(asked: Asked) -> View:
    text, stream = asked.value("q").strip(), asked.value("stream").strip()
    ways, problem = [], ""
    if text:
        key = f"lineage {stream} {text}"
        try:
            ways = await asked.sights.memory.made(
                key, 0, lambda: lineage(asked.backbone.project, text, stream)
            )
        except UsageError as error:
            problem = str(error)
    examples = () if ways else _examples(await _made(asked))
    drawing = _drawing(ways[:DRAWN]) if ways else None
    shown = Led(tuple(ways[:TOLD]), len(ways), drawing, (WIDTH, HEIGHT), problem, examples)
    return View("Lineage", shown, [step for way in ways for step in _steps(way)])


def _examples(made: Made) -> tuple[tuple[str, str], ...]:
    """Return some fields to begin with: personal ones, as they are asked for most."""
    return tuple((one.stream, one.field) for one in made.whole.personal[:8])


def address(stream: str, field: str) -> str:
    """Return where it is told where a field of a stream goes."""
    return f"{LINEAGE}?{urlencode({'q': field, 'stream': stream})}"


def _steps(way: Way) -> list[Step]:
    about = way.stream, way.field, way.classification, way.personal, way.sources
    steps = [
        Step(*about, one.flow, one.target, one.contract, one.fields, one.how, one.certain, one.draft)
        for one in way.reaches
    ]
    return steps or [Step(*about, "", "", "", (), "", certain=True, draft=False)]


def _drawing(ways: Sequence[Way]) -> Drawing:
    """Lay out where fields come from, the fields, the flows that read them, and where they get to."""
    publish = sorted({(source, _name(way)) for way in ways for source in way.sources})
    reads = [(_name(way), one.flow) for way in ways for one in way.reaches]
    gives = sorted({(one.flow, one.target) for way in ways for one in way.reaches if one.fields})
    return laid_out(
        [
            {name: f"{ROOM}/sources?q={quote(name)}" for name, _ in publish},
            {_name(way): address(way.stream, way.field) for way in ways},
            {name: f"{ROOM}/flows/{quote(name, safe='')}" for _, name in reads},
            {name: f"{ROOM}/flows?target={quote(name)}" for _, name in gives},
        ],
        [publish, reads, gives],
    )


def _name(way: Way) -> str:
    return f"{way.stream} {way.field}"


CATALOGUE = Page(
    "catalogue",
    "/catalogue",
    "Catalogue",
    "Systems with their owners, contracts, flows, personal data, circles and what ends them; links replaced.",
    _load_catalogue,
    "Project",
    "c",
    10.0,
)
LINEAGE_PAGE = Page(
    "lineage",
    "/lineage",
    "Lineage",
    "Where a field goes, end to end: its sources, each flow's mapping, its targets, and where it may go on.",
    _load_lineage,
    "Project",
    "l",
    10.0,
)
PAGES = (CATALOGUE, LINEAGE_PAGE)
