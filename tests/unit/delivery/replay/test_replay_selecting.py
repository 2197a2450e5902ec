"""What a replay would deliver is told before anything is sent, and is the same for whoever asks."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.unit.delivery.small import STREAM, SmallLog, event, events

from trunkline.delivery.ledger import Case, Record
from trunkline.delivery.memory import MemoryLedger
from trunkline.delivery.replay import selecting
from trunkline.delivery.replay.books import Books
from trunkline.delivery.replay.port import Selection
from trunkline.delivery.replay.selecting import Choice, TooMany, survey
from trunkline.kernel.errors import Final
from trunkline.testkit.clock import START


def books_of(stored, ledger=None):
    return Books(SmallLog(stored), ledger or MemoryLedger(), STREAM, "flow")


async def surveyed(stored, selection, holds=None, *, exactly=False, bound=None, ledger=None):
    choice = Choice(selection, holds, exactly=exactly)
    found = await survey(choice, books_of(stored, ledger), len(stored) if bound is None else bound)
    chosen = [n for n, one in enumerate(stored) if choice.delivers(n, one)]
    return found, chosen


# Every part of a selection has to hold; what follows of the same entities is counted apart.
@pytest.mark.parametrize(
    ("selection", "selected", "following"),
    [
        (Selection(), [0, 1, 2, 3, 4, 5], []),
        (Selection(1, 2), [1, 2], [3, 5]),
        (Selection(4), [4, 5], []),
        (Selection(keys=("b", "c")), [1, 3], []),
        (Selection(0, 1, keys=("b", "c")), [1], [3]),
        (Selection(correlation=f"{3:032x}"), [2], [5]),
        (Selection(since=START + 1, until=START + 4), [1, 2, 3], [5]),
        (Selection(last=-1), [], []),
    ],
)
async def test_selections(selection, selected, following):
    stored = [replace(one, recorded=START + n) for n, one in enumerate(events(["a", "b", "a", "b", "", "a"]))]
    found, chosen = await surveyed(stored, selection)
    assert (found.selected, found.following) == (len(selected), len(following))
    assert chosen == sorted(selected + following)
    assert found.planned == len(chosen)
    ends = ((chosen[0], START + chosen[0]), (chosen[-1], START + chosen[-1])) if chosen else (None, None)
    assert (found.first, found.last) == ends


# Exactly what was selected has no followers, and nothing beyond its last offset is looked at.
async def test_exactly():
    found, chosen = await surveyed(events("aaaa"), Selection(1, 2), exactly=True)
    assert (found.selected, found.following, chosen) == (2, 0, [1, 2])
    assert Choice(Selection(last=2), None, exactly=True).end(10) == 3
    assert Choice(Selection(last=2), None, exactly=False).end(10) == 10


# An event without a key follows nobody and is followed by nobody.
async def test_without_a_key():
    found, chosen = await surveyed(events(["", "", ""]), Selection(0, 0))
    assert (found.following, chosen) == (0, [0])


# An expression that fails on a record selects it not, and how many it could not tell of is told.
async def test_an_expression_that_fails():
    def holds(one):
        if one.id == "e1":
            raise Final("mapping", "cannot tell")
        return one.id != "e2"

    found, chosen = await surveyed(events("abcd"), Selection(when="..."), holds)
    assert (found.selected, found.undecided, chosen) == (2, 1, [0, 3])


# What the flow has open, and what a person discarded, is left, and told; dropped and late ones are not.
async def test_what_is_left():
    ledger = MemoryLedger()
    states = ["waiting", "held", "dead", "discarded", "dropped", "delivered"]
    cases = [Case(n, f"k{n}", state, holds=n < 3) for n, state in enumerate(states)]
    await ledger.record(Record("flow", START, 7, cases=cases))
    found, _ = await surveyed(events(f"k{n}" for n in range(7)), Selection(), ledger=ledger)
    assert (found.selected, found.left) == (3, 4)


# A selected event that is left still has its followers: the flow may be done with it when they are read.
async def test_followers_of_what_is_left():
    ledger = MemoryLedger()
    await ledger.record(Record("flow", START, 2, cases=[Case(0, "a", "discarded")]))
    found, chosen = await surveyed(events("aab"), Selection(0, 0), ledger=ledger)
    assert (found.selected, found.left, found.following, chosen) == (0, 1, 1, [0, 1])


# What is stored at or after the bound is not counted.
async def test_the_bound():
    found, _ = await surveyed(events("abcd"), Selection(), bound=2)
    assert (found.selected, found.last) == (2, (1, START))


# A stream that was trimmed is walked from where it begins, over as many pages as it has.
async def test_a_long_and_trimmed_stream():
    books = books_of([event(n, "a") for n in range(3_500)])
    books.log.first = 700
    found = await survey(Choice(Selection(), None, exactly=False), books, 3_400)
    assert (found.planned, found.first, found.last) == (2_700, (700, START), (3_399, START))


# More entities than it may keep in memory are refused, with what to do instead.
async def test_too_many(monkeypatch):
    monkeypatch.setattr(selecting, "MOST_KEYS", 2)
    with pytest.raises(TooMany, match="start: beginning"):
        await surveyed(events("abc"), Selection())
    await surveyed(events("abc"), Selection(), exactly=True)
