"""A cursor leads to the next page and says nothing to whoever has it; what is none is refused."""

from __future__ import annotations

import pytest

from trunkline.app.questions import AskAudit, AskEntries, AskEvents, AskLetters
from trunkline.delivery.ledger import CaseQuery
from trunkline.intake.quarantine import Query
from trunkline.kernel.errors import UsageError
from trunkline.observe.audit import AuditQuery
from trunkline.surfaces.rest.cursor import at_cursor, cursor_of

NEXT = [
    (AskEvents("order@1", limit=5), AskEvents("order@1", 17, 5)),
    (AskLetters(CaseQuery("f")), AskLetters(CaseQuery("f", after=("f#ä", 3)))),
    (AskEntries(Query(kind="json")), AskEntries(Query(kind="json", before="0198"))),
    (AskAudit(AuditQuery("ann")), AskAudit(AuditQuery("ann", before=9))),
]


# The place goes with the cursor, what narrows stays with the question.
@pytest.mark.parametrize(("first", "then"), NEXT)
def test_round(first, then):
    assert at_cursor(first, cursor_of(then)) == then
    assert cursor_of(then).isascii()


# What was made up, cut short or belongs to another list is refused.
@pytest.mark.parametrize("cursor", ["x", "é", "bnVsbA", "e30", cursor_of(NEXT[0][1]), "a" * 9])
def test_refused(cursor):
    with pytest.raises(UsageError, match="no cursor"):
        at_cursor(AskLetters(), cursor)
