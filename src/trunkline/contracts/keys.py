"""What intake reads out of a record by its contract: entity key, identity, event time, version.

Called once a contract to compile direct access, as these run for every event. Whatever a record lacks gives
the empty answer, never an error: an unchecked record may be looked at too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from trunkline.contracts.moments import Moment

_SORTED = msgspec.json.Encoder(order="sorted", decimal_format="number")

Read: TypeAlias = Callable[[Any], Any]
Path: TypeAlias = Sequence[str]
Access: TypeAlias = Callable[[Path], Read]


def reader(path: Path) -> Read:
    """Return direct access to the value at a path of object names; None where it is not there."""
    if len(path) == 1:
        name = path[0]
        return lambda record: record.get(name)

    def nested(record: Any) -> Any:
        for name in path:
            if not isinstance(record, dict):
                return None
            record = record.get(name)
        return record

    return nested


def joined_key(reads: Sequence[Read]) -> Callable[[Any], str]:
    """Return a reader of several values as one text, different for different values.

    One value is its plain text. Several are joined by ``/``, with ``/`` as ``%2F`` and ``%`` as ``%25``
    inside a value. Empty where nothing is read or a value is missing.
    """
    if not reads:
        return lambda _record: ""
    if len(reads) == 1:
        return _single_key(reads[0])

    def key(record: Any) -> str:
        parts = []
        for read in reads:
            value = read(record)
            if value is None:
                return ""
            part = value if type(value) is str else key_text(value)
            parts.append(part.replace("%", "%25").replace("/", "%2F") if "/" in part or "%" in part else part)
        return "/".join(parts)

    return key


def _single_key(read: Read) -> Callable[[Any], str]:
    def key(record: Any) -> str:
        value = read(record)
        if type(value) is str:
            return value
        return str(value) if type(value) is int else key_text(value)

    return key


def key_text(value: Any) -> str:
    """Write a value so that equal numbers are equal texts: 1.0 and 1 name one entity."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = format(value, "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text
    return str(value) if isinstance(value, (str, int)) else _SORTED.encode(value).decode()


def instant_reader(read: Read, how: Moment | None, ticks: int) -> Callable[[Any], int | None]:
    """Return a reader of a moment in microseconds.

    ``how`` says how a text is written; without it the value is a number of which one is ``ticks``
    microseconds.
    """
    if how is None:
        return _count_reader(read, ticks)
    quick, strict = how.read_checked, how.read

    def instant(record: Any) -> int | None:
        text = read(record)
        try:
            return quick(text)
        except (ValueError, OverflowError, TypeError):
            return _strictly(strict, text)

    return instant


def _strictly(read: Callable[[str], int], text: Any) -> int | None:
    """Read the rarer spellings, such as a small ``z``, that the quick way does not know."""
    try:
        return read(text)
    except (ValueError, OverflowError, TypeError):
        return None


def _count_reader(read: Read, ticks: int) -> Callable[[Any], int | None]:
    def instant(record: Any) -> int | None:
        value = read(record)
        counted = isinstance(value, (int, Decimal)) and not isinstance(value, bool)
        return int(value * ticks) if counted else None

    return instant
