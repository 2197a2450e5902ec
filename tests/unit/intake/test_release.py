"""Quarantined arrivals are let in after a fix, by the way every arrival takes."""

from __future__ import annotations

import pytest

from trunkline.connectors.source import Arrival
from trunkline.contracts.contract import load
from trunkline.intake.quarantine import Query
from trunkline.intake.release import Decision, release, would_be

BECAUSE = Decision("eve", "the amount was a text")


@pytest.fixture
async def entry_id(scene):
    """Quarantine one arrival whose amount is a text."""
    await scene.intake.accept(
        [Arrival(b'{"id":"s1","amount":"1.50","key":"k"}', identity="file/2", correlation="c" * 32)]
    )
    [entry] = await scene.quarantine.list(Query())
    return entry.id


def edit_of(entry_id, record):
    return Decision("eve", "typed by hand", {entry_id: record})


async def let_in(scene, entry_id, decision=BECAUSE, intake=None):
    intakes = {"shop/sales": intake or scene.intake}
    [one] = await release(scene.quarantine, intakes, scene.clock, [entry_id], decision)
    return one


# After the contract was mended the entry is stored with its identity and correlation, and is ended.
async def test_release_under_a_mended_contract(scene, entry_id):
    mended = load(_mended(), "sale.odcs.yaml")
    scene.clock.advance(60)
    one = await let_in(scene, entry_id, intake=scene.build(contract=mended))
    assert (one.fate, one.receipt.status) == ("released", "accepted")
    [event] = await scene.stored()
    assert (event.id, event.correlation, event.data) == (
        "file/2",
        "c" * 32,
        b'{"id":"s1","amount":"1.50","key":"k"}',
    )
    held = await scene.quarantine.get(entry_id)
    assert (held.entry.status, held.entry.resolution.by) == ("released", "eve")


# What would become of an entry is told without effect: neither is it let in, nor are its reasons others.
async def test_without_effect(scene, entry_id):
    before = await scene.quarantine.get(entry_id)
    for record, fate in ((b'{"id":"s1","amount":1.5,"key":"k"}', "released"), (b"none", "still refused")):
        decision, intakes = edit_of(entry_id, record), {"shop/sales": scene.intake}
        [one] = await would_be(scene.quarantine, intakes, scene.clock, [entry_id], decision)
        assert one.fate == fate
    assert await scene.stored() == []
    assert await scene.quarantine.get(entry_id) == before


# An edited record goes in under the identity of the original, which is kept as it came.
async def test_release_of_an_edited_record(scene, entry_id):
    one = await let_in(scene, entry_id, edit_of(entry_id, b'{"id":"s1","amount":1.5,"key":"k"}'))
    assert one.fate == "released"
    [event] = await scene.stored()
    assert (event.id, event.data) == ("file/2", b'{"id":"s1","amount":1.5,"key":"k"}')
    held = await scene.quarantine.get(entry_id)
    assert held.arrival.raw == b'{"id":"s1","amount":"1.50","key":"k"}'


# What its source could not read can be let in once it was edited.
async def test_release_of_what_was_unreadable(scene):
    await scene.intake.accept(
        [Arrival(b'"s1;1', identity="file/3", fields={"id": "s1"}, fault="an open quote")]
    )
    [entry] = await scene.quarantine.list(Query())
    assert (await let_in(scene, entry.id)).fate == "still refused"
    assert (
        await let_in(scene, entry.id, edit_of(entry.id, b'{"id":"s1","amount":1,"key":"k"}'))
    ).fate == "released"


# What is still refused stays open with the new reasons, and nothing is stored.
async def test_still_refused(scene, entry_id):
    one = await let_in(scene, entry_id, edit_of(entry_id, b'{"amount":1,"key":"k"}'))
    assert (one.fate, one.receipt.status) == ("still refused", "refused")
    [entry] = await scene.quarantine.list(Query())
    assert [reason.pointer for reason in entry.reasons] == ["/id"]
    assert await scene.stored() == []


# A second release does nothing, nor does one whose source is gone.
async def test_release_only_once(scene, entry_id):
    edited = edit_of(entry_id, b'{"id":"s1","amount":1,"key":"k"}')
    assert (await release(scene.quarantine, {}, scene.clock, [entry_id], edited))[0].fate == "no such source"
    await let_in(scene, entry_id, edited)
    assert (await let_in(scene, entry_id, edited)).fate == "not open"
    assert (await let_in(scene, "nobody", edited)).fate == "not open"
    assert len(await scene.stored()) == 1


# An arrival that came again rightly before its release is a duplicate and has no second effect.
async def test_release_keeps_identity(scene, entry_id):
    await scene.intake.accept([Arrival(b'{"id":"s1","amount":1.5,"key":"k"}', identity="file/2")])
    one = await let_in(scene, entry_id, edit_of(entry_id, b'{"id":"s1","amount":1.5,"key":"k"}'))
    assert (one.fate, one.receipt.status) == ("released", "duplicate")
    assert len(await scene.stored()) == 1


# Several go in the order they are given, whatever else of them is refused, each with its own edit.
async def test_several_keep_their_order(scene, entry_id):
    await scene.intake.accept(
        [Arrival(b'{"id":"s1","amount":"2","key":"k"}', identity=f"f/{n}") for n in (1, 2)]
    )
    entries = [one.id for one in await scene.quarantine.list(Query(after=""))]
    edits = {
        one: b'{"id":"s1","amount":%d,"key":"k"}' % n for n, one in enumerate(entries) if one != entries[1]
    }
    decision = Decision("eve", "typed as texts", edits)
    done = await release(scene.quarantine, {"shop/sales": scene.intake}, scene.clock, entries, decision)
    assert [one.fate for one in done] == ["released", "still refused", "released"]
    assert [one.receipt.offset for one in done] == [0, -1, 1]
    assert [event.id for event in await scene.stored()] == ["file/2", "f/2"]
    assert [one.id for one in await scene.quarantine.list(Query())] == [entries[1]]


def _mended() -> str:
    return """
apiVersion: v3.1.0
kind: DataContract
id: sale
name: sale
version: 1.3.0
status: active
schema:
  - name: sale
    logicalType: object
    properties:
      - {name: id, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: amount, logicalType: string, required: true}
"""
