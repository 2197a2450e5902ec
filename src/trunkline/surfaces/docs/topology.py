"""The drawing of a project: systems, streams, flows and targets in four columns, joined by what flows.

Positions are computed here, in whole pixels, so that the same project is the same drawing; the template
only writes them down. Within a column everything stands near what it is joined with.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from trunkline.app.docs.model import ProjectDocs

COLUMNS = ("Systems", "Streams", "Flows", "Targets")

WIDTH, HEIGHT = 190, 30
"""Of a box."""
ACROSS, DOWN = 270, 42
"""From one box to the next."""
TOP = 44
MARGIN = 8
_LETTERS = 24
_PASSES = 8


class Box(msgspec.Struct, frozen=True):
    """One thing in the drawing; ``label`` is its name, cut to fit, ``link`` where it is described."""

    name: str
    label: str
    link: str
    column: int
    x: int
    y: int


class Line(msgspec.Struct, frozen=True):
    """What joins ``start``, in a column, with ``end``, in the next one, as an SVG path."""

    column: int
    start: str
    end: str
    path: str


class Drawing(msgspec.Struct, frozen=True):
    """Boxes, the lines between them, and the size of it all."""

    width: int
    height: int
    columns: tuple[tuple[int, str], ...]
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def drawn(docs: ProjectDocs) -> Drawing:
    """Return the drawing of a project."""
    return laid_out(_links(docs), _joins(docs))


def laid_out(links: Sequence[Mapping[str, str]], joins: Sequence[Sequence[tuple[str, str]]]) -> Drawing:
    """Return the drawing of columns of names, each with its link, and of what joins one and the next."""
    columns = _ordered([list(column) for column in links], joins)
    tallest = max((len(column) for column in columns), default=0)
    boxes = {
        (number, name): _box(number, name, links[number][name], _top(row, len(column), tallest))
        for number, column in enumerate(columns)
        for row, name in enumerate(column)
    }
    lines = tuple(
        Line(number, one, other, _line(boxes[number, one], boxes[number + 1, other]))
        for number, pairs in enumerate(joins)
        for one, other in pairs
    )
    heads = tuple((MARGIN + number * ACROSS, head) for number, head in enumerate(COLUMNS))
    width = 2 * MARGIN + (len(COLUMNS) - 1) * ACROSS + WIDTH
    return Drawing(width, TOP + max(tallest, 1) * DOWN, heads, tuple(boxes.values()), lines)


def _links(docs: ProjectDocs) -> list[dict[str, str]]:
    """Return the names of each column with where they are described."""
    sources = [source for system in docs.systems for source in system.sources]
    streams = {source.stream for source in sources} | {flow.stream for flow in docs.flows}
    return [
        {name: f"systems.html#system-{name}" for name in sorted({source.system for source in sources})},
        {name: f"contracts/{name}.html" for name in sorted(streams)},
        {flow.name: f"flows.html#flow-{flow.name}" for flow in docs.flows},
        {
            name: f"systems.html#system-{name.partition('.')[0]}"
            for name in sorted({flow.target.name for flow in docs.flows})
        },
    ]


def _joins(docs: ProjectDocs) -> list[list[tuple[str, str]]]:
    """Return what is joined between each column and the next, each pair once."""
    sources = [source for system in docs.systems for source in system.sources]
    return [
        sorted({(source.system, source.stream) for source in sources}),
        [(flow.stream, flow.name) for flow in docs.flows],
        [(flow.name, flow.target.name) for flow in docs.flows],
    ]


def _ordered(columns: list[list[str]], joins: Sequence[Sequence[tuple[str, str]]]) -> list[list[str]]:
    """Order each column by where its neighbours stand, forth and back; keep what has fewest crossings."""
    tried = []
    for turn in range(_PASSES):
        forth = turn % 2 == 0
        for number in range(1, len(columns)) if forth else range(len(columns) - 2, -1, -1):
            beside = columns[number - 1 if forth else number + 1]
            pairs = joins[number - 1] if forth else [(other, one) for one, other in joins[number]]
            columns[number] = _near(columns[number], beside, pairs)
        tried.append(list(columns))
    return min(tried, key=lambda order: crossings(order, joins))


def crossings(columns: Sequence[Sequence[str]], joins: Sequence[Sequence[tuple[str, str]]]) -> int:
    """Return how many pairs of lines cross."""
    count = 0
    for number, pairs in enumerate(joins):
        left, right = (_rows(columns[number]), _rows(columns[number + 1]))
        ends = sorted((left[one], right[other]) for one, other in pairs)
        passed: list[int] = []  # where the lines from above arrive, sorted
        for _, end in ends:
            count += len(passed) - bisect.bisect_right(passed, end)
            bisect.insort(passed, end)
    return count


def _rows(column: Sequence[str]) -> dict[str, int]:
    return {name: row for row, name in enumerate(column)}


def _near(column: Sequence[str], beside: Sequence[str], pairs: Iterable[tuple[str, str]]) -> list[str]:
    rows = _rows(beside)
    found: dict[str, list[int]] = {}
    for other, one in pairs:
        found.setdefault(one, []).append(rows[other])
    return sorted(column, key=lambda name: (_mean(found, name), name))


def _mean(found: Mapping[str, Sequence[int]], name: str) -> float:
    rows = found.get(name)
    return sum(rows) / len(rows) if rows else float("inf")


def _top(row: int, count: int, tallest: int) -> int:
    return TOP + row * DOWN + (tallest - count) * DOWN // 2


def _box(column: int, name: str, link: str, y: int) -> Box:
    label = name if len(name) <= _LETTERS else name[: _LETTERS - 1] + "…"
    return Box(name, label, link, column, MARGIN + column * ACROSS, y)


def _line(one: Box, other: Box) -> str:
    x, y = one.x + WIDTH, one.y + HEIGHT // 2
    to_x, to_y = other.x, other.y + HEIGHT // 2
    middle = (x + to_x) // 2
    return f"M{x} {y} C{middle} {y} {middle} {to_y} {to_x} {to_y}"
