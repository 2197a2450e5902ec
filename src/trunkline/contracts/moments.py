"""Dates, times and timestamps in the formats that a contract states.

Called by ``shapes`` to check texts and by ``keys`` to read the event time. ODCS states formats in the
letters of the JDK's DateTimeFormatter; the letters that stand for numbers are understood here. Without a
format it is ISO 8601 in the profile of RFC 3339.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

MomentKind = Literal["date", "timestamp", "time"]

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_YEAR = r"(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_LEAP_YEAR = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|0[48]|[13579][26])00)"
_DAY = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_ISO = {
    "yyyy-MM-dd": rf"(?:{_YEAR}-{_DAY}|{_LEAP_YEAR}-02-29)",
    "HH:mm": r"(?:[01][0-9]|2[0-3]):[0-5][0-9]",
    ":ss": r":[0-5][0-9]",
    ".SSS": r"\.[0-9]{3}",
    ".SSSSSS": r"\.[0-9]{6}",
    " ": " ",
    "'T'": "T",
}
_DATE = _ISO["yyyy-MM-dd"]
_TIME = _ISO["HH:mm"] + _ISO[":ss"] + r"(?:\.[0-9]{1,9})?"
_OFFSET = r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_LETTERS = {
    "yyyy": r"(?P<year>[0-9]{4})",
    "uuuu": r"(?P<year>[0-9]{4})",
    "yy": r"(?P<year2>[0-9]{2})",
    "MM": r"(?P<month>[0-9]{2})",
    "M": r"(?P<month>[0-9]{1,2})",
    "dd": r"(?P<day>[0-9]{2})",
    "d": r"(?P<day>[0-9]{1,2})",
    "HH": r"(?P<hour>[0-9]{2})",
    "H": r"(?P<hour>[0-9]{1,2})",
    "hh": r"(?P<hour12>[0-9]{2})",
    "h": r"(?P<hour12>[0-9]{1,2})",
    "a": r"(?P<half>[AaPp][Mm])",
    "mm": r"(?P<minute>[0-9]{2})",
    "m": r"(?P<minute>[0-9]{1,2})",
    "ss": r"(?P<second>[0-9]{2})",
    "s": r"(?P<second>[0-9]{1,2})",
}
_OFFSET_LETTERS = re.compile(r"X{1,3}|x{1,3}|Z{1,5}")
_ISO_PATTERN = re.compile(r"(yyyy-MM-dd)(?:( |'T')(HH:mm)(?:(:ss)(\.SSS|\.SSSSSS)?)?)?")
_PARTS = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|.", re.DOTALL)


class Moment(msgspec.Struct, frozen=True):
    """A way to write moments: ``label`` names it for a message.

    ``read`` gives microseconds since the epoch (since midnight for a time of day) and raises
    ``ValueError`` for a text that is no such moment; ``read_checked`` does the same, faster, for a text that
    is one. ``pattern``, where it is not empty, is a regular expression of exactly the texts that it reads.
    """

    label: str
    read: Callable[[str], int]
    read_checked: Callable[[str], int]
    pattern: str = ""


def moment(kind: MomentKind, pattern: str, *, zone: str = "", offset: bool | None = None) -> Moment:
    """Return how moments of a field are written.

    ``pattern`` is the JDK format or empty. ``zone`` is where a text without an offset is. ``offset`` says,
    where there is no pattern, that one must (True) or must not (False) be there; None: a timestamp has one
    unless ``zone`` is given, a time need not. Raises ``ValueError`` for a pattern and ``LookupError`` for a
    zone that is not understood.
    """
    home = _home(zone)
    if not pattern:
        label, plain = _plain_shape(kind, zone=zone, offset=offset)
        return _iso_moment(label, plain, home)
    iso = _ISO_PATTERN.fullmatch(pattern)
    if iso:
        return _iso_moment(pattern, "".join(_ISO[part] for part in iso.groups() if part), home)
    read = _in_zone(_by_groups(_compiled(pattern)), home)
    return Moment(pattern, read, read)


def _iso_moment(label: str, shape: str, home: dt.tzinfo) -> Moment:
    """Return a way of writing that the interpreter's own ISO 8601 reader knows, once its shape is right."""
    prefix = "1970-01-01T" if label.startswith("HH") else ""
    iso = dt.datetime.fromisoformat
    matches = re.compile(shape).fullmatch

    def parse(text: str) -> dt.datetime:
        if not matches(text):
            raise ValueError("not in the format")
        return iso((prefix + text).upper())

    quick = parse if prefix else iso
    return Moment(label, _in_zone(parse, home), _in_zone(quick, home), f"^(?:{shape})$")


