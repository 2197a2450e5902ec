"""The Python way in: ``async with trunkline.open(folder) as project``.

It stands beside the command line and calls the same use-cases. Where ``trunkline run`` has a role,
reading goes beside it and publishing goes through it; otherwise this process has the role meanwhile.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from trunkline.app.acts import Act, Publish, RevealData, do, runs_elsewhere
from trunkline.app.alerting.views import AlertsQuery, AlertView, alerts
from trunkline.app.audited import AuditView, audited
from trunkline.app.backbone import Backbone, Machine, opened, this_machine
from trunkline.app.dead import DeadGroup, DeadView, dead_groups, dead_letters
from trunkline.app.kpis import By, KpiReport, Point, Window, kpis, series
from trunkline.app.project import Project
from trunkline.app.questions import AskEvents, AskTrace, Question, subject_of
from trunkline.app.replays import PlanView, ReplayView, StartReplay, plan, replays
from trunkline.app.run import Started, running
from trunkline.app.status import Status, status
from trunkline.app.story import Asked, TraceReport, trace
from trunkline.app.views import EventView, Wanted, events
from trunkline.connectors.source import Receipt
from trunkline.delivery.ledger import CaseQuery
from trunkline.kernel import json
from trunkline.kernel.errors import StoreError, UsageError
from trunkline.kernel.roles import ROLES
from trunkline.observe.audit import AuditQuery


class Reveal(msgspec.Struct, frozen=True):
    """Who is shown personal data as it is, and why: written into the audit before anything is shown."""

    by: str
    why: str


class Handle:
    """An open project."""

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone

    @property
    def project(self) -> Project:
        """What the project's files say."""
        return self._backbone.project

    async def publish(
        self, stream: str, records: Mapping[str, Any] | Sequence[Mapping[str, Any]], ids: Sequence[str] = ()
    ) -> list[Receipt]:
        """Put one record or several into a stream and return, once all is durable, what became of each.

        ``ids`` are their idempotency keys where the contract's field does not give them. Give money as
        ``Decimal``: a ``float`` has lost its digits before it comes here.
        """
        several = [records] if isinstance(records, Mapping) else records
        act = Publish(stream, [json.encode(record) for record in several], list(ids))
        receipts: list[Receipt] = await self._do(act)
        return receipts

    def events(
        self,
        stream: str,
        *,
        start: int = 0,
        limit: int = 100,
        subject: str = "",
        id: str = "",  # noqa: A002  the field's name
        correlation: str = "",
        reveal: Reveal | None = None,
    ) -> AsyncIterator[EventView]:
        """Yield events of a stream, personal fields masked unless ``reveal`` says who sees them and why."""
        asked = AskEvents(stream, start, limit, subject, id, correlation, reveal is not None)
        return self._events(asked, reveal)

    async def _events(self, asked: AskEvents, reveal: Reveal | None) -> AsyncIterator[EventView]:
        await self._audit_reveal(asked, reveal)
        wanted = Wanted(asked.start, asked.limit, asked.subject, asked.id, asked.correlation, asked.reveal)
        async for one in events(self._backbone, asked.stream, wanted):
            yield one

    async def trace(
        self, identifier: str, asked: Asked | None = None, *, reveal: Reveal | None = None
    ) -> TraceReport:
        """Tell the story of a correlation ID, an event's id or an entity key, in order of time.

        Personal data is masked unless ``reveal`` says who sees it and why; that it is asked for in ``asked``
        alone is a ``UsageError``.
        """
        asked = asked or Asked()
        if asked.reveal and reveal is None:
            raise UsageError("say who is shown personal data, and why: reveal=Reveal(by, why)")
        asked = replace(asked, reveal=reveal is not None)
        question = AskTrace(identifier, asked.stream, asked.limit, asked.before, asked.reveal)
        await self._audit_reveal(question, reveal)
        return await trace(self._backbone, identifier, asked)

    async def _audit_reveal(self, question: Question, reveal: Reveal | None) -> None:
        """Write into the audit that personal data is shown before it is."""
        if reveal is None:
            return
        if not reveal.by or not reveal.why:
            raise UsageError("say who is shown personal data, and why: it stands in the audit")
        await self._do(RevealData(subject_of(question), reveal.by, reveal.why))

    async def status(self) -> Status:
        """Tell where every source, stream and flow stands."""
        return await status(self._backbone)

    async def kpis(self, window: Window, by: By = "") -> KpiReport:
        """Return the KPIs of a window as a whole and, by ``flow``, ``system`` or ``stream``, of each."""
        return await kpis(self._backbone, window, by)

    async def series(self, window: Window, step_seconds: int = 60, *, freshness: bool = False) -> list[Point]:
        """Return throughput and errors of each step of a window, with its freshness where asked for."""
        return await series(self._backbone, window, step_seconds, freshness=freshness)

    async def dead_letters(self, where: CaseQuery | None = None) -> list[DeadView]:
        """Return dead letters, or other cases, a page at a time; personal keys are masked."""
        return await dead_letters(self._backbone, where or CaseQuery())

    async def dead_groups(self, where: CaseQuery | None = None) -> list[DeadGroup]:
        """Return dead letters grouped by flow and cause, the largest group first."""
        return await dead_groups(self._backbone, where or CaseQuery())

    async def act(self, act: Act) -> Any:
        """Do an act, such as ``RetryLetters``, and return what it returns; ``by`` says who answers for it."""
        return await self._do(act)

    async def plan_replay(self, act: StartReplay) -> PlanView:
        """Tell what a replay would deliver, and start none."""
        return await plan(self._backbone, act)

    async def replays(self, flow: str = "") -> list[ReplayView]:
        """Return the replays of one flow or of all, the newest first."""
        return await replays(self._backbone, flow)

    async def alerts(self, query: AlertsQuery | None = None) -> list[AlertView]:
        """Return alerts that are open, or others, pages before tickets, each with its cause and next step."""
        return await alerts(self._backbone, query or AlertsQuery())

    async def audit(self, query: AuditQuery | None = None) -> list[AuditView]:
        """Return what people did, newest first."""
        return await audited(self._backbone, query or AuditQuery())

    @contextlib.asynccontextmanager
    async def run(
        self, host: str = "", port: int | None = None, *, allow_draft: bool = False, plain: bool = False
    ) -> AsyncIterator[Started]:
        """Run sources, flows and the HTTP door while the block runs; leaving it finishes what is held.

        Flows that are drafts run where ``allow_draft``. An address that others reach needs ``listen.tls``,
        or ``plain``, which is for a door behind a proxy; ``UsageError`` is raised otherwise. Raises
        ``StoreError`` where another process runs the project already, ``GateError`` where a flow does not
        pass the gate.
        """
        if self._backbone.roles != frozenset(ROLES):
            raise StoreError("another process runs this project: stop it first")
        from trunkline.surfaces.mounts import doorway, shown  # noqa: PLC0415  publishing needs no HTTP server
        from trunkline.surfaces.place import place_of  # noqa: PLC0415  as above

        place = place_of(self.project, host, port, plain=plain)
        pages = shown(self.project, place)
        with doorway(self._backbone, place) as opens:
            async with running(self._backbone, opens, allow_draft=allow_draft, pages=pages) as started:
                yield started

    async def _do(self, act: Act) -> Any:
        return await do(self._backbone, act)


