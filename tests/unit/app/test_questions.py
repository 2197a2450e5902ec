"""Questions are answered as the use-cases behind them, a list page after page."""

from __future__ import annotations

from functools import partial

import pytest

from trunkline.app.acts import PauseFlow, perform
from trunkline.app.asking import answer
from trunkline.app.questions import (
    AskAudit,
    AskEvents,
    AskLetters,
    AskStatus,
    AskTrace,
    following,
    pages,
    reveals,
    subject_of,
)
from trunkline.delivery.ledger import CaseQuery

FLOW = "orders-to-warehouse"


# A list comes whole, whatever a page holds, and no further than it was asked for.
@pytest.mark.parametrize(("limit", "sizes"), [(3, [3]), (7, [5]), (5, [5, 0])])
async def test_pages(backbone, publish, bury, limit, sizes):
    await publish(5)
    await bury(range(5), cursor=5)
    ask = partial(answer, backbone)
    for question in (AskEvents("order", limit=limit), AskLetters(CaseQuery(FLOW, limit=limit))):
        found = [page async for page in pages(ask, question)]
        assert [one.offset for page in found for one in page] == list(range(min(limit, 5)))
        assert [len(page) for page in found][:1] == sizes[:1]


# Behind a full page the next one begins; behind one that is not full, and behind a search, nothing does.
async def test_following(backbone, publish, bury):
    await publish(3)
    await bury(range(3), cursor=3)
    letters = AskLetters(CaseQuery(FLOW, limit=2))
    second = following(letters, await answer(backbone, letters))
    assert [one.offset for one in await answer(backbone, second)] == [2]
    assert following(second, await answer(backbone, second)) is None
    found = AskEvents("order", limit=1, id="e1")
    assert following(found, await answer(backbone, AskEvents("order", limit=1))) is None
    for n in range(3):
        await perform(backbone, PauseFlow(FLOW, "ann", f"{n}"))
    audit = AskAudit()
    assert following(audit, await answer(backbone, audit)) is None


# What is revealed is told for the audit without the key that was asked for.
def test_revealing():
    question = AskEvents("order", subject="ada@example.com", reveal=True)
    assert (reveals(question), reveals(AskStatus()), reveals(AskEvents("order"))) == (True, False, False)
    assert subject_of(AskTrace("ada@example.com", reveal=True)) == 'AskTrace {"id":"***","reveal":true}'
    assert subject_of(AskTrace("a" * 32, reveal=True)) == f'AskTrace {{"id":"{"a" * 32}","reveal":true}}'
    assert subject_of(question) == 'AskEvents {"stream":"order","subject":"***","reveal":true}'
