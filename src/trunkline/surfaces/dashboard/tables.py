"""Rows in the order, and the part of them, that a page's URL asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import msgspec

from trunkline.surfaces.dashboard.page import Asked

ROWS = 100
"""How many rows a page shows at a time."""

R = TypeVar("R", bound=msgspec.Struct)


class Column(msgspec.Struct, frozen=True):
    """A column: the field it shows and sorts by, empty where it does neither, and what stands above it."""

    field: str
    label: str
    numeric: bool = False


class Table(msgspec.Struct, Generic[R], frozen=True):
    """One page of rows: ``matched`` of ``total`` passed the filter, in the order of field ``sort``."""

    caption: str
    columns: tuple[Column, ...]
    rows: Sequence[R]
    total: int
    matched: int
    page: int
    pages: int
    sort: str
    falling: bool


def found(rows: Sequence[R], asked: Asked, fields: Sequence[str]) -> list[R]:
    """Return the rows that have every word of the state's ``q`` in one of ``fields``."""
    words = asked.value("q").lower().split()
    if not words:
        return list(rows)
    texts = (" ".join(str(getattr(row, field)) for field in fields).lower() for row in rows)
    return [row for row, text in zip(rows, texts, strict=True) if all(word in text for word in words)]


def ordered(rows: Sequence[R], asked: Asked, columns: Sequence[Column], otherwise: str) -> list[R]:
    """Return rows in the order of the state's ``sort``: a field, ``-`` before it from the greatest down."""
    field, falling = _sort(asked, columns, otherwise)
    return sorted(rows, key=lambda row: _rank(getattr(row, field)), reverse=falling) if field else list(rows)


def paged(
    rows: Sequence[R],
    asked: Asked,
    caption: str,
    columns: tuple[Column, ...],
    total: int,
    otherwise: str = "",
) -> Table[R]:
    """Return the page of ordered rows that the state's ``page`` names."""
    pages = max(1, -(-len(rows) // ROWS))
    page = min(max(1, asked.number("page", 1)), pages)
    part = rows[(page - 1) * ROWS : page * ROWS]
    return Table(caption, columns, part, total, len(rows), page, pages, *_sort(asked, columns, otherwise))


def _sort(asked: Asked, columns: Sequence[Column], otherwise: str) -> tuple[str, bool]:
    given = asked.value("sort", otherwise)
    if given.removeprefix("-") not in {one.field for one in columns if one.field}:
        given = otherwise
    return given.removeprefix("-"), given.startswith("-")


def _rank(value: Any) -> tuple[bool, Any]:
    """Return what a value is sorted by: nothing comes before everything."""
    return (value is not None, value if value is not None else 0)
