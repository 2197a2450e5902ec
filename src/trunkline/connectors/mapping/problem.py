"""What can be wrong with a mapping: when it is compiled, and when a record meets it."""

from __future__ import annotations

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong with a mapping as it is written; the reader of the file gives it its place.

    ``field`` is the target field (empty for the mapping as a whole) and ``column`` counts from 1 within
    the expression, 0 where it has no place there.
    """

    field: str
    problem: str
    expected: str = ""
    hint: str = ""
    column: int = 0

    def __str__(self) -> str:
        place = f"{self.field or 'mapping'}:{self.column}" if self.column else self.field or "mapping"
        return "; ".join(
            part
            for part in (
                f"{place}: {self.problem}",
                self.expected and f"expected {self.expected}",
                self.hint,
            )
            if part
        )


class BrokenRecord(Exception):
    """A record does not fit an expression. The text says how and never repeats a value of the record."""
