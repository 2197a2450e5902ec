"""How long texts are that have a format or match a pattern, where that can be told from its name or its text.

Asked by ``facts`` for bounds on lengths. Lengths are in characters, as JSON Schema counts them.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from trunkline.contracts.compat.sides import Facts

Lengths: TypeAlias = tuple[int, float]
"""The shortest and the longest, infinite where there is none."""

_ANY: Lengths = (0, float("inf"))
_FORMATS: dict[str, Lengths] = {
    "date": (10, 10),
    "date-time": (20, float("inf")),
    "time": (9, float("inf")),
    "uuid": (36, 36),
    "ipv4": (7, 15),
    "email": (3, float("inf")),
}
"""What RFC 3339, 9562, 791 and 5321 leave; a fraction of a second may have any number of digits."""

_MOST_LETTERS = 1_000
_PART = re.compile(
    r"(?:\\[dwsDWS]|\\[^A-Za-z0-9]|\[\^?(?:\\[dwsDWS]|\\[^A-Za-z0-9]|[^\[\]\\&|~^])+\]|[^\\\[\](){}^$*+?|])"
    r"(?:(?P<any>\*)|(?P<some>\+)|(?P<perhaps>\?)|\{(?P<least>\d{1,6})(?P<up>,(?P<most>\d{1,6})?)?\})?\??"
)


def within(facts: Facts, keyword: str, limit: float) -> bool:
    """Tell whether every text with the facts is surely within ``minLength`` or ``maxLength`` of a limit."""
    known = [_lengths(fact) for fact in facts]
    if keyword == "minLength":
        return max((least for least, _ in known), default=0) >= limit
    return keyword == "maxLength" and min((most for _, most in known), default=float("inf")) <= limit


def _lengths(fact: dict[str, Any]) -> Lengths:
    least, most = _FORMATS.get(fact.get("format", ""), _ANY)
    pattern_least, pattern_most = of_pattern(fact["pattern"]) if "pattern" in fact else _ANY
    return max(least, pattern_least), min(most, pattern_most)


def of_pattern(pattern: str) -> Lengths:
    """Return the lengths of texts that match a pattern from end to end, without groups or alternatives.

    Of any other pattern nothing is said.
    """
    if not (pattern[:1] == "^" and pattern[-1:] == "$" and len(pattern) <= _MOST_LETTERS):
        return _ANY
    least, most, at = 0, 0.0, 1
    while at < len(pattern) - 1:
        part = _PART.match(pattern, at, len(pattern) - 1)
        if part is None:
            return _ANY
        low, high = _counts(part)
        least, most, at = least + low, most + high, part.end()
    return least, most


def _counts(part: re.Match[str]) -> Lengths:
    if part["any"] or part["perhaps"]:
        return 0, float("inf") if part["any"] else 1
    if part["some"]:
        return 1, float("inf")
    if part["least"] is None:
        return 1, 1
    least = int(part["least"])
    if part["up"] is None:
        return least, least
    return least, int(part["most"]) if part["most"] else float("inf")
