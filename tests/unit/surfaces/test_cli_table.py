"""Rows on a terminal of any width: aligned or in blocks, nothing missing and no word broken."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trunkline.surfaces.cli.table import lines, shown

ID = "01a206e2-335a-76ea-bc2d-2dbd48411e77"
WORD = st.text("abcdefghij0123456789-@/", min_size=1, max_size=40)


# Where it fits, names stand left, numbers right and each note below its row.
def test_aligned():
    rows = [("order@1", 12_345), ("stock-level@1", 7)]
    assert lines(("stream", "events"), rows, (), 80) == [
        "stream         events",
        "order@1        12,345",
        "stock-level@1       7",
    ]
    assert lines(("stream", "events"), rows[:1], ["it is late"], 80)[1:] == [
        "order@1  12,345",
        "    it is late",
    ]


# Where it does not fit, each row is a block that begins with its name.
def test_blocks():
    found = lines(
        ("id", "source", "arrived", "times"), [(ID, "till/sale", "2026-01-01T00:00:00Z", 3)], ["a b"], 60
    )
    assert found == [
        f"id {ID}",
        "  source till/sale  arrived 2026-01-01T00:00:00Z  times 3",
        "    a b",
    ]


# Whatever the words and the width, each word stands whole in some line, and lines that can fit do.
@given(st.lists(st.tuples(WORD, WORD, WORD), min_size=1, max_size=5), st.integers(20, 130))
def test_no_word_is_broken(rows, width):
    notes = [" ".join(row) for row in rows]
    found = lines(("one", "two", "three"), rows, notes, width)
    for row in rows:
        assert all(any(word in line.split() for line in found) for word in row)
    longest = max(len(word) for row in rows for word in row) + len("  three ")
    assert all(len(line) <= max(width, longest) for line in found)


# Instants are read to the second, nothing as a dash, numbers in groups of three.
def test_values():
    values = ("2026-01-01T00:00:00.123456Z", "2026-01-01T00:00:00Z", None, "", 1234567, 0.5)
    assert [shown(value) for value in values] == [
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z",
        "-",
        "-",
        "1,234,567",
        "0.5",
    ]
