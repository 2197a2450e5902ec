"""What a page shows, for a program or a spreadsheet: JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import msgspec

from trunkline.kernel import json
from trunkline.kernel.clock import to_rfc3339

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_json(title: str, at: int, shown: Any) -> bytes:
    """Return what a page shows with its name and the time of its data."""
    return json.encode({"page": title, "at": to_rfc3339(at), "data": shown})


def as_csv(rows: Sequence[msgspec.Struct]) -> bytes:
    """Return rows with a head; a text that a spreadsheet would compute gets a quote before it."""
    return csv_rows(rows, head=True)


def csv_rows(rows: Sequence[msgspec.Struct], *, head: bool) -> bytes:
    """Return the rows of a piece of a list, the first one with a head."""
    text = io.StringIO()
    writer = csv.writer(text)
    for number, row in enumerate(rows):
        cells = msgspec.to_builtins(row)
        if number == 0 and head:
            writer.writerow(cells)
        writer.writerow([_cell(one) for one in cells.values()])
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, (dict, list, tuple)):
        value = json.encode(value).decode()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
