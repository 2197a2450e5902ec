"""What may be asked of a project: values, as acts are, that can be carried to a running instance.

``answer`` answers one on an open project. Command line and API ask the same questions, so that both say the
same of the same thing, here or from afar; nothing here changes anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec
from msgspec.structs import replace

from trunkline.app import arrivals, dead, letters, views
from trunkline.app.act import about
from trunkline.app.acts import EditLetters, StartReplay
from trunkline.app.alerting.views import (
    AlertsQuery,
    AlertView,
    RuleView,
    SilenceView,
    UnsentView,
    alert_named,
    alerts,
    answer_stats,
    rules,
    silences,
    unsent,
)
from trunkline.app.backbone import Backbone
from trunkline.app.catalogue import Catalogue, FlowEntry, catalogue
from trunkline.app.drift import DriftReport, drift
from trunkline.app.gate.admission import verdicts
from trunkline.app.gate.values import Verdict
from trunkline.app.leaks import leaks
from trunkline.app.lineage import Way, lineage
from trunkline.app.pausing import FlowState, list_flows
from trunkline.app.project import unknown
from trunkline.app.replays import PlanView, ReplayView, plan, replay_of, replays
from trunkline.app.status import FlowStanding, Status, status
from trunkline.app.users import VersionUsers, users
from trunkline.delivery.ledger import CaseQuery
from trunkline.intake.quarantine import Entry
from trunkline.intake.quarantine import Query as EntryQuery
from trunkline.observe.alerts.times import AnswerTimes
from trunkline.observe.audit import AuditEntry, AuditQuery

PAGE = 1_000
"""How many items a page of a long list has."""


class Question(msgspec.Struct, frozen=True, tag=True):
    """The base of every question. Its fields are what narrows it; one named ``where`` has them in it.

    The answer to one that has ``places`` is a page of a list: they are the fields that say where it begins.
    """

    places: ClassVar[tuple[str, ...]] = ()


class AskStatus(Question, frozen=True):
    """Tell where every source, stream and flow stands."""


class AskFlows(Question, frozen=True):
    """List flows, and which of them are paused."""


class AskFlow(Question, frozen=True):
    """Tell where a flow stands, what it joins, and what the gate says of it."""

    flow: str


class AskGate(Question, frozen=True):
    """Tell what the gate says of every flow, rule by rule, or of one."""

    flow: str = ""


class AskEvents(Question, frozen=True):
    """List events of a stream, oldest first from an offset, or those that carry a value, newest first."""

    places: ClassVar = ("start",)
    stream: str
    start: int = 0
    limit: int = 100
    subject: str = ""
    id: str = ""
    correlation: str = ""
    reveal: bool = False


class AskTrace(Question, frozen=True):
    """Tell everything that happened to a correlation ID, or to the events of an id."""

    id: str
    reveal: bool = False


class AskLetters(Question, frozen=True):
    """List dead letters, or cases in another state, by flow and offset."""

    places: ClassVar = ("after",)
    where: CaseQuery = CaseQuery()


class AskLetterGroups(Question, frozen=True):
    """Group dead letters by flow and cause, the largest group first."""

    where: CaseQuery = CaseQuery()


class AskLetter(Question, frozen=True):
    """Show a dead letter with its record, every attempt that is kept, and what people did with it."""

    flow: str
    offset: int
    reveal: bool = False


class AskEdit(Question, frozen=True):
    """Tell what an edit of dead letters would come to, without making it."""

    act: EditLetters


class AskEntries(Question, frozen=True):
    """List refused arrivals, newest first."""

    places: ClassVar = ("before",)
    where: EntryQuery = EntryQuery()


class AskEntryGroups(Question, frozen=True):
    """Group refused arrivals by source and first reason, the largest group first."""

    where: EntryQuery = EntryQuery()


class AskEntry(Question, frozen=True):
    """Show a refused arrival with every reason and its record."""

    id: str
    reveal: bool = False


class AskEnded(Question, frozen=True):
    """Say of refused arrivals that are not open why: they have ended already, or there is none of that id."""

    ids: tuple[str, ...]


class AskReplays(Question, frozen=True):
    """List replays, the newest first."""

    flow: str = ""


class AskReplay(Question, frozen=True):
    """Show a replay: what it selects, how far it is, who changed it last and why."""

    replay: str


class AskPlan(Question, frozen=True):
    """Tell what a replay would deliver, and start none."""

    act: StartReplay


class AskAudit(Question, frozen=True):
    """List what people did, newest first."""

    places: ClassVar = ("before",)
    where: AuditQuery = AuditQuery()


class AskAlerts(Question, frozen=True):
    """List alerts: those that are open, or with ``all`` those since a time as well; pages first."""

    where: AlertsQuery = AlertsQuery()


class AskAlert(Question, frozen=True):
    """Show an alert: what is so, the likely cause, the next step, and who was told."""

    alert: str


class AskSilences(Question, frozen=True):
    """List the silences in force."""


class AskUnsent(Question, frozen=True):
    """List messages that failed and are tried again, and those that were given up."""

    limit: int = 100


class AskAnswerTimes(Question, frozen=True):
    """Tell how many alerts fired in a span of time, and the mean times to acknowledge and to resolve."""

    since: int
    until: int


class AskRules(Question, frozen=True):
    """List the rules by which alerts fire."""


class AskCatalogue(Question, frozen=True):
    """Tell which systems, contracts and flows there are, whose, and where personal data goes."""


class AskLineage(Question, frozen=True):
    """Tell where a field goes, end to end."""

    field: str
    stream: str = ""


class AskDrift(Question, frozen=True):
    """Tell how the last records that came differ from their contract, of one stream or of all."""

    stream: str = ""
    last: int = 10_000


class AskUsers(Question, frozen=True):
    """List who is still on a contract's version, or on each that is deprecated or retired."""

    ref: str = ""
    last: int = 100_000


