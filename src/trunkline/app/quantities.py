"""Durations, sizes and shares as people write them in project files: ``5s``, ``7d``, ``10MB``, ``10%``.

The patterns stand in the schema of every file, so a wrong one is a fault with its place; the parsers
turn the text into a number once it has passed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, TypeAlias

import msgspec

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_DURATION = r"^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)$"
_SHARE = r"^(100|[0-9]{1,2}(?:\.[0-9]+)?)%$"
_SIZE = r"^([0-9]+(?:\.[0-9]+)?)(B|KB|MB|GB|KiB|MiB|GiB)$"

_STATED = re.compile(r"p?([0-9]+(?:\.[0-9]+)?) ?(d|days?|w|weeks?|mo|months?|y|yr|years?)", re.IGNORECASE)
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}

Duration: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=_DURATION, description="a duration: a number and ms, s, m, h or d, such as 5s")
]
Size: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=_SIZE, description="a size: a number and B, KB, MB, GB, KiB, MiB or GiB")
]
Share: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=_SHARE, description="a share: a number up to 100 and %, such as 10%")
]


@lru_cache(maxsize=1_024)
def seconds_of(duration: str) -> float:
    """Return a duration in seconds; raises ``ValueError`` saying what one looks like."""
    match = re.match(_DURATION, duration)
    if match is None:
        raise ValueError(f'"{duration}" is not a duration: write a number and ms, s, m, h or d, such as 5s')
    return float(match[1]) * _SECONDS[match[2]]


def days_of(stated: str) -> float | None:
    """Return how many days the time is that a contract states, such as ``90 d`` or ``2 years``; None if none.

    A month counts 30 days, a year 365.
    """
    match = _STATED.fullmatch(stated)
    return float(match[1]) * _DAYS[match[2][0].lower()] if match else None


def bytes_of(size: str) -> int:
    """Return a size in bytes; raises ``ValueError`` saying what one looks like."""
    match = re.match(_SIZE, size)
    if match is None:
        raise ValueError(f'"{size}" is not a size: write a number and B, KB, MB, GB, KiB, MiB or GiB')
    return round(float(match[1]) * _BYTES[match[2]])


def share_of(share: str) -> float:
    """Return a share as a number from 0 to 1; raises ``ValueError`` saying what one looks like."""
    match = re.match(_SHARE, share)
    if match is None:
        raise ValueError(f'"{share}" is not a share: write a number up to 100 and %, such as 10%')
    return float(match[1]) / 100
