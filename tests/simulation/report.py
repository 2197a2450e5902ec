"""A world for a person to read: what went wrong, how to see it again, its plan, and what led to it."""

from __future__ import annotations

import re

import msgspec

from trunkline.kernel.clock import SECOND

MOST_LINES = 80
"""How much of a history is shown, the latest of it, unless a person asks for all."""

MOST_WRONG = 10


def command(seed: int, bug: str | None = None) -> str:
    """Return what repeats a world exactly."""
    return f"python -m tests.simulation {seed}" + (f" --planted {bug}" if bug else "")


def report(world, again: str, lines: int = MOST_LINES) -> str:
    """Return what is wrong with a world and the part of its history that has to do with it."""
    wrong = world.wrong[:MOST_WRONG] + [f"... and {n} more" for n in [len(world.wrong) - MOST_WRONG] if n > 0]
    told = history(world)
    cut = [f"... {len(told) - lines} lines before"] if len(told) > lines else []
    verdict = f"seed {world.plan.seed}: {len(world.wrong) or 'nothing'} wrong"
    return "\n".join([verdict, *wrong, f"again: {again}", "", *_plan(world.plan), "", *cut, *told[-lines:]])


def _plan(plan) -> list[str]:
    told = msgspec.to_builtins(plan)
    del told["arrivals"]
    targets, flows = told.pop("targets"), told.pop("flows")
    named = [("world", told), *(("target", one) for one in targets), *(("flow", one) for one in flows)]
    return [
        f"{name}: " + ", ".join(f"{field} {value}" for field, value in one.items()) for name, one in named
    ]


def history(world) -> list[str]:
    """Return the notes on the events that something is wrong with, and on no event; or else all notes."""
    concerned = [_concerned(wrong) for wrong in world.wrong]
    flows = {flow for flow, _ in concerned} - {""}
    offsets = set().union(*(found for _, found in concerned))
    others = {flow.name for flow in world.plan.flows} - flows if flows else set()
    return [
        _line(note)
        for note in world.notes
        if note.who not in others and not (note.offsets and offsets and offsets.isdisjoint(note.offsets))
    ]


def _concerned(wrong: str) -> tuple[str, set[int]]:
    """Return the flow and the events that a fault names."""
    flow, _, what = wrong.rpartition(": event ")
    return flow, {int(number) for number in re.findall(r"^\d+|(?<=older )\d+", what)} if flow else set()


def _line(note) -> str:
    offsets = f" {_runs(note.offsets)}" if note.offsets else ""
    detail = f" ({note.detail})" if note.detail else ""
    return f"{note.at / SECOND:12.6f} s  {note.process:>2} {note.who:<8} {note.what}{offsets}{detail}"


def _runs(offsets) -> str:
    runs: list[list[int]] = []
    for offset in offsets:
        if runs and offset == runs[-1][-1] + 1:
            runs[-1][1:] = [offset]
        else:
            runs.append([offset])
    return ",".join("-".join(map(str, run)) for run in runs)
