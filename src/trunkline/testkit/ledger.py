"""The behaviour every ledger has, as one suite: the in-memory reference and each engine pass it.

A test subclasses ``LedgerSuite``, ``LettersSuite`` of ``testkit.letters`` and ``RepliesSuite`` of
``testkit.replies``, and gives them a fixture ``ledger``; pytest collects the rest.
"""

from __future__ import annotations

from typing import Protocol

from trunkline.delivery.ledger import (
    Answer,
    Case,
    CaseQuery,
    Counts,
    Fate,
    Ledger,
    LedgerView,
    Letters,
    Position,
    Range,
    Record,
    Replies,
    State,
    Try,
)

FLOW = "suite-flow"
NOW = 1_000_000


class WholeLedger(Ledger, LedgerView, Letters, Replies, Protocol):
    """All sides of a ledger, as one engine has them."""


def case(offset: int, key: str, state: State, due: int = 0) -> Case:
    """Return a case as delivery makes it: open ones hold their key, and one without a key holds nobody."""
    holds = bool(key) and state in ("waiting", "held", "dead")
    return Case(offset=offset, key=key, state=state, holds=holds, due=due, at=NOW)


def run(first: int, last: int, *dropped: int, finished: int = NOW) -> Range:
    """Return a range of which ``dropped`` were dropped by rule."""
    delivered = last - first + 1 - len(dropped)
    return Range(first, last, NOW - 5, finished, 2, delivered, dropped)


async def put(ledger: Ledger, *cases: Case, cursor: int | None = None, at: int = NOW) -> None:
    """Record cases."""
    await ledger.record(Record(FLOW, at, cursor, cases=cases))


async def offsets(ledger: WholeLedger, state: State) -> list[int]:
    """Return which offsets of the suite's flow are in ``state``."""
    return [found.offset for _, found in await ledger.find(CaseQuery(FLOW, state))]


