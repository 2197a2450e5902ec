"""Dead letters as a person answers them: retried, given up, or mended first."""

from __future__ import annotations

import json

import pytest

from trunkline.app.acts import DiscardLetters, EditLetters, RetryLetters, perform
from trunkline.app.dead import dead_letter
from trunkline.app.letters import would_edit
from trunkline.delivery.ledger import Case, CaseQuery, Record
from trunkline.kernel.errors import TrunklineError
from trunkline.observe.audit import AuditQuery

FLOW = "orders-to-warehouse"


def at(*offsets):
    return CaseQuery(FLOW, offsets=offsets)


async def state(backbone, offset):
    return (await backbone.ledger.fate(FLOW, offset)).state


# Answering ends a letter's being dead; what is none, or was answered, is not answered again.
async def test_answered_once(letters):
    [retried] = await perform(letters, RetryLetters(at(0, 1), "ann"))
    assert (retried.offset, retried.answered, await state(letters, 0)) == (0, True, "waiting")
    assert await perform(letters, RetryLetters(at(0), "ann")) == []
    [given_up] = await perform(letters, DiscardLetters(CaseQuery(FLOW, kind="http-422"), "ann", "old"))
    assert (given_up.offset, await state(letters, 2)) == (2, "discarded")


# Who says how many is answered only where so many are found, a page after the other.
async def test_count(letters):
    where = CaseQuery(FLOW, limit=1)
    with pytest.raises(TrunklineError, match="2 are found now, not 3"):
        await perform(letters, RetryLetters(where, "ann", count=3))
    edit = EditLetters(CaseQuery(FLOW), "ann", values={"status": b'"paid"'}, count=1)
    with pytest.raises(TrunklineError, match="2 are found now, not 1"):
        await perform(letters, edit)
    [first] = await perform(letters, RetryLetters(where, "ann", count=2))
    behind = CaseQuery(FLOW, after=(FLOW, first.offset))
    with pytest.raises(TrunklineError, match="1 are found now"):
        await perform(letters, DiscardLetters(behind, "ann", "old", count=2))
    assert len(await perform(letters, DiscardLetters(behind, "ann", "old", count=1))) == 1


# An edit is kept beside the letter and shown masked; the log keeps what came, and it stays dead till retried.
async def test_edited(letters):
    edit = EditLetters(at(0), "ann", "moved", values={"email": b'"bob@example.com"', "status": b'"paid"'})
    [edited] = await perform(letters, edit)
    assert [(one.path, one.before, one.after) for one in edited.differences] == [
        ("status", "placed", "paid"),
        ("email", "***", "***"),
    ]
    shown = await dead_letter(letters, FLOW, 0)
    assert (shown.letter.state, shown.letter.edited, shown.event.data["status"]) == ("dead", True, "placed")
    assert (shown.edited["status"], shown.edited["email"]) == ("paid", "***")
    assert (await dead_letter(letters, FLOW, 0, reveal=True)).edited["email"] == "bob@example.com"
    assert shown.answers[0].changed == ("status", "email")


# A second edit begins with the first, and a retry with it delivers at once.
async def test_edited_again_and_retried(letters):
    await perform(letters, EditLetters(at(0), "ann", values={"status": b'"paid"'}))
    again = EditLetters(at(0), "bob", values={"total": b"0.10"}, retry=True, new_key=True)
    [edited] = await perform(letters, again)
    assert [one.path for one in edited.differences] == ["total"]
    [case] = await letters.ledger.cases(FLOW, [0])
    record = json.loads(case.edited)
    assert (case.state, record["status"], b'"total":0.10' in case.edited) == ("waiting", "paid", True)
    assert (case.renamed, [one.how for one in case.answers]) == (1, ["edit", "edit", "retry"])