class FlowDetail(msgspec.Struct, frozen=True):
    """A flow: how it stands, what it joins, and what the gate says of it."""

    standing: FlowStanding
    joins: FlowEntry
    gate: Verdict


async def _events(backbone: Backbone, asked: AskEvents) -> list[views.EventView]:
    wanted = views.Wanted(asked.start, asked.limit, asked.subject, asked.id, asked.correlation, asked.reveal)
    return [one async for one in views.events(backbone, asked.stream, wanted)]


async def _flow(backbone: Backbone, asked: AskFlow) -> FlowDetail:
    [verdict] = await _gate(backbone, AskGate(asked.flow))
    [standing] = [one for one in (await status(backbone)).flows if one.flow == asked.flow]
    [joins] = [one for one in catalogue(backbone.project).flows if one.flow == asked.flow]
    return FlowDetail(standing, joins, verdict)


async def _gate(backbone: Backbone, asked: AskGate) -> list[Verdict]:
    project = backbone.project
    if asked.flow and asked.flow not in project.flows:
        raise unknown("flow", asked.flow, project.flows)
    found = await asyncio.to_thread(leaks, project.folder, project.path(project.settings.secrets.file))
    return [one for one in verdicts(project, found) if asked.flow in ("", one.flow)]


async def _trace(backbone: Backbone, asked: AskTrace) -> views.TraceReport:
    return await views.trace(backbone, asked.id, reveal=asked.reveal)


async def _letter(backbone: Backbone, asked: AskLetter) -> dead.DeadDetail:
    return await dead.dead_letter(backbone, asked.flow, asked.offset, reveal=asked.reveal)


async def _entry(backbone: Backbone, asked: AskEntry) -> arrivals.QuarantineDetail:
    return await arrivals.quarantined(backbone, asked.id, reveal=asked.reveal)


async def _rules(backbone: Backbone, _asked: AskRules) -> list[RuleView]:
    return rules(backbone.project)


async def _catalogue(backbone: Backbone, _asked: AskCatalogue) -> Catalogue:
    return catalogue(backbone.project)


async def _lineage(backbone: Backbone, asked: AskLineage) -> list[Way]:
    return lineage(backbone.project, asked.field, asked.stream)


