"""Dead letters as a person looks through them: listed, grouped and shown."""

from __future__ import annotations

import pytest

from trunkline.app.acts import DiscardLetters, perform
from trunkline.app.dead import dead_groups, dead_letter, dead_letters
from trunkline.delivery.ledger import Case, CaseQuery, Record
from trunkline.kernel.errors import TrunklineError, UsageError

FLOW = "orders-to-warehouse"


# Dead letters are listed with why they died and what they hold back, and grouped by cause.
async def test_listed_and_grouped(letters):
    now = letters.machine.clock.now()
    held = [Case(n, "1000", "held", holds=True) for n in (5, 6)]
    await letters.ledger.record(Record(FLOW, now, cases=held))
    found = await dead_letters(letters, CaseQuery())
    assert [(one.offset, one.subject, one.kind, one.attempts, one.holds_back) for one in found] == [
        (0, "1000", "http-422", 3, 2),
        (2, "1002", "http-422", 3, 0),
    ]
    assert len(await dead_letters(letters, CaseQuery(FLOW, limit=1))) == 1
    with pytest.raises(UsageError, match='no flow "other"'):
        await dead_letters(letters, CaseQuery("other"))
    [group] = await dead_groups(letters, CaseQuery())
    assert (group.kind, group.cause, group.letters, group.keys, group.holds_back, group.example) == (
        "http-422",
        "the shop refused it",
        2,
        2,
        2,
        0,
    )


# One is shown with its record, attempts and answers; what is no dead letter is told.
async def test_shown(letters):
    shown = await dead_letter(letters, FLOW, 2)
    assert (shown.event.id, shown.event.data["email"], len(shown.tries)) == ("e2", "***", 1)
    await perform(letters, DiscardLetters(CaseQuery(FLOW, offsets=(2,)), "ann", "test data"))
    [answer] = (await dead_letter(letters, FLOW, 2)).answers
    assert (answer.how, answer.by, answer.why) == ("discard", "ann", "test data")
    with pytest.raises(TrunklineError, match="no dead letter at offset 1"):
        await dead_letter(letters, FLOW, 1)