# An edit that breaks a contract, changes the entity or nothing at all is refused with every reason.
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"status": b'"lost"', "total": b'"x"'}, ["/status: does not match", "/total: "]),
        ({"order_id": b'"77"'}, ["another entity"]),
        ({"status": b'"placed"'}, ["differs in nothing"]),
        ({"lines.9.sku": b'"X"'}, ["no place lines.9.sku"]),
        ({"changed_at": b"5"}, ["/changed_at"]),
    ],
)
async def test_a_bad_edit_is_refused(letters, values, said):
    [refused] = await perform(letters, EditLetters(at(0), "ann", values=values))
    assert not refused.answered
    for part, problem in zip(said, refused.problems, strict=True):
        assert part in problem
    assert not (await dead_letter(letters, FLOW, 0)).letter.edited
    [entry] = await letters.audit.list(AuditQuery())
    assert (entry.count, entry.after) == (0, "")


# A whole record is held against the contract as it is, and one that is no JSON is refused.
@pytest.mark.parametrize(("record", "said"), [(b"{", "not JSON"), (b"[]", "object")])
async def test_a_record_that_is_none(letters, record, said):
    [refused] = await perform(letters, EditLetters(at(0), "ann", record=record))
    assert said in refused.problems[0]


@pytest.fixture
def strict(edit):
    """Have the warehouse take revisions up to 9 only, and the flow drop what was cancelled."""
    file = "contracts/warehouse-order.odcs.yaml"
    line = "{name: revision, logicalType: integer, required: true"
    edit(file, line, line + ", logicalTypeOptions: {maximum: 9}")
    edit("flows/orders-to-warehouse.yaml", "needs:", "when: status != 'cancelled'\nneeds:")


# What the target's contract does not take, or the mapping drops, is refused before it is sent.
async def test_an_edit_is_mapped_before_it_is_taken(strict, letters):
    [refused] = await perform(letters, EditLetters(at(0), "ann", values={"revision": b"10"}))
    assert "the mapped record does not keep to warehouse-order@1.0.0: /revision" in refused.problems[0]
    [refused] = await perform(letters, EditLetters(at(0), "ann", values={"status": b'"cancelled"'}))
    assert "drops it" in refused.problems[0]
    [taken] = await perform(letters, EditLetters(at(0), "ann", values={"revision": b"9"}))
    assert taken.answered


# What would come of an edit can be seen without making it, whatever number of pages it takes.
async def test_a_dry_run(letters, monkeypatch):
    monkeypatch.setattr("trunkline.app.letters.MOST_AT_A_TIME", 1)
    edit = EditLetters(CaseQuery(FLOW), "ann", values={"status": b'"paid"'})
    assert [(one.offset, one.answered) for one in await would_edit(letters, edit)] == [(0, True), (2, True)]
    assert not (await dead_letter(letters, FLOW, 0)).letter.edited
    assert await letters.audit.list(AuditQuery()) == []


# A field that the contract does not know is told with the near miss, also by a dry run, and taken.
async def test_an_unknown_field(letters):
    edit = EditLetters(at(0), "ann", values={"stauts": b'"paid"', "lines.0.sky": b'"X"', "total": b"1"})
    said = [
        'order@1.0.0 has no field "lines.sky"; did you mean "lines.sku"?',
        'order@1.0.0 has no field "stauts"; did you mean "status"?',
    ]
    [would] = await would_edit(letters, edit)
    assert (would.answered, would.notes) == (True, said)
    [edited] = await perform(letters, edit)
    assert (edited.answered, edited.notes) == (True, said)


# An edit of a letter whose event the log trimmed, or whose flow is gone, is told.
async def test_what_cannot_be_edited(letters):
    await letters.ledger.record(Record("gone", 1, cases=[Case(0, "a", "dead", holds=True)]))
    with pytest.raises(TrunklineError, match='no flow "gone"'):
        await perform(letters, EditLetters(CaseQuery("gone"), "ann", values={"a": b"1"}))
    with pytest.raises(TrunklineError, match="can be discarded"):
        await dead_letter(letters, "gone", 0)
    await letters.ledger.record(Record(FLOW, 1, cases=[Case(77, "a", "dead", holds=True)]))
    [refused] = await perform(letters, EditLetters(at(77), "ann", values={"a": b"1"}))
    assert "no longer holds" in refused.problems[0]
