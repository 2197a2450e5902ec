"""What may be asked of a project: values, as acts are, that can be carried to a running instance.

Command line and API ask the same questions, so that both say the same of the same thing, here or from afar;
``app.asking`` answers them. Nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, ClassVar

import msgspec
from msgspec.structs import replace

from trunkline.app.act import about
from trunkline.app.acts import EditLetters, ReleaseEntries, StartReplay
from trunkline.app.alerting.views import (
    AlertsQuery,
)
from trunkline.app.kpis import By
from trunkline.app.masking import MASK
from trunkline.app.story import CORRELATION, LIMIT
from trunkline.delivery.ledger import CaseQuery
from trunkline.intake.quarantine import Query as EntryQuery
from trunkline.observe.audit import AuditQuery

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
    """Tell the whole story of a correlation ID, of the events of an id, or of an entity, in order of time."""

    id: str
    stream: str = ""
    limit: int = LIMIT
    before: int | None = None
    reveal: bool = False


class AskKpis(Question, frozen=True):
    """Tell the KPIs of a window as a whole and, ``by`` flow, system or stream, of each."""

    since: int
    until: int
    flow: str = ""
    system: str = ""
    stream: str = ""
    by: By = ""


class AskSeries(Question, frozen=True):
    """Tell what happened in each step of a window: throughput and errors on one time axis."""

    since: int
    until: int
    flow: str = ""
    system: str = ""
    stream: str = ""
    step_seconds: int = 60
    freshness: bool = False


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


class AskRelease(Question, frozen=True):
    """Tell what a release of refused arrivals would come to, without making it, 1,000 at a time."""

    act: ReleaseEntries


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


class AskSecrets(Question, frozen=True):
    """Tell since when each secret has been the same, and where it is used; never what it is."""


class AskUsers(Question, frozen=True):
    """List who is still on a contract's version, or on each that is deprecated or retired."""

    ref: str = ""
    last: int = 100_000


class AskEntities(Question, frozen=True):
    """List the streams whose entities are matched: how many entities, and how many are duplicates."""


class AskDuplicates(Question, frozen=True):
    """Tell which entities of a stream are one thing, by what its contract matches by."""

    stream: str
    limit: int = 100


def reveals(question: Question) -> bool:
    """Tell whether a question is for personal data as it is, which is to be audited before it is answered."""
    return bool(getattr(question, "reveal", False))


def subject_of(question: Question) -> str:
    """Return what a question is about, for the audit: its kind and what narrows it; keys are masked.

    So is what a story is asked by, unless it is a correlation ID: else it may be an entity key.
    """
    if isinstance(question, AskTrace) and not CORRELATION.fullmatch(question.id):
        question = replace(question, id=MASK)
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
