"""Short texts that match a regular expression, for examples: simple expressions only.

Called for samples and for the examples of documentation. The packages that do this read the interpreter's
private parse tree of an expression, in another dialect than JSON Schema's; what contracts state needs a
hundred lines. Literals, classes, groups, alternatives and counts are understood; for anything else there is
no text. The caller checks every text.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

MOST_TEXTS = 12
"""The most texts given for one expression."""
_LONGEST = 200
_LONGEST_PATTERN = 2_000
_COUNT = re.compile(r"\{(\d{1,3})(?:(,)(\d{0,3}))?\}")
_CLASSES = {"d": "0159", "w": "aZ0_", "s": " ", "D": "a", "W": "-", "S": "a"}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}
_ANY = "a1 -"
_VISIBLE = "".join(map(chr, range(0x20, 0x7F)))
_UNCLEAR = re.compile(r"\[|--|&&|\|\||~~")
"""What engines read differently within a class."""


class _Unknown(ValueError):
    """Something in the expression that is not understood."""


def texts(pattern: str) -> list[str]:
    """Return texts that should match, short ones first; none where the expression is not simple."""
    if len(pattern) > _LONGEST_PATTERN:
        return []
    try:
        reader = _Reader(pattern)
        found = reader.alternatives()
        if reader.rest():
            return []
    except (_Unknown, RecursionError):
        return []
    return sorted(dict.fromkeys(found), key=len)[:MOST_TEXTS]


class _Reader:
    """Reads an expression from left to right, each part to the texts that match it."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def rest(self) -> str:
        return self._pattern[self._at :]

    def alternatives(self) -> list[str]:
        found = self._sequence()
        while self._taken("|"):
            found = [*found, *self._sequence()]
        return found

    def _taken(self, text: str) -> bool:
        if self.rest().startswith(text):
            self._at += len(text)
            return True
        return False

    def _next(self) -> str:
        if not self.rest():
            raise _Unknown
        self._at += 1
        return self._pattern[self._at - 1]

    def _sequence(self) -> list[str]:
        found = [""]
        while self.rest() and self.rest()[0] not in "|)":
            part = self._repeated(self._part())
            found = _some(before + each for before, each in _diagonal(found, part))
        return found

    def _part(self) -> list[str]:
        char = self._next()
        if char in "^$":
            return [""]
        if char == "(":
            return self._group()
        if char == "[":
            return list(self._class())
        if char == ".":
            return list(_ANY)
        if char in "*+?{":
            raise _Unknown
        return list(self._escaped()) if char == "\\" else [char]

    def _group(self) -> list[str]:
        if self._taken("?") and not self._taken(":"):
            raise _Unknown
        found = self.alternatives()
        if not self._taken(")"):
            raise _Unknown
        return found

    def _escaped(self) -> str:
        """Return the characters that an escape stands for."""
        char = self._next()
        if char in _CLASSES:
            return _CLASSES[char]
        if char.isalnum() and char not in _CONTROLS:
            raise _Unknown
        return _CONTROLS.get(char, char)

    def _class(self) -> str:
        start = self._at - 1
        excluded = self._taken("^")
        members = self._range()
        while not self._taken("]"):
            members += self._range()
        return _some_of(self._pattern[start : self._at], _ANY + _VISIBLE if excluded else members)

    def _range(self) -> str:
        char = self._next()
        first = self._escaped() if char == "\\" else char
        if len(first) > 1 or not self.rest().startswith("-") or self.rest().startswith("-]"):
            return first
        self._at += 1
        last = self._next()
        last = self._escaped() if last == "\\" else last
        span = range(ord(first), ord(last) + 1)
        return "".join(map(chr, itertools.islice(span, 100)))

    def _repeated(self, part: list[str]) -> list[str]:
        least, most = self._counts()
        self._taken("?")
        counts = dict.fromkeys((least, most))
        found = [text * count for count in counts for text in (part if count else [""])]
        if len(part) > 1 and most > 1:
            found.append("".join(itertools.islice(itertools.cycle(part), most)))
        return [text for text in found if len(text) <= _LONGEST]

    def _counts(self) -> tuple[int, int]:
        for sign, counts in (("*", (0, 2)), ("+", (1, 3)), ("?", (0, 1))):
            if self._taken(sign):
                return counts
        match = _COUNT.match(self._pattern, self._at)
        if match is None:
            return (1, 1)
        self._at = match.end()
        least = int(match[1])
        return (least, int(match[3] or least + 1) if match[2] else least)


def _some_of(text: str, members: str) -> str:
    """Return characters of a class by trying its members, the first and the last before others."""
    if _UNCLEAR.search(text, 1):
        raise _Unknown
    try:
        one_of = re.compile(text)
    except re.error:
        raise _Unknown from None
    found = "".join(filter(one_of.fullmatch, dict.fromkeys(members)))
    if not found:
        raise _Unknown
    return found[:1] + found[1:][-1:] + found[1:-1][: MOST_TEXTS - 2]


def _diagonal(before: list[str], part: list[str]) -> Iterator[tuple[str, str]]:
    """Pair what goes before with each way to go on: every way once, not every combination."""
    longest = max(len(before), len(part))
    return itertools.islice(zip(itertools.cycle(before), itertools.cycle(part), strict=False), longest)


def _some(found: Iterator[str]) -> list[str]:
    return [text for text in itertools.islice(dict.fromkeys(found), MOST_TEXTS) if len(text) <= _LONGEST]
