"""What a compatibility mode asks of a new version: in which directions, against how many before it."""

from __future__ import annotations

from collections.abc import Sequence

from trunkline.contracts.compat.difference import Difference, Direction, Effect, Mode, worst

_DIRECTIONS: dict[str, tuple[Direction, ...]] = {
    "none": (),
    "backward": ("backward",),
    "forward": ("forward",),
    "full": ("backward", "forward"),
}


def directions(mode: Mode) -> tuple[Direction, ...]:
    """Return the directions that a mode asks for."""
    return _DIRECTIONS[mode.removesuffix("_transitive")]


def owed(mode: Mode, versions: int) -> int:
    """Return against how many of so many earlier versions, the latest first, a new one is held."""
    return 0 if mode == "none" else versions if mode.endswith("_transitive") else min(1, versions)


def effect(mode: Mode, differences: Sequence[Difference]) -> Effect:
    """Return the worst that differences from earlier versions do to what a mode asks for."""
    return worst(each.effect(direction) for each in differences for direction in directions(mode))
