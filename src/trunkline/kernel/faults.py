"""What is wrong in a file its user wrote: where, what was expected, and the near miss.

Project files, contracts and mappings all report through this one value, so that every message of
every room reads alike and a tool can take them apart.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import msgspec


class Place(msgspec.Struct, frozen=True, order=True):
    """A position in a file: ``line`` and ``column`` count from 1; 0 means the whole file."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"


class Fault(msgspec.Struct, frozen=True, order=True):
    """One thing that is wrong, with its place, what was expected, and the near miss if any."""

    place: Place
    problem: str
    expected: str = ""
    hint: str = ""

    def __str__(self) -> str:
        parts = [f"{self.place}: {self.problem}"]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.hint:
            parts.append(self.hint)
        return "; ".join(parts)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean "x"?`` for the closest known word, or an empty text where none is close."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else ""
