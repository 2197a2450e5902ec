"""A text that a regular expression matches, for examples: the first that a plain reading of it gives.

It reads what patterns of contracts are made of: letters, classes, groups, choices, repetitions. What it does
not know gives no text, and whoever asks checks the one it gets.
"""

from __future__ import annotations

import re

_CLASSES = {"d": "0", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a", "n": "\n", "t": "\t"}
_NOTHING = frozenset({"b", "B", "A", "z", "Z"})
_CANDIDATES = "a0A1-_ .@"
_COUNT = re.compile(r"\{(\d+)(?:,\d*)?\}")
_UNCLEAR = re.compile(r"\[|--|&&|\|\||~~")
"""What engines read differently within a class."""
_LONGEST = 1_000
"""The longest text that is made."""


class _Unread(Exception):
    """The pattern has something that is not read here."""


def matching(pattern: str) -> str | None:
    """Return a text that matches a pattern, as far as it can be told; None where it cannot be read."""
    reader = _Reader(pattern)
    try:
        text = reader.choice()
    except (_Unread, IndexError, RecursionError):
        return None
    return text if reader.at == len(pattern) and len(text) <= _LONGEST else None


class _Reader:
    """Goes through a pattern once, from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def _next(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1]

    def _is_at(self, *marks: str) -> bool:
        return self.pattern[self.at : self.at + 1] in marks

    def choice(self) -> str:
        """Read alternatives and return a text of the first."""
        texts = [self._sequence()]
        while self._is_at("|"):
            self.at += 1
            texts.append(self._sequence())
        return texts[0]

    def _sequence(self) -> str:
        text = ""
        while self.at < len(self.pattern) and not self._is_at("|", ")"):
            one = self._atom()
            text += one * self._times()
            if len(text) > _LONGEST:
                raise _Unread
        return text

    def _times(self) -> int:
        """Read a repetition, if there is one, and return the fewest times it allows."""
        counted = _COUNT.match(self.pattern, self.at)
        times = 1
        if counted:
            self.at, times = counted.end(), min(int(counted[1]), _LONGEST)
        elif self._is_at("?", "*", "+"):
            times = int(self._next() == "+")
        else:
            return times
        if self._is_at("?"):
            self.at += 1
        return times

    def _atom(self) -> str:
        mark = self._next()
        match mark:
            case "^" | "$":
                return ""
            case "(":
                return self._group()
            case "[":
                return self._one_of()
            case "\\":
                return self._escaped(self._next())
            case ".":
                return "a"
            case _:
                return mark

    def _group(self) -> str:
        if self._is_at("?"):
            if self.pattern[self.at : self.at + 2] != "?:":
                raise _Unread
            self.at += 2
        text = self.choice()
        if self._next() != ")":
            raise _Unread
        return text

    def _escaped(self, mark: str) -> str:
        if mark in _CLASSES:
            return _CLASSES[mark]
        if mark in _NOTHING:
            return ""
        if mark.isalnum():
            raise _Unread
        return mark

    def _one_of(self) -> str:
        """Read a character class and return one of its characters, by trying it."""
        start = self.at - 1
        self.at += self._is_at("^")
        least = self.at + 1
        while self.at < least or not self._is_at("]"):
            if self._next() == "\\":
                self._next()
        self.at += 1
        return _member_of(self.pattern[start : self.at])


def _member_of(text: str) -> str:
    if _UNCLEAR.search(text, 1):
        raise _Unread
    try:
        one_of = re.compile(text)
    except re.error:
        raise _Unread from None
    first = "" if text[1] in "^\\" else text[1]
    for one in first + _CANDIDATES:
        if one_of.fullmatch(one):
            return one
    raise _Unread
