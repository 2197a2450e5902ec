r"""What a regular expression costs to compile, told from its text before the engine is called.

The engine runs patterns in linear time, and writes counted repetitions out first: a short text such as
``(\p{L}{100}){100}`` keeps it busy, and a call of it cannot be interrupted. So whoever compiles patterns
that someone else wrote asks here first. It is no parser: what the engine refuses may have any cost.
"""

from __future__ import annotations

import re

_UNICODE = 80
"""What a Unicode class costs: it is hundreds of ranges of bytes."""
_DIGITS = 6
_TOKEN = re.compile(
    r"(?P<open>\((?:\?(?:P?<[^>]*>|[=!]|[a-zA-Z-]*:?))?)|(?P<close>\))|\{(?P<least>\d*)(?:,(?P<most>\d*))?\}"
    r"|(?P<unicode>\\[pP](?:\{[^}]*\})?)|(?P<class>\[\^?\]?)|\\.|.",
    re.DOTALL,
)
_INNER = re.compile(r"\\[pP]|\\.|\]|.", re.DOTALL)


def cost(pattern: str) -> int:
    """Return about how many steps of ten microseconds compiling a pattern takes."""
    outer: list[int] = []
    total = last = at = 0
    while match := _TOKEN.match(pattern, at):
        at = match.end()
        if match["open"] is not None:
            outer.append(total)
            total = last = 0
        elif match["close"] is not None:
            last = total
            total += outer.pop() if outer else 0
        elif match["least"] is not None:
            times = max(int((match[name] or "0")[:_DIGITS]) for name in ("least", "most"))
            total, last = total + last * max(times - 1, 0), last * max(times, 1)
        else:
            last, at = _atom(match, pattern, at)
            total += last
    return total + sum(outer)


def _atom(match: re.Match[str], pattern: str, at: int) -> tuple[int, int]:
    """Return what one character or class costs, and where it ends."""
    if match["unicode"] is not None:
        return _UNICODE, at
    found = 1
    while match["class"] is not None and (inner := _INNER.match(pattern, at)):
        at = inner.end()
        if inner[0] == "]":
            break
        found += _UNICODE * (inner[0] in ("\\p", "\\P"))
    return found, at