def _home(zone: str) -> dt.tzinfo:
    try:
        return ZoneInfo(zone) if zone else dt.UTC
    except (ValueError, OSError):
        raise LookupError(zone) from None


def _plain_shape(kind: MomentKind, *, zone: str, offset: bool | None) -> tuple[str, str]:
    if kind == "date":
        return "yyyy-MM-dd", _DATE
    clock = _TIME if kind == "time" else f"{_DATE}[Tt ]{_TIME}"
    label = "HH:mm:ss" if kind == "time" else "yyyy-MM-ddTHH:mm:ss"
    if offset is None and kind == "timestamp" and not zone:
        offset = True
    if offset is None:
        return f"{label}, with or without an offset", f"{clock}{_OFFSET}?"
    return (f"{label} with an offset or Z", clock + _OFFSET) if offset else (label, clock)


def _compiled(pattern: str) -> re.Pattern[str]:
    """Translate a JDK format to a regular expression; quoted text and marks stand for themselves."""
    parts = []
    for part in _PARTS.finditer(pattern):
        run, quoted = part[0], part[1]
        if quoted is not None:
            parts.append(re.escape(quoted.replace("''", "'") or "'"))
        elif run in _LETTERS:
            parts.append(_LETTERS[run])
        elif set(run) == {"S"}:
            parts.append(f"(?P<fraction>[0-9]{{{len(run)}}})")
        elif _OFFSET_LETTERS.fullmatch(run):
            parts.append(r"(?P<offset>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)")
        elif run in "[]":
            parts.append("(?:" if run == "[" else ")?")
        elif run[0].isalpha():
            raise ValueError(f'the letters "{run}" are not understood')
        else:
            parts.append(re.escape(run))
    try:
        return re.compile("".join(parts))
    except re.error:
        raise ValueError("a part stands twice or a bracket is open") from None


def _by_groups(shape: re.Pattern[str]) -> Callable[[str], dt.datetime]:
    def parse(text: str) -> dt.datetime:
        match = shape.fullmatch(text)
        if match is None:
            raise ValueError("not in the format")
        part = {name: value for name, value in match.groupdict().items() if value is not None}
        return dt.datetime(
            _year(part),
            int(part.get("month", 1)),
            int(part.get("day", 1)),
            _hour(part),
            int(part.get("minute", 0)),
            int(part.get("second", 0)),
            int(part.get("fraction", "0").ljust(6, "0")[:6]),
            tzinfo=_offset(part.get("offset", "")),
        )

    return parse


def _year(part: dict[str, str]) -> int:
    return 2000 + int(part["year2"]) if "year2" in part else int(part.get("year", 1970))


def _hour(part: dict[str, str]) -> int:
    if "hour12" not in part:
        return int(part.get("hour", 0))
    hour = int(part["hour12"])
    if not 1 <= hour <= 12:  # noqa: PLR2004  a clock face
        raise ValueError("no such hour")
    return hour % 12 + 12 * (part.get("half", "am").lower() == "pm")


def _offset(text: str) -> dt.tzinfo | None:
    if not text:
        return None
    if text in "Zz":
        return dt.UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    ahead = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return dt.timezone(ahead if text[0] == "+" else -ahead)


def _in_zone(parse: Callable[[str], dt.datetime], home: dt.tzinfo) -> Callable[[str], int]:
    def read(text: str) -> int:
        when = parse(text)
        if when.tzinfo is None:
            when = when.replace(tzinfo=home)
        since = when - _EPOCH
        return since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds

    return read
