"""Pairs as many as possible of two groups, each member once (a maximum matching of a bipartite graph)."""

from __future__ import annotations

from collections.abc import Sequence


def matched(edges: Sequence[Sequence[int]]) -> dict[int, int]:
    """Return which member of the first group goes with which of the second, as many pairs as there can be.

    ``edges`` names for each of the first those of the second it may go with. Hopcroft and Karp's levels are
    left out: groups are small, and each round below costs at most the number of edges.
    """
    taken: dict[int, int] = {}
    for start in range(len(edges)):
        _give(start, edges, taken)
    return {one: other for other, one in taken.items()}


def _give(start: int, edges: Sequence[Sequence[int]], taken: dict[int, int]) -> None:
    """Find a partner for one more, moving others along a path of exchanges if need be."""
    came_from: dict[int, int] = {}
    waiting = [start]
    while waiting:
        one = waiting.pop()
        for other in edges[one]:
            if other in came_from:
                continue
            came_from[other] = one
            if other not in taken:
                _exchange(other, start, came_from, taken)
                return
            waiting.append(taken[other])


def _exchange(other: int, start: int, came_from: dict[int, int], taken: dict[int, int]) -> None:
    while True:
        one = came_from[other]
        before = next((o for o, holder in taken.items() if holder == one), None)
        taken[other] = one
        if one == start or before is None:
            return
        other = before
