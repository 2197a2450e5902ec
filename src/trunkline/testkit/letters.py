"""How every ledger lets people find, group and answer cases: the part of its suite about dead letters."""

from __future__ import annotations

from msgspec.structs import replace

from trunkline.delivery.ledger import (
    KEPT_ANSWERS,
    Answer,
    Case,
    CaseGroup,
    CaseQuery,
    Discard,
    Edit,
    Record,
    Retry,
    Try,
)
from trunkline.testkit.ledger import FLOW, NOW, WholeLedger, case, offsets, put

SKU = "it answered 422: unknown sku "
ALIKE = "it answered #: unknown sku #"


def died(offset: int, key: str = "", *, kind: str = "http-422", detail: str = "", at: int = NOW) -> Case:
    """Return a dead letter that failed once; without a detail it names a product that is unknown."""
    latest = Try(at, kind, detail or f"{SKU}{offset}")
    return replace(case(offset, key, "dead"), at=at, attempts=1, tries=(latest,))


def yielding(offset: int, key: str) -> Case:
    """Return a dead letter under ``when_dead: supersede``."""
    return replace(died(offset, key), yields=True)


class LettersSuite:
    """What every ledger does for people."""

    async def test_cases_are_listed_page_by_page(self, ledger: WholeLedger) -> None:
        """A listing goes on after the last (flow, offset), over one flow or all."""
        await put(ledger, *(case(n, f"k{n % 2}", "dead") for n in range(5)))
        await ledger.record(Record("another", NOW, cases=[case(1, "k1", "dead")]))
        first = await ledger.find(CaseQuery(limit=3))
        assert [(flow, found.offset) for flow, found in first] == [("another", 1), (FLOW, 0), (FLOW, 1)]
        rest = await ledger.find(CaseQuery(after=(FLOW, 1)))
        assert [found.offset for _, found in rest] == [2, 3, 4]
        assert [found.offset for _, found in await ledger.find(CaseQuery(FLOW, key="k1"))] == [1, 3]
        assert await ledger.find(CaseQuery("no-such-flow")) == []

    async def test_a_dead_letter_is_retried_with_all_attempts(self, ledger: WholeLedger) -> None:
        """A retry makes a dead letter its key's head; its attempts are forgiven, not forgotten."""
        dead = Case(offset=1, key="a", state="dead", attempts=8, since=3, tries=(Try(1, "timeout", ""),))
        await put(ledger, dead)
        assert await ledger.resolve(FLOW, 1, Retry(), NOW + 1)
        [head] = await ledger.waiting(FLOW, 10)
        assert (head.attempts, head.forgiven, head.since, head.due) == (8, 8, 0, NOW + 1)
        assert (head.holds, head.tries) == (True, dead.tries)

    async def test_a_dead_letter_that_yields_lets_its_key_go_on(self, ledger: WholeLedger) -> None:
        """What it held is due at once, in order, and new events of its key still become cases."""
        await put(ledger, yielding(1, "a"), case(2, "a", "held"), case(3, "a", "held"))
        assert [(found.offset, found.due) for found in await ledger.waiting(FLOW, 10)] == [(2, NOW)]
        assert [found.offset for found in await ledger.held(FLOW, ["a"], 10)] == [3]
        assert await ledger.holds_back(FLOW, [1, 2]) == {1: 0, 2: 1}
        assert await ledger.blocked(FLOW, ["a"]) == {"a"}

    async def test_alone_it_stays_dead(self, ledger: WholeLedger) -> None:
        """Without a newer event there is nothing that makes it moot: it is a dead letter like others."""
        await put(ledger, yielding(1, "a"), replace(case(0, "a", "delivered"), attempts=2))
        await put(ledger, case(2, "a", "dropped"), replace(case(3, "b", "delivered"), attempts=2))
        assert await offsets(ledger, "dead") == [1]
        assert await ledger.resolve(FLOW, 1, Retry(), NOW + 1)
        assert [found.offset for found in await ledger.waiting(FLOW, 10)] == [1]

    async def test_a_newer_state_that_is_delivered_makes_it_moot(self, ledger: WholeLedger) -> None:
        """All dead letters of the key that are older are superseded, by name, and counted."""
        await put(ledger, yielding(1, "a"), yielding(2, "a"), case(4, "a", "held"), yielding(6, "a"))
        await put(ledger, case(4, "a", "delivered"), at=NOW + 5)
        gone = await ledger.find(CaseQuery(FLOW, "superseded"))
        assert [(one.offset, one.reason, one.at) for _, one in gone] == [
            (1, "by event 4", NOW + 5),
            (2, "by event 4", NOW + 5),
        ]
        assert (await ledger.fate(FLOW, 1)).state == "superseded"
        assert (await ledger.counts(FLOW, NOW + 5, NOW + 6)).superseded == len(gone)
        assert await offsets(ledger, "dead") == [6]
        assert not await ledger.resolve(FLOW, 1, Retry(), NOW + 6)
        assert await ledger.trim(NOW + 6) == len([*gone, "the newer state"])

    async def test_it_is_not_retried_while_a_newer_state_waits(self, ledger: WholeLedger) -> None:
        """A retry would put the older state after the newer one; to give it up is allowed."""
        await put(ledger, yielding(1, "a"), case(2, "a", "held"))
        assert not await ledger.resolve(FLOW, 1, Retry(), NOW + 1)
        assert await ledger.resolve(FLOW, 1, Discard("moot"), NOW + 1)
        assert [found.offset for found in await ledger.waiting(FLOW, 10)] == [2]

    async def test_a_discarded_dead_letter_frees_its_key(self, ledger: WholeLedger) -> None:
        """A discard keeps the reason, and what the dead letter held becomes due."""
        await put(ledger, case(1, "a", "dead"), case(2, "a", "held"))
        assert await ledger.resolve(FLOW, 1, Discard("test order"), NOW + 1)
        [(_, discarded)] = await ledger.find(CaseQuery(FLOW, "discarded"))
        assert (discarded.reason, discarded.at) == ("test order", NOW + 1)
        assert [found.offset for found in await ledger.waiting(FLOW, 10)] == [2]

    async def test_only_a_dead_letter_can_be_answered(self, ledger: WholeLedger) -> None:
        """An answer to anything else changes nothing and says so."""
        await put(ledger, case(1, "a", "waiting"))
        for offset in (1, 2):
            assert not await ledger.resolve(FLOW, offset, Retry(), NOW)
        assert not await ledger.resolve("no-such-flow", 1, Retry(), NOW)
        assert await offsets(ledger, "waiting") == [1]

    async def test_every_filter_of_a_query_counts(self, ledger: WholeLedger) -> None:
        """A listing holds the cases that carry every value asked for, and no other."""
        one = replace(died(3, "a", at=NOW + 5), correlation="c" * 32, contract="order@1.1.0")
        others = [died(4, "b", kind="timeout", detail="no answer"), died(5, "c", at=NOW + 9)]
        await put(ledger, one, *others, case(6, "a", "held"))
        for asked in (
            CaseQuery(FLOW, offsets=(3, 6, 77)),
            CaseQuery(FLOW, key="a"),
            CaseQuery(FLOW, kind="http-422", until=NOW + 9),
            CaseQuery(FLOW, text="sku 3"),
            CaseQuery(FLOW, text="unknown", until=NOW + 6),
            CaseQuery(FLOW, correlation="c" * 32),
            CaseQuery(FLOW, contract="order@1.1.0"),
            CaseQuery(FLOW, since=NOW + 5, until=NOW + 9),
            CaseQuery(FLOW, cause=ALIKE, key="a"),
        ):
            assert await ledger.find(asked) == [(FLOW, one)], asked
        for asked in (
            CaseQuery(FLOW, text="Unknown"),
            CaseQuery(FLOW, kind="http-4"),
            CaseQuery(FLOW, text="unknown", kind="timeout"),
        ):
            assert await ledger.find(asked) == [], asked

    async def test_pages_do_not_shift_when_letters_leave(self, ledger: WholeLedger) -> None:
        """What was answered between two pages neither hides nor repeats a letter."""
        await put(ledger, *(died(n) for n in range(6)))
        first = await ledger.find(CaseQuery(FLOW, limit=3))
        for flow, found in first:
            assert await ledger.resolve(flow, found.offset, Discard("test"), NOW)
        rest = await ledger.find(CaseQuery(FLOW, after=(FLOW, first[-1][1].offset), limit=3))
        assert [found.offset for _, found in (*first, *rest)] == list(range(6))

    async def test_letters_of_one_cause_are_one_group(self, ledger: WholeLedger) -> None:
        """Numbers and names in a detail do not part what failed alike; flow, class and words do."""
        await put(ledger, died(7, "a", at=NOW + 7), died(3, "a", at=NOW + 3), died(5, "b", at=NOW + 5))
        await put(ledger, died(8), died(9, "c", kind="timeout", detail="no answer in 30 s"))
        await ledger.record(Record("another", NOW, cases=[died(2, "a", at=NOW + 2)]))
        assert await ledger.groups(CaseQuery()) == [
            CaseGroup(FLOW, "http-422", ALIKE, 4, 2, 0, NOW, NOW + 7, 3),
            CaseGroup("another", "http-422", ALIKE, 1, 1, 0, NOW + 2, NOW + 2, 2),
            CaseGroup(FLOW, "timeout", "no answer in # s", 1, 1, 0, NOW, NOW, 9),
        ]

    async def test_groups_are_of_what_a_query_asks_for(self, ledger: WholeLedger) -> None:
        """Filters and state of a query hold for groups, and where its page begins; its length does not."""
        await put(ledger, died(1, "a"), died(2, "b", kind="timeout"), died(3, "c"), case(4, "d", "waiting"))
        [group] = await ledger.groups(CaseQuery(FLOW, kind="http-422", limit=1))
        assert (group.cases, group.example) == (2, 1)
        [group] = await ledger.groups(CaseQuery(kind="http-422", limit=1, after=(FLOW, 1)))
        assert (group.cases, group.example) == (1, 3)
        assert await ledger.groups(CaseQuery(after=(f"{FLOW}-later", -1))) == []
        [group] = await ledger.groups(CaseQuery(FLOW, offsets=(2,)))
        assert group.kind == "timeout"
        [group] = await ledger.groups(CaseQuery(FLOW, "waiting"))
        assert (group.kind, group.cause, group.example) == ("", "", 4)
        assert await ledger.groups(CaseQuery("no-such-flow")) == []

    async def test_what_a_letter_holds_back_is_counted(self, ledger: WholeLedger) -> None:
        """The head of a key holds its held events; a letter behind it, or one that lets go, holds none."""
        await put(ledger, died(1, "a"), *(case(n, "a", "held") for n in (2, 3, 5)), died(4, "a"))
        await put(ledger, replace(died(6, "b"), holds=False), died(7, "c", kind="timeout"), died(9))
        await put(ledger, case(8, "c", "held"))
        asked = [1, 2, 4, 6, 7, 9, 77]
        assert await ledger.holds_back(FLOW, asked) == {1: 3, 2: 0, 4: 0, 6: 0, 7: 1, 9: 0}
        assert [(one.kind, one.holds_back) for one in await ledger.groups(CaseQuery(FLOW))] == [
            ("http-422", 3),
            ("timeout", 1),
        ]
        assert await ledger.holds_back("no-such-flow", [1]) == {}

    async def test_an_edit_stays_with_the_letter(self, ledger: WholeLedger) -> None:
        """An edited letter is still dead; the newest record counts, and every edit tells who and why."""
        await put(ledger, died(1, "a"))
        assert await ledger.resolve(FLOW, 1, Edit(b'{"n":1}', ("n",), "ann", "typo"), NOW + 1)
        assert await ledger.resolve(FLOW, 1, Edit(b'{"n":2}', ("n",), "bob", "again"), NOW + 2)
        [(_, letter)] = await ledger.find(CaseQuery(FLOW))
        assert (letter.state, letter.edited, letter.at) == ("dead", b'{"n":2}', NOW)
        assert letter.answers == (
            Answer(NOW + 1, "edit", "ann", "typo", ("n",)),
            Answer(NOW + 2, "edit", "bob", "again", ("n",)),
        )
        assert await ledger.resolve(FLOW, 1, Retry("ann"), NOW + 3)
        [head] = await ledger.waiting(FLOW, 1)
        assert (head.edited, head.answers[-1]) == (b'{"n":2}', Answer(NOW + 3, "retry", "ann"))

    async def test_a_retry_may_ask_for_a_new_name(self, ledger: WholeLedger) -> None:
        """A retry under a new idempotency key is counted, one under the old is not."""
        await put(ledger, died(1, "a"), died(2, "b"))
        await ledger.resolve(FLOW, 1, Retry("ann", "it keeps refusals", new_key=True), NOW)
        await ledger.resolve(FLOW, 2, Retry("ann"), NOW)
        assert [found.renamed for found in await ledger.cases(FLOW, [1, 2])] == [1, 0]

    async def test_answers_are_bounded(self, ledger: WholeLedger) -> None:
        """Of many answers the first and the latest are kept."""
        await put(ledger, died(1, "a"))
        for turn in range(2 * KEPT_ANSWERS):
            await ledger.resolve(FLOW, 1, Edit(b"{}", (), "ann", str(turn)), NOW + turn)
        [(_, letter)] = await ledger.find(CaseQuery(FLOW))
        assert len(letter.answers) == KEPT_ANSWERS
        assert (letter.answers[0].why, letter.answers[-1].why) == ("0", str(2 * KEPT_ANSWERS - 1))
