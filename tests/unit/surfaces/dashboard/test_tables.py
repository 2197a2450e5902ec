"""Rows as the URL asks for them."""

from __future__ import annotations

import msgspec
import pytest

from trunkline.surfaces.dashboard.tables import ROWS, Column, found, ordered, paged

COLUMNS = (Column("name", "Name"), Column("size", "Size", numeric=True))


class Row(msgspec.Struct, frozen=True):
    name: str
    size: int | None


ROWS_GIVEN = [Row("beta", 2), Row("alpha", None), Row("gamma", 10)]


# Every word has to stand in one of the fields, in any case.
@pytest.mark.parametrize(("q", "names"), [("", 3), ("a", 3), ("AL pha", 1), ("x", 0)])
def test_words(asked, q, names):
    assert len(found(ROWS_GIVEN, asked(q=q), ("name",))) == names


# A field orders, with a minus from the greatest down; what is not known is the least.
@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("size", ["alpha", "beta", "gamma"]),
        ("-size", ["gamma", "beta", "alpha"]),
        ("nonsense", ["alpha", "beta", "gamma"]),
        ("", ["alpha", "beta", "gamma"]),
    ],
)
def test_order(asked, sort, names):
    assert [row.name for row in ordered(ROWS_GIVEN, asked(sort=sort), COLUMNS, "name")] == names


# A page that is not there is the nearest one.
@pytest.mark.parametrize(
    ("page", "shown", "first"), [("1", 1, 0), ("3", 3, 200), ("9", 3, 200), ("x", 1, 0), ("0", 1, 0)]
)
def test_pages(asked, page, shown, first):
    rows = [Row(str(n), n) for n in range(ROWS * 2 + 5)]
    table = paged(rows, asked(page=page), "rows", COLUMNS, 300, "name")
    assert (table.page, table.pages, table.rows[0].size) == (shown, 3, first)
    assert (table.total, table.matched) == (300, 205)


# Nothing is one page of nothing.
def test_none(asked):
    table = paged([], asked(), "rows", COLUMNS, 0)
    assert (table.pages, list(table.rows)) == (1, [])