_ANSWER: Mapping[type[Question], tuple[Callable[[Backbone, Any], Awaitable[Any]], Any]] = {
    AskStatus: (lambda backbone, _: status(backbone), Status),
    AskFlows: (lambda backbone, _: list_flows(backbone), list[FlowState]),
    AskFlow: (_flow, FlowDetail),
    AskGate: (_gate, list[Verdict]),
    AskEvents: (_events, list[views.EventView]),
    AskTrace: (_trace, views.TraceReport),
    AskLetters: (lambda backbone, asked: dead.dead_letters(backbone, asked.where), list[dead.DeadView]),
    AskLetterGroups: (lambda backbone, asked: dead.dead_groups(backbone, asked.where), list[dead.DeadGroup]),
    AskLetter: (_letter, dead.DeadDetail),
    AskEdit: (lambda backbone, asked: letters.would_edit(backbone, asked.act), list[letters.Edited]),
    AskEntries: (lambda backbone, asked: arrivals.entries(backbone, asked.where), list[Entry]),
    AskEntryGroups: (
        lambda backbone, asked: arrivals.entry_groups(backbone, asked.where),
        list[arrivals.EntryGroup],
    ),
    AskEntry: (_entry, arrivals.QuarantineDetail),
    AskEnded: (lambda backbone, asked: arrivals.why_not_open(backbone, asked.ids), list[str]),
    AskReplays: (lambda backbone, asked: replays(backbone, asked.flow), list[ReplayView]),
    AskReplay: (lambda backbone, asked: replay_of(backbone, asked.replay), ReplayView),
    AskPlan: (lambda backbone, asked: plan(backbone, asked.act), PlanView),
    AskAudit: (lambda backbone, asked: backbone.audit.list(asked.where), list[AuditEntry]),
    AskAlerts: (lambda backbone, asked: alerts(backbone, asked.where), list[AlertView]),
    AskAlert: (lambda backbone, asked: alert_named(backbone, asked.alert), AlertView),
    AskSilences: (lambda backbone, _: silences(backbone), list[SilenceView]),
    AskUnsent: (lambda backbone, asked: unsent(backbone, asked.limit), list[UnsentView]),
    AskAnswerTimes: (
        lambda backbone, asked: answer_stats(backbone, asked.since, asked.until),
        AnswerTimes,
    ),
    AskRules: (_rules, list[RuleView]),
    AskCatalogue: (_catalogue, Catalogue),
    AskLineage: (_lineage, list[Way]),
    AskDrift: (lambda backbone, asked: drift(backbone, asked.stream, max(1, asked.last)), list[DriftReport]),
    AskUsers: (lambda backbone, asked: users(backbone, asked.ref, max(1, asked.last)), list[VersionUsers]),
}
"""How each question is answered, and the type of its answer."""


async def answer(backbone: Backbone, question: Question) -> Any:
    """Answer a question on an open project."""
    do, _ = _ANSWER[type(question)]
    return await do(backbone, question)


def answer_type(kind: type[Question]) -> Any:
    """Return the type of the answer to a kind of question."""
    return _ANSWER[kind][1]


def reveals(question: Question) -> bool:
    """Tell whether a question is for personal data as it is, which is to be audited before it is answered."""
    return bool(getattr(question, "reveal", False))


def subject_of(question: Question) -> str:
    """Return what a question is about, for the audit: its kind and what narrows it; keys are masked."""
    return f"{type(question).__name__} {about(question)}"


def limit_of(question: Question) -> int:
    """Return how many items the page may have that a question asks for."""
    where: Any = getattr(question, "where", question)
    return int(where.limit)


def limited(question: Question, limit: int) -> Question:
    """Return a question for a page of so many items."""
    return _with(question, {"limit": limit})


async def pages(ask: Callable[[Question], Awaitable[Any]], question: Question) -> AsyncIterator[list[Any]]:
    """Yield a list page after page, up to the question's limit; ``ask`` answers for one of them."""
    then: Question | None = question
    left = limit_of(question)
    while then is not None and left > 0:
        then = limited(then, left if _is_narrowed(then) else min(left, PAGE))
        items = await ask(then)
        yield items
        left -= len(items)
        then = following(then, items)


def _is_narrowed(question: Question) -> bool:
    """Tell whether a question finds events by a value: they come at once, the newest first."""
    return isinstance(question, AskEvents) and any((question.subject, question.id, question.correlation))


def following(question: Question, items: Sequence[Any]) -> Question | None:
    """Return the question for the page behind one of these items; None where that was the last."""
    if len(items) < limit_of(question):
        return None
    last = items[-1]
    if isinstance(question, AskEvents):
        return None if _is_narrowed(question) else replace(question, start=last.offset + 1)
    if isinstance(question, AskLetters):
        return _with(question, {"after": (last.flow, last.offset)})
    return _with(question, {"before": last.number if isinstance(question, AskAudit) else last.id})


def _with(question: Question, fields: dict[str, Any]) -> Question:
    where = getattr(question, "where", None)
    if where is None:
        return replace(question, **fields)
    return replace(question, where=replace(where, **fields))
