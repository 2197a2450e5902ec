"""Trace: the whole story of an event, a correlation or an entity, in order of time."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec

from trunkline.app import story, views
from trunkline.app.acts import RevealData
from trunkline.app.questions import AskEvents, subject_of
from trunkline.app.story import Step, Trace
from trunkline.kernel.clock import SECOND, from_rfc3339
from trunkline.surfaces.dashboard.forms import REVEALS, Asking, Form, Revealed
from trunkline.surfaces.dashboard.page import ROOM, Asked, NotThere, Page, View

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


def _event_of(asked: Asked, *, reveal: bool) -> AskEvents:
    """Return the question for one event, by its place: an entity key would be personal itself."""
    return AskEvents(asked.value("stream"), asked.number("offset", -1), limit=1, reveal=reveal)


async def _event(asked: Asked, *, reveal: bool = False) -> views.EventView:
    which = _event_of(asked, reveal=reveal)
    wanted = views.Wanted(which.start, which.limit, reveal=reveal)
    async for one in views.events(asked.backbone, which.stream, wanted):
        if one.offset == which.start:
            return one
    raise NotThere(f"the log holds no event {which.start} of {which.stream}: it may have been trimmed")


async def _ask_reveal(asked: Asked) -> Asking:
    one = await _event(asked)
    title = f"Show the personal data of event {one.offset:,} in {one.stream}?"
    return Asking(title, REVEALS, _story_of(one), {"stream": one.stream, "offset": str(one.offset)})


async def _revealed(asked: Asked) -> Revealed:
    one = await _event(asked, reveal=True)
    parts = (("Entity", one.subject), ("The record as it came", one.data))
    return Revealed(f"Event {one.offset:,} in {one.stream}", _story_of(one), parts)


def _story_of(one: views.EventView) -> str:
    return f"{ROOM}/trace?{urlencode({'id': one.id})}"


REVEAL = Form(
    "reveal-event",
    "Show personal data",
    "shows the record of an event with its personal data, once",
    _ask_reveal,
    lambda asked, by, why: RevealData(subject_of(_event_of(asked, reveal=True)), by, why),
    lambda _: "",
    may="reveal",
    shows=_revealed,
)
FORMS = (REVEAL,)