@contextlib.asynccontextmanager
async def open_project(
    folder: str | os.PathLike[str] = ".", machine: Machine | None = None
) -> AsyncIterator[Handle]:
    """Open a project folder; raises ``ProjectError`` with every fault, ``StoreError``, ``SecretUnavailable``.

    >>> import asyncio, tempfile, trunkline
    >>> from pathlib import Path
    >>> from trunkline.app.init import init
    >>> shop = init(Path(tempfile.mkdtemp()) / "shop").folder
    >>> order = {
    ...     "event_id": "e1", "order_id": "1001", "revision": 1, "status": "placed", "total": 5,
    ...     "changed_at": "2026-01-05T09:30:00Z", "lines": [{"sku": "MUG", "quantity": 1, "price": 5}],
    ... }
    >>> async def main():
    ...     async with trunkline.open(shop) as project:
    ...         [receipt] = await project.publish("order", order)
    ...         [event] = [event async for event in project.events("order")]
    ...         return receipt.status, event.subject
    >>> asyncio.run(main())
    ('accepted', '1001')
    """
    project = Project.load(Path(folder))
    own = machine or this_machine(os.environ)
    free = [role for role in ROLES if not await runs_elsewhere(project, role)]
    async with opened(project, own, free) as backbone:
        yield Handle(backbone)
