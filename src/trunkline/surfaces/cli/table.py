"""Rows for a person: aligned where they fit, a block each where they do not, and no word ever broken.

An id that is cut in the middle cannot be copied, so a table that is wider than the terminal becomes blocks
of ``name value``. Into a pipe every row is one line, however long, so that ``grep`` and ``cut`` work.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

_GAP = "  "
_FRACTION = re.compile(r"(T\d\d:\d\d:\d\d)\.\d+Z$")

Columns = Sequence[str]
Rows = Sequence[Sequence[object]]


def lines(columns: Columns, rows: Rows, notes: Sequence[str], width: int | None) -> list[str]:
    """Return the lines of a table, ``notes`` being a text for each row or nothing.

    ``width`` is that of the terminal; None stands for a pipe, where notes are the last column.
    """
    if width is None:
        noted = [(*row, note) for row, note in zip(rows, notes, strict=True)] if notes else rows
        return _aligned(columns if not notes else (*columns, "note"), noted)
    aligned = _aligned(columns, rows)
    if max(map(len, aligned)) > width:
        return _blocks(columns, rows, notes, width)
    if not notes:
        return aligned
    below = [[line, *_wrapped(note, width, "    ")] for line, note in zip(aligned[1:], notes, strict=True)]
    return [aligned[0], *(line for several in below for line in several)]


def shown(value: object) -> str:
    """Return a value as a person reads it: numbers in groups of three, instants to the second."""
    if value is None or value == "":
        return "-"
    if _is_number(value):
        return f"{value:,}"
    return _FRACTION.sub(r"\1Z", str(value))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float))


def _aligned(columns: Columns, rows: Rows) -> list[str]:
    cells = [list(columns), *([shown(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    is_number = [
        bool(rows) and all(isinstance(row[index], (int, float)) for row in rows)
        for index in range(len(columns))
    ]
    return [
        _GAP.join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, is_number, strict=True)
        ).rstrip()
        for line in cells
    ]


def _blocks(columns: Columns, rows: Rows, notes: Sequence[str], width: int) -> list[str]:
    found = []
    for number, row in enumerate(rows):
        found.append(f"{columns[0]} {shown(row[0])}")
        found += _packed(
            [f"{name} {shown(value)}" for name, value in zip(columns[1:], row[1:], strict=True)], width
        )
        if notes:
            found += _wrapped(notes[number], width, "    ")
    return found


def _packed(pairs: Sequence[str], width: int) -> list[str]:
    """Put as many pairs into a line as there is room for; one that is longer has a line of its own."""
    packed = [""]
    for pair in pairs:
        if packed[-1] and len(packed[-1]) + len(_GAP) + len(pair) > width:
            packed.append("")
        packed[-1] += f"{_GAP}{pair}"
    return packed


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
