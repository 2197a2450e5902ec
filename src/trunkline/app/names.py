"""The names that people choose by: one that nothing has is refused, so that a slip never reads as good news.

Known is what the project has, and what is stored of a project as it was: the dead letters of a flow that was
removed, and the refused arrivals of a source that was, are still found by its name.
"""

from __future__ import annotations

from msgspec.structs import replace

from trunkline.app.backbone import Backbone
from trunkline.app.project import PUBLISH, unknown, unknown_stream
from trunkline.delivery.replay.port import flow_of
from trunkline.intake.quarantine import Query


async def check_flow(backbone: Backbone, name: str) -> None:
    """Raise ``UsageError`` for a flow or a replay's name that nothing has; empty stands for all."""
    flows = backbone.project.flows
    if not name or name in flows:
        return
    stored = {one.flow for one in await backbone.ledger.status()}
    stored |= {each for one in await backbone.replays.all() for each in (one.flow, one.name)}
    if name not in stored:
        raise unknown("flow", name, {*flows, *map(flow_of, stored)})


async def checked_entries(backbone: Backbone, where: Query) -> Query:
    """Return a question about refused arrivals with its stream's full name.

    Raises ``UsageError`` for a source or a stream that nothing has.
    """
    await _check_source(backbone, where.source)
    if not where.stream:
        return where
    contract = backbone.project.contract_of(where.stream)
    if contract is not None:
        return replace(where, stream=contract.stream)
    if not await backbone.quarantine.list(Query(status=None, stream=where.stream, limit=1)):
        raise unknown_stream(backbone.project, where.stream)
    return where


async def _check_source(backbone: Backbone, name: str) -> None:
    project = backbone.project
    published = {f"{PUBLISH}/{stream}" for stream in project.contracts}
    if not name or name in project.sources or name in published:
        return
    stored = {one.source for one in await backbone.quarantine.counts()}
    if name not in stored:
        raise unknown("source", name, {*project.sources, *published, *stored})
