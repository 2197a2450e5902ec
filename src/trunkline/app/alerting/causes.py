"""What is looked up when an alert is about to fire, because it costs more than a measure: the top causes."""

from __future__ import annotations

from trunkline.app.alerting.measures import About
from trunkline.app.backbone import Backbone
from trunkline.delivery.ledger import CaseQuery
from trunkline.intake.quarantine import Query
from trunkline.kernel.errors import StoreError
from trunkline.observe.alerts.rule import Labels


async def top_causes(
    backbone: Backbone, about: About, labels: Labels, facts: dict[str, str]
) -> dict[str, str]:
    """Return facts with the most frequent cause of what waits for a person, where something does."""
    try:
        if about == "flow":
            return facts | await _of_flow(backbone, labels["flow"], facts)
        if about == "source":
            return facts | await _of_source(backbone, labels["source"])
    except StoreError:
        return facts  # people are told without a cause rather than late
    return facts


async def _of_flow(backbone: Backbone, flow: str, facts: dict[str, str]) -> dict[str, str]:
    found = {}
    if facts.get("dead", "0") != "0":
        groups = await backbone.ledger.groups(CaseQuery(flow=flow))
        if groups:
            top = max(groups, key=lambda one: one.cases)
            found["letters"] = f"{top.cases:,} of {facts['dead']} dead letters: {top.kind}: {top.cause}"
    if facts.get("waiting", "0") != "0":
        [*first] = await backbone.ledger.find(CaseQuery(flow=flow, state="waiting", limit=1))
        for _, case in first:
            if case.tries:
                last = case.tries[-1]
                found["retrying"] = f"{facts['waiting']} events are tried again: {last.kind}: {last.detail}"
    return found


async def _of_source(backbone: Backbone, source: str) -> dict[str, str]:
    groups = await backbone.quarantine.groups(Query(source=source))
    if not groups:
        return {}
    top = max(groups, key=lambda one: one.entries)
    why = " ".join(filter(None, (top.kind, top.rule, top.pointer)))
    return {"refused": f"{top.entries:,} of {sum(one.entries for one in groups):,} were refused for: {why}"}
