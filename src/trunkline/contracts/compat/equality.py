"""Equal JSON values, two of them, and by hash, so that long lists of them are compared in one pass."""

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


def same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are equal, where Python holds ``1`` and ``true`` for the same."""
    return one is other or (one == other and _truths_alike(one, other))


def _truths_alike(one: Any, other: Any) -> bool:
    """Tell whether two values that are equal to Python have ``true`` and ``false`` at the same places."""
    if isinstance(one, dict):
        return all(type(value) is str or _truths_alike(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return all(map(_truths_alike, one, other))
    return isinstance(one, bool) is isinstance(other, bool)
