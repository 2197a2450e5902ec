"""Equal JSON values by hash, so that long lists of them are compared in one pass."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any


def hashed(value: Any) -> Hashable:
    """Return what is equal for two JSON values exactly where they are the same."""
    if isinstance(value, dict):
        return frozenset((key, hashed(each)) for key, each in value.items())
    if isinstance(value, list):
        return tuple(map(hashed, value))
    return (value, isinstance(value, bool))
