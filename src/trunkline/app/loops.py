"""Circles of systems: where what we write into one may come back as its own change, for ever.

From the files alone: a flow joins each system that publishes its stream to the system it delivers to. The
gate asks that each circle ends somewhere; the catalogue lists them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TypeAlias

from trunkline.app.project import Flow, Project

_BETWEEN = 2
"""A circle has this many systems at least: one that hears of its own records, as a receipt, is none."""


def ending(flow: Flow) -> str:
    """Return how a flow ends a circle that it is part of, or nothing where it does not.

    It drops by ``when`` what the stream's field of origin tells, or its file says why nothing comes back.
    """
    origin = str(flow.contract.about.properties.get("origin") or "")
    if origin and flow.settings.when is not None and origin in flow.mapping.lineage.get("when", ()):
        return f"when drops by {origin} what only comes back"
    return flow.settings.loop


Ways: TypeAlias = Mapping[str, Collection[str]]
"""The systems that each system's records go to."""


def open_ways(project: Project) -> Ways:
    """Return the ways of the flows that end no circle."""
    return _ways(one for one in _links(project) if not ending(one[1]))


def circle_of(project: Project, flow: Flow, ways: Ways | None = None) -> list[str] | None:
    """Return the systems of a circle through a flow that no flow of it ends, or None where there is none.

    ``ways`` are the project's ``open_ways``, for who asks of many flows.
    """
    if ending(flow):
        return None
    if ways is None:
        ways = open_ways(project)
    there = flow.target.system.system
    for source in _sources(project, flow):
        back = _path(ways, there, source)
        if back is not None and len(back) >= _BETWEEN:
            return [source, *back]
    return None


def pairs(project: Project) -> set[tuple[str, str]]:
    """Return each pair of systems that some flow joins, source first."""
    return {(source, flow.target.system.system) for source, flow in _links(project)}


def circles(project: Project) -> list[list[str]]:
    """Return the circles of two systems and more, ended or not, each once and with its first system again."""
    ways = _ways(_links(project))
    found: dict[frozenset[str], list[str]] = {}
    for source, there in sorted(pairs(project)):
        back = _path(ways, there, source)
        if back is not None and len(back) >= _BETWEEN:
            found.setdefault(frozenset(back), [source, *back])
    return list(found.values())


def _sources(project: Project, flow: Flow) -> list[str]:
    return sorted({one.system for one in project.sources_of(flow.contract)})


def _links(project: Project) -> Iterator[tuple[str, Flow]]:
    for flow in project.flows.values():
        for source in _sources(project, flow):
            yield source, flow


def _ways(links: Iterable[tuple[str, Flow]]) -> dict[str, set[str]]:
    ways: dict[str, set[str]] = {}
    for source, flow in links:
        ways.setdefault(source, set()).add(flow.target.system.system)
    return ways


def _path(ways: Ways, start: str, end: str) -> list[str] | None:
    """Return the shortest way from one system to another, both in it; None where there is none."""
    before: dict[str, str] = {start: ""}
    todo = [start]
    while todo and end not in before:
        nearer, todo = todo, []
        for system in nearer:
            for following in sorted(ways.get(system, ())):
                if following not in before:
                    before[following] = system
                    todo.append(following)
    if end not in before:
        return None
    path = [end]
    while before[path[-1]]:
        path.append(before[path[-1]])
    return path[::-1]
