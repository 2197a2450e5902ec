"""Trace: the whole story of an event, a correlation or an entity, in order of time."""

from __future__ import annotations

import msgspec

from trunkline.app import story
from trunkline.app.story import Step, Trace
from trunkline.kernel.clock import SECOND, from_rfc3339
from trunkline.surfaces.dashboard.page import Asked, Page, View

MOST = 500
"""How many events a page tells of at the most."""
_FACTOR = 5


class Line(msgspec.Struct, frozen=True):
    """A step, and how many seconds after the one before it."""

    step: Step
    after_seconds: float


class Story(msgspec.Struct, frozen=True):
    """What was found as what; ``more``: how many events to ask for to see older ones, 0 for none."""

    id: str
    found: tuple[str, ...]
    traces: tuple[Trace, ...]
    lines: tuple[Line, ...]
    refused: int
    more: int
    streams: tuple[str, ...]


async def _load(asked: Asked) -> View:
    wanted = asked.value("id").strip()
    streams = tuple(sorted({flow.contract.stream for flow in asked.backbone.project.flows.values()}))
    if not wanted:
        return View("Trace", Story("", (), (), (), 0, 0, streams), ())
    limit = min(max(1, asked.number("limit", story.LIMIT)), MOST)
    report = await story.trace(asked.backbone, wanted, story.Asked(asked.value("stream"), limit))
    more = min(limit * _FACTOR, MOST) if report.more and limit < MOST else 0
    found: tuple[str, ...] = tuple(report.found)
    lines = _lines(report.steps)
    data = Story(wanted, found, tuple(report.events), lines, len(report.quarantined), more, streams)
    return View("Trace", data, report.steps)


def _lines(steps: list[Step]) -> tuple[Line, ...]:
    times = [from_rfc3339(step.at) for step in steps]
    before = [times[0], *times] if times else []
    return tuple(
        Line(step, (at - earlier) / SECOND) for step, at, earlier in zip(steps, times, before, strict=False)
    )


TRACE = Page(
    "trace",
    "/trace",
    "Trace",
    "The whole story of an event, a correlation or an entity in order of time; personal data is masked.",
    _load,
    "To mend",
    "i",
    5.0,
)
