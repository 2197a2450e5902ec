"""Refused arrivals as a person works through them: grouped, read, mended, released and discarded."""

from __future__ import annotations

import pytest

from trunkline.app.acts import DiscardEntries, Publish, ReleaseEntries, perform
from trunkline.app.arrivals import entry_groups, quarantined
from trunkline.intake.quarantine import Query
from trunkline.kernel.errors import TrunklineError
from trunkline.observe.audit import AuditQuery


async def opened(backbone):
    return [entry.id for entry in await backbone.quarantine.list(Query(after=""))]


@pytest.fixture
async def refused(backbone, order):
    """Publish three orders with a wrong status and one with a wrong total, all of one entity."""
    wrong = [order(event_id=f"e{n}", status="lost", revision=n + 1) for n in range(3)]
    await perform(backbone, Publish("order", [*wrong, order(event_id="e9", total="much")]))
    return backbone


# A refused arrival is shown masked, also the field that was wrong; as it came only where that is asked.
async def test_shown(backbone, publish):
    await publish(1, email="not-an-address")
    [entry] = await backbone.quarantine.list(Query())
    hidden = await quarantined(backbone, entry.id)
    shown = await quarantined(backbone, entry.id, reveal=True)
    assert (hidden.record["email"], shown.record["email"]) == ("***", "not-an-address")
    with pytest.raises(TrunklineError, match="quarantine list"):
        await quarantined(backbone, "nobody")


# Arrivals are grouped by what was wrong with them.
async def test_grouped(refused):
    found = await entry_groups(refused, Query())
    assert [(one.kind, one.rule, one.pointer, one.entries) for one in found] == [
        ("contract", "pattern", "/status", 3),
        ("contract", "type", "/total", 1),
    ]
    assert found[0].example == (await opened(refused))[0]


# Chosen by what is wrong and mended alike, they go in as they came, oldest first, and the audit has it.
async def test_released_in_bulk(refused):
    act = ReleaseEntries(Query(text="/status"), "eve", "misspelt", values={"status": b'"placed"'})
    done = await perform(refused, act)
    assert [(one.fate, one.receipt.id, one.receipt.offset) for one in done] == [
        ("released", f"e{n}", n) for n in range(3)
    ]
    assert len(await opened(refused)) == 1
    [entry] = await refused.audit.list(AuditQuery())
    assert (entry.by, entry.before, entry.after, entry.count) == ("eve", "open", "released edited", 3)


# Who says how many has only so many released or discarded, a page after the other.
async def test_count(refused):
    page = Query(limit=1)
    for act in (ReleaseEntries(page, "eve", count=5), DiscardEntries(page, "eve", "old", count=5)):
        with pytest.raises(TrunklineError, match="4 are found now, not 5"):
            await perform(refused, act)
    [first] = await perform(refused, DiscardEntries(page, "eve", "old", count=4))
    behind = Query(after=first.id)
    with pytest.raises(TrunklineError, match="3 are found now"):
        await perform(refused, DiscardEntries(behind, "eve", "old", count=4))
    assert len(await perform(refused, DiscardEntries(behind, "eve", "old", count=3))) == 3


# What is still refused stays, says why, and does not stop the others.
async def test_still_refused(refused):
    act = ReleaseEntries(Query(), "eve", values={"status": b'"placed"', "lines.0.sku": b'"A"'})
    done = await perform(refused, act)
    assert [one.fate for one in done] == ["released"] * 3 + ["still refused"]
    assert "/total" in done[-1].receipt.reasons[0]


# A value for a place that one record does not have refuses that one.
async def test_a_place_that_is_not_there(refused):
    [*_, last] = await opened(refused)
    [one] = await perform(refused, ReleaseEntries(Query(ids=(last,)), "eve", values={"a.b": b"1"}))
    assert (one.fate, one.receipt.reasons) == (
        "still refused",
        ('the record has no place a.b: it ends before "a"',),
    )


# A whole record replaces one entry; more than one at a time is refused.
async def test_a_whole_record(refused, order):
    [first, second, *_] = await opened(refused)
    [released] = await perform(refused, ReleaseEntries(Query(ids=(first,)), "eve", record=order(total=5)))
    assert released.fate == "released"
    with pytest.raises(TrunklineError, match="one at a time"):
        await perform(refused, ReleaseEntries(Query(ids=(first, second)), "eve", record=b"{}"))


# What is discarded cannot be discarded twice.
async def test_discarded_once(refused):
    act = DiscardEntries(Query(rule="pattern"), "eve", "test data")
    assert [one.discarded for one in await perform(refused, act)] == [True] * 3
    assert await perform(refused, act) == []
    [second, first] = await refused.audit.list(AuditQuery())
    assert (first.count, second.count) == (3, 0)
