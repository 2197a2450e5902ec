"""The gate: which flows pass and what fails, and the checklist of one, rule by rule with what to do."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

from trunkline.app.gate.admission import verdicts
from trunkline.app.gate.report import markdown, said
from trunkline.app.gate.rules import RULES
from trunkline.app.gate.values import Finding, Status, Verdict
from trunkline.app.leaks import leaks, stamp
from trunkline.app.project import unknown
from trunkline.surfaces.dashboard.page import ROOM, Asked, NotThere, Page, View
from trunkline.surfaces.dashboard.render import LABELS
from trunkline.surfaces.dashboard.tables import Column, Table, found, ordered, paged

GATE = f"{ROOM}/gate"

Word: TypeAlias = Literal["refused", "draft-refused", "draft", "advised", "passes"]
"""What the gate says of a flow, worst first; a draft does not run by itself, whether it passes or not."""

WORDS: tuple[Word, ...] = ("refused", "draft-refused", "draft", "advised", "passes")

COLUMNS = (
    Column("flow", "Flow"),
    Column("verdict", "Verdict"),
    Column("errors", "To mend", numeric=True),
    Column("advice", "Advice", numeric=True),
    Column("", "What fails"),
)


class Line(msgspec.Struct, frozen=True):
    """One rule of one flow, as exports have it."""

    flow: str
    file: str
    verdict: str
    rule: str
    title: str
    status: Status
    shown: str
    do: str


class Row(msgspec.Struct, frozen=True):
    """One flow: what the gate says of it, and what does not pass."""

    flow: str
    file: str
    verdict: Word
    errors: int
    advice: int
    fails: tuple[Finding, ...]
    lines: tuple[Line, ...]

    @property
    def rules(self) -> set[str]:
        """The rules that it does not pass."""
        return {one.rule for one in self.fails}


class Judged(msgspec.Struct, frozen=True):
    """What the gate says of a project."""

    verdicts: list[Verdict]
    rows: dict[str, Row]


class Gate(msgspec.Struct, frozen=True):
    """The flows that are asked for, how many there are of each verdict, and how many fail each rule."""

    table: Table[Row]
    counts: dict[str, int]
    verdicts: tuple[tuple[str, str], ...]
    rules: tuple[tuple[str, str], ...]


class Checklist(msgspec.Struct, frozen=True):
    """One flow's rules, those that are asked for; ``why`` each one is asked, by its id."""

    row: Row
    findings: tuple[Finding, ...]
    passed: int
    why: dict[str, str]


async def _judged(asked: Asked) -> Judged:
    """Return what the gate says, worked out again only where a file changed."""
    project = asked.backbone.project

    def judge() -> Judged:
        all_of_them = verdicts(project, leaks(project.folder, project.path(project.settings.secrets.file)))
        return Judged(all_of_them, {one.flow: _row(one) for one in all_of_them})

    state = await asyncio.to_thread(stamp, project.folder)
    return await asked.sights.memory.made("gate", state, judge)


def _row(verdict: Verdict) -> Row:
    lines = tuple(
        Line(verdict.flow, verdict.file, said(verdict), one.rule, one.title, one.status, one.shown, one.do)
        for one in verdict.findings
    )
    errors, advice = verdict.errors, verdict.advice
    fails = (*errors, *advice)
    return Row(verdict.flow, verdict.file, _word(verdict), len(errors), len(advice), fails, lines)


def _word(verdict: Verdict) -> Word:
    if verdict.draft:
        return "draft" if verdict.passes else "draft-refused"
    if not verdict.passes:
        return "refused"
    return "advised" if verdict.advice else "passes"


async def _load_gate(asked: Asked) -> View:
    judged = await _judged(asked)
    rows = list(judged.rows.values())
    counts = Counter(one.verdict for one in rows)
    failing = Counter(rule for one in rows for rule in one.rules)
    left = _ordered(_chosen(rows, asked), asked)
    shown = Gate(
        paged(left, asked, "flows", COLUMNS, len(rows), "verdict"),
        {word: counts[word] for word in WORDS},
        tuple((word, f"{LABELS[word]} ({counts[word]})") for word in WORDS if counts[word]),
        tuple((one.id, f"{one.title} ({failing[one.id]})") for one in RULES if failing[one.id]),
    )
    lines = [line for one in left for line in one.lines]
    return View("Gate", shown, lines, reports=_report(asked, judged, left))


def _report(asked: Asked, judged: Judged, rows: Sequence[Row]) -> dict[str, str]:
    """Return the report of what is shown; it is written only where it is asked for."""
    if asked.value("format") != "md":
        return {"md": ""}
    names = {one.flow for one in rows}
    shown = [one for one in judged.verdicts if one.flow in names]
    return {"md": markdown(asked.backbone.project.settings.project, shown, ())}


def _chosen(rows: Sequence[Row], asked: Asked) -> list[Row]:
    verdict, rule = asked.value("verdict"), asked.value("rule")
    return [
        one
        for one in found(rows, asked, ("flow", "file"))
        if verdict in ("", one.verdict) and (not rule or rule in one.rules)
    ]


def _ordered(rows: Sequence[Row], asked: Asked) -> list[Row]:
    """Return rows as asked for; by verdict the worst first, and of one verdict what has most to mend."""
    given = asked.value("sort", "verdict")
    if given.removeprefix("-") != "verdict":
        return ordered(rows, asked, COLUMNS, "verdict")
    worst = sorted(rows, key=lambda one: (WORDS.index(one.verdict), -one.errors, -one.advice, one.flow))
    return worst[::-1] if given.startswith("-") else worst


async def _load_checklist(asked: Asked) -> View:
    judged, name = await _judged(asked), asked.parts["flow"]
    row = judged.rows.get(name)
    if row is None:
        raise NotThere(str(unknown("flow", name, judged.rows)))
    verdict = next(one for one in judged.verdicts if one.flow == name)
    shown = row.fails if asked.value("show") == "fails" else verdict.findings
    passed = len(verdict.findings) - len(row.fails)
    lists = Checklist(row, shown, passed, {one.id: one.why for one in RULES})
    listed = {one.rule for one in shown}
    lines = [one for one in row.lines if one.rule in listed]
    return View(name, lists, lines, (("Gate", GATE),), reports=_report(asked, judged, [row]))


GATE_PAGE = Page(
    "gate",
    "/gate",
    "Gate",
    "Every flow before the gate: whether it passes, what fails, by rule and verdict; the report as Markdown.",
    _load_gate,
    "Project",
    "g",
    10.0,
)
CHECKLIST_PAGE = Page(
    "checklist",
    "/gate/{flow}",
    "Checklist",
    "One flow's checklist: every rule with what is so, whether it passes, and what to do where it does not.",
    _load_checklist,
    every_seconds=10.0,
)
PAGES = (GATE_PAGE, CHECKLIST_PAGE)
