"""Versions of contracts as https://semver.org orders them, from every spelling a contract file may use.

``1``, ``v1.2`` and ``1.2.0`` are read alike, missing numbers being 0.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["patch", "minor", "major"]
"""By how much one version is above another."""

LEVELS: tuple[Level, ...] = ("patch", "minor", "major")
"""Every level, the least first."""

_SPELLING = re.compile(r"v?([0-9]{1,9}(?:\.[0-9]{1,9})*)(?:-([^+]*))?(?:\+.*)?")
_PARTS = 3
_LONG = 19

Identifier: TypeAlias = tuple[int, int, str]


@functools.total_ordering
@dataclasses.dataclass(frozen=True)
class SemVer:
    """A version: its numbers, at least three, and what follows a hyphen, with which it comes before them."""

    numbers: tuple[int, ...]
    pre: str = ""

    def __str__(self) -> str:
        return ".".join(map(str, self.numbers)) + (f"-{self.pre}" if self.pre else "")

    def __lt__(self, other: SemVer) -> bool:
        return self._rank < other._rank

    @property
    def major(self) -> int:
        """The first number, which names the stream."""
        return self.numbers[0]

    @property
    def _rank(self) -> tuple[tuple[int, ...], bool, tuple[Identifier, ...]]:
        return self.numbers, not self.pre, tuple(map(_identifier, self.pre.split(".")))

    def above(self, level: Level) -> SemVer:
        """Return the smallest version that is above this one by a level."""
        if self.pre and level_of(self, SemVer(self.numbers)) >= LEVELS.index(level):
            return SemVer(self.numbers)
        major, minor, patch = self.numbers[:_PARTS]
        raised = {
            "patch": (major, minor, patch + 1),
            "minor": (major, minor + 1, 0),
            "major": (major + 1, 0, 0),
        }
        return SemVer(raised[level])


def _identifier(word: str) -> Identifier:
    """Rank a part of a pre-release: numbers by value and before words."""
    return (0, int(word), "") if word.isascii() and word.isdecimal() and len(word) < _LONG else (1, 0, word)


def semver(text: str) -> SemVer:
    """Read a version; raises ``ValueError`` for what has no major number."""
    match = _SPELLING.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}" is no version: write one such as 1.2.0')
    numbers = [int(number) for number in match[1].split(".")]
    while len(numbers) > _PARTS and not numbers[-1]:
        del numbers[-1]
    return SemVer((*numbers, *[0] * (_PARTS - len(numbers))), match[2] or "")


def level_of(low: SemVer, high: SemVer) -> int:
    """Return the index in ``LEVELS`` of how much ``high`` is above ``low``.

    A release is above its own pre-release by what the pre-release was of: 1.3.0 above 1.3.0-rc.1 by a minor.
    """
    if low.numbers == high.numbers:
        _, minor, patch = low.numbers[:_PARTS]
        return 0 if patch else 1 if minor else 2
    if low.numbers[0] != high.numbers[0]:
        return 2
    return 1 if low.numbers[1] != high.numbers[1] else 0
