"""How each question is answered on an open project: by the use-case behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from trunkline.app import arrivals, dead, letters, views
from trunkline.app.alerting.views import (
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
from trunkline.app.audited import AuditView, audited
from trunkline.app.backbone import Backbone
from trunkline.app.catalogue import Catalogue, FlowEntry, catalogue
from trunkline.app.census import DuplicateReport, EntityCount, duplicates, entity_counts
from trunkline.app.drift import DriftReport, drift
from trunkline.app.gate.admission import verdicts
from trunkline.app.gate.values import Verdict
from trunkline.app.kpis import KpiReport, Point, Window, kpis, series
from trunkline.app.leaks import leaks
from trunkline.app.lineage import Way, lineage
from trunkline.app.pausing import FlowState, list_flows
from trunkline.app.project import unknown
from trunkline.app.questions import (
    AskAlert,
    AskAlerts,
    AskAnswerTimes,
    AskAudit,
    AskCatalogue,
    AskDrift,
    AskDuplicates,
    AskEdit,
    AskEnded,
    AskEntities,
    AskEntries,
    AskEntry,
    AskEntryGroups,
    AskEvents,
    AskFlow,
    AskFlows,
    AskGate,
    AskKpis,
    AskLetter,
    AskLetterGroups,
    AskLetters,
    AskLineage,
    AskPlan,
    AskRelease,
    AskReplay,
    AskReplays,
    AskRules,
    AskSecrets,
    AskSeries,
    AskSilences,
    AskStatus,
    AskTrace,
    AskUnsent,
    AskUsers,
    Question,
)
from trunkline.app.replays import PlanView, ReplayView, plan, replay_of, replays
from trunkline.app.secret_ages import SecretAge, secret_ages
from trunkline.app.status import FlowStanding, Status, status
from trunkline.app.story import Asked, TraceReport, trace
from trunkline.app.users import VersionUsers, users
from trunkline.intake.release import Release
from trunkline.observe.alerts.times import AnswerTimes


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

    def judge() -> list[Verdict]:
        found = leaks(project.folder, project.path(project.settings.secrets.file))
        return verdicts(project, found, asked.flow)

    return await asyncio.to_thread(judge)


async def _trace(backbone: Backbone, asked: AskTrace) -> TraceReport:
    return await trace(backbone, asked.id, Asked(asked.stream, asked.limit, asked.before, asked.reveal))


def _window(asked: AskKpis | AskSeries) -> Window:
    return Window(asked.since, asked.until, asked.flow, asked.system, asked.stream)


async def _series(backbone: Backbone, asked: AskSeries) -> list[Point]:
    return await series(backbone, _window(asked), asked.step_seconds, freshness=asked.freshness)


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
    AskTrace: (_trace, TraceReport),
    AskKpis: (lambda backbone, asked: kpis(backbone, _window(asked), asked.by), KpiReport),
    AskSeries: (_series, list[Point]),
    AskLetters: (lambda backbone, asked: dead.dead_letters(backbone, asked.where), list[dead.DeadView]),
    AskLetterGroups: (lambda backbone, asked: dead.dead_groups(backbone, asked.where), list[dead.DeadGroup]),
    AskLetter: (_letter, dead.DeadDetail),
    AskEdit: (lambda backbone, asked: letters.would_edit(backbone, asked.act), list[letters.Edited]),
    AskEntries: (lambda backbone, asked: arrivals.entries(backbone, asked.where), list[arrivals.EntryView]),
    AskEntryGroups: (
        lambda backbone, asked: arrivals.entry_groups(backbone, asked.where),
        list[arrivals.EntryGroup],
    ),
    AskEntry: (_entry, arrivals.QuarantineDetail),
    AskRelease: (lambda backbone, asked: arrivals.would_release(backbone, asked.act), list[Release]),
    AskEnded: (lambda backbone, asked: arrivals.why_not_open(backbone, asked.ids), list[str]),
    AskReplays: (lambda backbone, asked: replays(backbone, asked.flow), list[ReplayView]),
    AskReplay: (lambda backbone, asked: replay_of(backbone, asked.replay), ReplayView),
    AskPlan: (lambda backbone, asked: plan(backbone, asked.act), PlanView),
    AskAudit: (lambda backbone, asked: audited(backbone, asked.where), list[AuditView]),
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
    AskEntities: (lambda backbone, _: entity_counts(backbone), list[EntityCount]),
    AskDuplicates: (
        lambda backbone, asked: duplicates(backbone, asked.stream, asked.limit),
        DuplicateReport,
    ),
    AskLineage: (_lineage, list[Way]),
    AskDrift: (lambda backbone, asked: drift(backbone, asked.stream, max(1, asked.last)), list[DriftReport]),
    AskSecrets: (lambda backbone, _: secret_ages(backbone), list[SecretAge]),
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
