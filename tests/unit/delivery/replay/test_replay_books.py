"""What a replay reads of its flow: pages, cases, and where stream and flow are."""

from __future__ import annotations

from tests.unit.delivery.small import STREAM, SmallLog, events

from trunkline.delivery.ledger import Case, Record
from trunkline.delivery.memory import MemoryLedger
from trunkline.delivery.replay import books as module
from trunkline.delivery.replay.books import Books


def books_of(stored):
    return Books(SmallLog(stored), MemoryLedger(), STREAM, "flow")


# Pages go up to the end that is given and no further, and begin where a trimmed stream does.
async def test_pages():
    books = books_of(events("a" * 2_500))
    books.log.first = 400
    found = [(page.base, page.next) async for page in books.pages(0, 2_450)]
    assert found == [(400, 1_400), (1_400, 2_400), (2_400, 2_450)]
    assert [page async for page in books.pages(0, 300)] == []
    assert [page async for page in books.pages(2_500, 9_000)] == []


# The stream's end and the flow's cursor are zero where there is none.
async def test_where_things_are():
    books = books_of(events("abc"))
    assert (await books.end(), await books.cursor()) == (3, 0)
    await books.ledger.record(Record("flow", 1, 2))
    assert await books.cursor() == 2
    assert await Books(books.log, books.ledger, "other@1", "flow").end() == 0


# Cases are found in any number, of one key or of all, of the flow or of another name.
async def test_cases(monkeypatch):
    monkeypatch.setattr(module, "SCAN_EVENTS", 2)
    books = books_of([])
    cases = [Case(n, "ab"[n % 2], "dead") for n in range(5)]
    await books.ledger.record(Record("flow", 1, cases=cases))
    await books.ledger.record(Record("flow#1", 1, cases=[Case(9, "a", "dead")]))
    assert [case.offset async for case in books.cases_in("dead")] == [0, 1, 2, 3, 4]
    assert [case.offset async for case in books.cases_in("dead", "b")] == [1, 3]
    assert [case.offset async for case in books.cases_in("dead", flow="flow#1")] == [9]
    assert [case.offset async for case in books.cases_in("waiting")] == []
    assert await books.cases([]) == []