class LedgerSuite:
    """What every ledger does."""

    async def test_a_flow_that_never_ran_has_no_position(self, ledger: WholeLedger) -> None:
        """A flow nobody recorded is unknown."""
        assert await ledger.position(FLOW) is None
        assert await ledger.waiting(FLOW, 10) == []
        assert await ledger.fate(FLOW, 0) == Fate("pending")
        assert await ledger.status() == []

    async def test_cursor_range_and_cases_are_one_record(self, ledger: WholeLedger) -> None:
        """What is recorded together is there together."""
        await ledger.record(Record(FLOW, NOW, 10, run(0, 9), [case(4, "a", "waiting", due=7)]))
        assert await ledger.position(FLOW) == Position(10, owes=True)
        assert await ledger.cases(FLOW, [3, 4, 5]) == [case(4, "a", "waiting", due=7)]

    async def test_a_case_comes_back_as_it_was_recorded(self, ledger: WholeLedger) -> None:
        """Every field of a case survives, its attempts included."""
        whole = Case(
            offset=2**40,
            key="ключ",
            state="dead",
            holds=True,
            attempts=8,
            forgiven=3,
            at=NOW,
            since=NOW - 9,
            correlation="a" * 32,
            reason="why",
            tries=(Try(NOW, "http-503", "busy"), Try(NOW + 1, "timeout", "")),
            contract="order@1.2.0",
            edited=b'{"id": 7}',
            renamed=2,
            answers=(Answer(NOW, "edit", "ann", "typo", ("id",)), Answer(NOW + 1, "retry", "bob")),
        )
        await put(ledger, whole)
        assert await ledger.cases(FLOW, [2**40]) == [whole]
        assert await ledger.find(CaseQuery(FLOW)) == [(FLOW, whole)]

    async def test_a_later_record_of_a_case_replaces_the_earlier(self, ledger: WholeLedger) -> None:
        """An offset has one case."""
        await put(ledger, case(1, "a", "waiting", due=5))
        await put(ledger, case(1, "a", "delivered"))
        assert await ledger.cases(FLOW, [1]) == [case(1, "a", "delivered")]
        assert await ledger.position(FLOW) == Position(0, owes=False)

    async def test_a_record_without_cursor_leaves_the_cursor(self, ledger: WholeLedger) -> None:
        """Cases may change without the flow going on."""
        await put(ledger, cursor=5)
        await put(ledger, case(1, "a", "waiting"))
        assert await ledger.position(FLOW) == Position(5, owes=True)

    async def test_a_position_is_in_the_stream_that_was_read_first(self, ledger: WholeLedger) -> None:
        """Which stream a flow's places are in is recorded once, and stays."""
        await put(ledger, cursor=3)
        assert await ledger.position(FLOW) == Position(3, owes=False)
        for stream in ("order@1", "order@2", ""):
            await ledger.record(Record(FLOW, NOW, 5, stream=stream))
            assert await ledger.position(FLOW) == Position(5, owes=False, stream="order@1")

    async def test_waiting_cases_come_soonest_due_first(self, ledger: WholeLedger) -> None:
        """What is due soonest comes first, and no more than asked for."""
        await put(
            ledger, case(1, "a", "waiting", 30), case(2, "b", "waiting", 10), case(3, "", "waiting", 20)
        )
        assert [found.offset for found in await ledger.waiting(FLOW, 2)] == [2, 3]

    async def test_a_key_with_an_open_case_is_blocked(self, ledger: WholeLedger) -> None:
        """Waiting, held and dead cases block their key; closed ones and those without a key do not."""
        await put(ledger, case(1, "a", "waiting"), case(2, "a", "held"), case(3, "b", "dead"))
        await put(ledger, case(4, "c", "delivered"), case(5, "", "waiting"))
        asked = ["a", "b", "c", "d", 'quo"te', ""]
        assert await ledger.blocked(FLOW, asked) == {"a", "b"}
        assert await ledger.blocked(FLOW, []) == set()

    async def test_a_dead_case_that_holds_nothing_blocks_nothing(self, ledger: WholeLedger) -> None:
        """Under ``when_dead: skip`` a dead letter lets its key go on; that it is there is told."""
        await put(ledger, Case(offset=1, key="a", state="dead", at=NOW))
        assert await ledger.blocked(FLOW, ["a"]) == set()
        assert await ledger.position(FLOW) == Position(0, owes=False, dead=True)
        await put(ledger, Case(offset=1, key="a", state="discarded", at=NOW))
        assert await ledger.position(FLOW) == Position(0, owes=False)

    async def test_held_cases_follow_their_head(self, ledger: WholeLedger) -> None:
        """Behind the head stand the held cases of its key, in order, as many as asked for."""
        await put(ledger, case(1, "a", "waiting"), *(case(n, "a", "held") for n in (6, 3, 9)))
        await put(ledger, case(2, "b", "dead"), case(4, "b", "held"))
        assert [found.offset for found in await ledger.held(FLOW, ["a", "b", "x"], 2)] == [3, 6, 4]

    async def test_held_cases_end_at_the_next_failure_of_the_key(self, ledger: WholeLedger) -> None:
        """What another failed case of the key holds does not follow the head."""
        await put(ledger, case(1, "a", "waiting"), case(2, "a", "held"), case(3, "a", "dead"))
        await put(ledger, case(4, "a", "held"))
        assert [found.offset for found in await ledger.held(FLOW, ["a"], 10)] == [2]

    async def test_only_the_oldest_waiting_case_of_a_key_is_offered(self, ledger: WholeLedger) -> None:
        """A waiting case behind an older open one of its key has to stay."""
        await put(ledger, case(7, "a", "waiting", due=1), case(3, "a", "waiting", due=50))
        assert [found.offset for found in await ledger.waiting(FLOW, 10)] == [3]

    async def test_when_a_head_closes_the_next_becomes_due(self, ledger: WholeLedger) -> None:
        """In the transaction that closes a head, the oldest case it held starts to wait, due at once."""
        await put(ledger, case(1, "a", "waiting", due=90), case(2, "a", "held"), case(3, "a", "held"))
        await put(ledger, case(1, "a", "delivered"), at=NOW + 5)
        [head] = await ledger.waiting(FLOW, 10)
        assert (head.offset, head.state, head.due) == (2, "waiting", NOW + 5)
        assert await offsets(ledger, "held") == [3]

    async def test_a_key_never_has_held_cases_only(self, ledger: WholeLedger) -> None:
        """A held case that would be alone is made the head as it is recorded."""
        await put(ledger, case(2, "a", "held"), case(3, "a", "held"))
        assert [found.offset for found in await ledger.waiting(FLOW, 10)] == [2]

    async def test_rewind_forgets_what_did_not_take_place(self, ledger: WholeLedger) -> None:
        """Ranges and cases at or above the cursor go; what is below stays."""
        await ledger.record(Record(FLOW, NOW, 5, run(0, 4), [case(2, "a", "waiting")]))
        await ledger.record(Record(FLOW, NOW, 9, run(5, 8), [case(6, "b", "dead"), case(7, "a", "held")]))
        await ledger.rewind(FLOW, 5)
        assert await ledger.position(FLOW) == Position(5, owes=True)
        assert await ledger.cases(FLOW, range(9)) == [case(2, "a", "waiting")]
        assert await ledger.fate(FLOW, 8) == Fate("pending")
        assert await ledger.fate(FLOW, 4) == Fate("delivered", 2, NOW, NOW - 5)

    async def test_rewind_makes_an_unknown_flow_known(self, ledger: WholeLedger) -> None:
        """A flow whose target is further than its ledger begins where the target is."""
        await ledger.rewind(FLOW, 7)
        assert await ledger.position(FLOW) == Position(7, owes=False)

    async def test_the_fate_of_an_event_is_exact(self, ledger: WholeLedger) -> None:
        """Of every event the ledger says what became of it, when, and on which attempt."""
        late = Case(offset=13, key="a", state="delivered", attempts=4, at=NOW + 8)
        await ledger.record(Record(FLOW, NOW, 30, run(10, 29, 12, 28), [late, case(14, "b", "waiting")]))
        expected = {9: "skipped", 10: "delivered", 12: "dropped", 14: "waiting", 28: "dropped", 30: "pending"}
        assert {offset: (await ledger.fate(FLOW, offset)).state for offset in expected} == expected
        assert await ledger.fate(FLOW, 11) == Fate("delivered", 2, NOW, NOW - 5)
        assert await ledger.fate(FLOW, 13) == Fate("delivered", 4, NOW + 8)
        assert [one.state for one in await ledger.fates(FLOW, list(expected))] == list(expected.values())

    async def test_status_counts_what_is_open(self, ledger: WholeLedger) -> None:
        """A flow's status says how far it is, what it owes, and from where on it still has to read."""
        await ledger.record(Record(FLOW, NOW, 9, run(0, 8)))
        await put(ledger, case(3, "a", "dead"), case(4, "a", "held"), case(5, "b", "waiting"), at=NOW)
        await ledger.record(Record("another", NOW, 2, run(0, 1, finished=NOW + 3)))
        another, status = await ledger.status()
        assert (another.flow, another.cursor, another.delivered_at, another.keep_from) == (
            "another",
            2,
            NOW + 3,
            2,
        )
        assert (status.cursor, status.waiting, status.held, status.dead) == (9, 1, 1, 1)
        assert (status.keep_from, status.delivered_at) == (3, NOW)
        assert (status.waiting_from, another.waiting_from) == (5, None)

    async def test_the_same_record_once_more_changes_nothing(self, ledger: WholeLedger) -> None:
        """A record whose answer was lost is stored again by whoever made it, and counts once."""
        cases = [case(3, "a", "dead"), case(4, "a", "held")]
        record = Record(FLOW, NOW, 5, Range(0, 4, NOW - 5, NOW, delivered=3), cases)
        await ledger.record(record)
        once = await ledger.status(), await ledger.counts(FLOW, 0, NOW + 100)
        await ledger.record(record)
        assert (await ledger.status(), await ledger.counts(FLOW, 0, NOW + 100)) == once

    async def test_a_flow_still_has_to_read_from_its_cursor_on(self, ledger: WholeLedger) -> None:
        """What a flow keeps of its stream begins no later than its cursor, however far its cases are."""
        cursor = 2
        await ledger.record(Record(FLOW, NOW, cursor, run(0, 1)))
        await put(ledger, case(7, "a", "dead"))
        [status] = await ledger.status()
        assert status.keep_from == cursor

    async def test_counts_come_from_what_happened(self, ledger: WholeLedger) -> None:
        """Deliveries, drops and deaths are counted over a span of time, its end not included."""
        await ledger.record(
            Record(FLOW, NOW, 10, run(0, 9, 4), [case(2, "a", "delivered"), case(3, "b", "dead")])
        )
        await ledger.record(Record(FLOW, NOW, 12, run(10, 11, finished=NOW + 60)))
        assert await ledger.counts(FLOW, NOW, NOW + 60) == Counts(9, 1, 1, 0, 1)
        assert await ledger.counts(FLOW, NOW + 1, NOW + 61) == Counts(2, 0, 0, 0, 0)

    async def test_trim_forgets_what_is_long_closed(self, ledger: WholeLedger) -> None:
        """Old ranges and closed cases go; what is open stays however old it is."""
        await ledger.record(
            Record(FLOW, NOW, 10, run(0, 9), [case(1, "a", "delivered"), case(2, "b", "dead")])
        )
        await ledger.record(Record(FLOW, NOW, 20, run(10, 19, finished=NOW + 9)))
        [gone] = [await ledger.trim(NOW + 1)]
        assert gone == len(["the first range", "the case of event 1"])
        assert await ledger.fate(FLOW, 0) == Fate("skipped")
        assert await ledger.fate(FLOW, 10) == Fate("delivered", 2, NOW + 9, NOW - 5)
        assert await offsets(ledger, "dead") == [2]

    async def test_flows_do_not_see_each_other(self, ledger: WholeLedger) -> None:
        """Each flow has its own cursor, cases and keys."""
        await put(ledger, case(1, "a", "waiting"), cursor=4)
        assert await ledger.position("another") is None
        assert await ledger.blocked("another", ["a"]) == set()
        assert await ledger.cases("another", [1]) == []
