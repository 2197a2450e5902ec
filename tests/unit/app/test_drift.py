"""Drift of a project's streams, from what its log and its quarantine hold."""

from __future__ import annotations

import pytest

from trunkline.app.acts import Publish, perform
from trunkline.app.drift import drift
from trunkline.connectors.source import Arrival
from trunkline.kernel.errors import TrunklineError


# Accepted and refused records are looked at together, and each stream has its report.
async def test_a_streams_drift(backbone, order):
    await perform(
        backbone, Publish("order", [order(event_id="1", gift=True), order(event_id="2", order_id=5)])
    )
    [report] = await drift(backbone, "order", 100)
    assert (report.stream, report.accepted, report.refused) == ("order@1", 1, 1)
    told = {(one.pointer, one.kind, one.records, one.refused) for one in report.drifts}
    assert told == {("/gift", "unknown-field", 1, 0), ("/order_id", "type-change", 1, 1)}
    assert {report.stream for report in await drift(backbone, "", 100)} == set(backbone.project.contracts)


# Only the last events count, and an empty stream has no drift.
async def test_the_last_events(backbone, order):
    [empty] = await drift(backbone, "order", 100)
    assert (empty.accepted, empty.since, empty.drifts) == (0, "", [])
    await perform(backbone, Publish("order", [order(event_id="1", gift=True), order(event_id="2")]))
    [report] = await drift(backbone, "order", 1)
    assert (report.accepted, report.drifts) == (1, [])


# A stream that is not there is an error with the near miss.
async def test_an_unknown_stream(backbone):
    with pytest.raises(TrunklineError, match="there is no stream"):
        await drift(backbone, "ordr", 100)


# A column of a file that is not of its type is told as such, and not as one that is missing.
async def test_a_column_of_another_type(backbone):
    fields = {"event_id": "1", "order_id": "2", "changed_at": "2026-01-05T09:30:00Z", "total": "much"}
    await backbone.intakes["shop/order"].accept([Arrival(b"a row", fields=fields)])
    [report] = await drift(backbone, "order", 100)
    told = {(one.pointer, one.kind) for one in report.drifts}
    assert ("/total", "type-change") in told
    assert ("/total", "missing-field") not in told
