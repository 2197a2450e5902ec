"""How pages write numbers, times and lengths of time, so that a tired person reads them at a glance."""

from __future__ import annotations

import re

from trunkline.kernel.clock import SECOND, from_rfc3339, to_rfc3339
from trunkline.kernel.errors import UsageError

_STEPS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_SIZES = ("B", "KB", "MB", "GB", "TB")
_SOON = 2
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_LEAST_PERCENT = 0.1
_THOUSAND = 1000


def count(number: float) -> str:
    """Return a number as people read it: ``12,345``."""
    return f"{number:,}"


def named(number: int, plural: str) -> str:
    """Return a number with what it counts: ``1 flow``, ``2 flows``."""
    return f"{count(number)} {plural.removesuffix('s') if number == 1 else plural}"


def percent(share: float | None) -> str:
    """Return a share in percent with one digit after the point; a dash where there is none."""
    if share is None:
        return "-"
    return f"{share:.1f} %" if share >= _LEAST_PERCENT or not share else f"< {_LEAST_PERCENT} %"


def span(seconds: float) -> str:
    """Return a length of time by its two largest units: ``3 min 20 s``, ``2 d 4 h``."""
    if seconds < 1:
        return f"{round(seconds * _THOUSAND)} ms" if seconds else "0 s"
    left, parts = round(seconds), []
    for size, unit in _STEPS:
        if left >= size:
            parts.append(f"{left // size} {unit}")
            left %= size
        elif parts:
            break
    return " ".join(parts[:2])


def ago(at: str | int, now: int) -> str:
    """Return how long ago an instant was, or how far ahead it is, by its largest unit."""
    seconds = round((now - instant(at)) / SECOND)
    if abs(seconds) < _SOON:
        return "now"
    size, unit = next(step for step in _STEPS if abs(seconds) >= step[0])
    far = f"{abs(seconds) // size} {unit}"
    return f"{far} ago" if seconds > 0 else f"in {far}"


def instant(at: str | int) -> int:
    """Return an instant in microseconds, given so or as RFC 3339."""
    return at if isinstance(at, int) else from_rfc3339(at)


def moment(text: str) -> int:
    """Return a time that somebody typed in microseconds, 0 for none; raises ``UsageError``."""
    try:
        return from_rfc3339(text.strip()) if text.strip() else 0
    except ValueError:
        raise UsageError(f'"{text}" is no time: write it as 2026-01-05T09:30:00Z') from None


def utc(at: str | int) -> str:
    """Return an instant as people read it exactly: ``2026-11-23 19:40:02.123 UTC``."""
    text = to_rfc3339(instant(at)).removesuffix("Z").replace("T", " ")
    whole, _, part = text.partition(".")
    return f"{whole}.{part[:3]} UTC" if part else f"{whole} UTC"


def plain(text: str) -> str:
    """Return a sentence with the instants in it (RFC 3339) as people read them."""
    return _INSTANT.sub(lambda found: utc(found[0]), text)


def iso(at: str | int) -> str:
    """Return an instant as RFC 3339."""
    return to_rfc3339(instant(at))


def size(number: float) -> str:
    """Return bytes by their largest unit: ``1.2 MB``."""
    for unit in _SIZES[:-1]:
        if number < _THOUSAND:
            return f"{number:.3g} {unit}"
        number /= _THOUSAND
    return f"{number:,.1f} {_SIZES[-1]}"


def rate(per_second: float | None) -> str:
    """Return events a second, or a minute where they are few; a dash where it is not known."""
    if per_second is None:
        return "-"
    if per_second == 0:
        return "0/s"
    if per_second < 1:
        return f"{per_second * 60:.2g}/min"
    return f"{per_second:,.0f}/s" if per_second >= 10 else f"{per_second:.2g}/s"  # noqa: PLR2004  two digits
