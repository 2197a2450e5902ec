"""The behaviour every audit has, as one suite: the in-memory reference and each engine pass it.

A test subclasses ``AuditSuite`` and gives it a fixture ``audit``; pytest collects the rest.
"""

from __future__ import annotations

from trunkline.observe.audit import Audit, AuditEntry, AuditQuery, Begun, Ended

RETRIED = Begun(10, "ann", "retry-letters", '{"flow":"stock"}', "the shop is mended")


async def numbers(audit: Audit, query: AuditQuery) -> list[int]:
    """Return which acts a query finds, by their numbers."""
    return [entry.number for entry in await audit.list(query)]


class AuditSuite:
    """What every ``Audit`` does."""

    async def test_an_act_is_told_from_its_beginning(self, audit: Audit) -> None:
        """An act is listed once it begins, and with what came of it once it ended."""
        number = await audit.begin(RETRIED)
        begun = AuditEntry(number, 10, "ann", "retry-letters", '{"flow":"stock"}', "the shop is mended")
        assert await audit.list(AuditQuery()) == [begun]
        await audit.end(number, Ended("done", "dead", "waiting", 7))
        [entry] = await audit.list(AuditQuery())
        assert (entry.outcome, entry.before, entry.after, entry.count) == ("done", "dead", "waiting", 7)

    async def test_a_failure_is_told(self, audit: Audit) -> None:
        """An act that failed says why."""
        number = await audit.begin(RETRIED)
        await audit.end(number, Ended("failed", failure="there is no flow"))
        [entry] = await audit.list(AuditQuery())
        assert (entry.outcome, entry.failure, entry.count) == ("failed", "there is no flow", 0)

    async def test_acts_are_listed_newest_first_by_page(self, audit: Audit) -> None:
        """A list is newest first and goes on before the last number; every filter counts."""
        first, second, third = [
            await audit.begin(Begun(10 * n, by, what, f'{{"flow":"f{n}"}}', why))
            for n, by, what, why in (
                (1, "ann", "trim", "disk"),
                (2, "bob", "retry-letters", "mended"),
                (3, "ann", "retry-letters", ""),
            )
        ]
        assert await numbers(audit, AuditQuery()) == [third, second, first]
        assert await numbers(audit, AuditQuery(limit=1, before=third)) == [second]
        assert await numbers(audit, AuditQuery(by="ann", what="retry-letters")) == [third]
        assert await numbers(audit, AuditQuery(text="mended")) == [second]
        assert await numbers(audit, AuditQuery(text="f1")) == [first]
        assert await numbers(audit, AuditQuery(since=20, until=30)) == [second]

    async def test_old_acts_go_and_numbers_stay(self, audit: Audit) -> None:
        """Trimming removes what is older and nothing else; no number comes twice."""
        old = await audit.begin(RETRIED)
        assert await audit.trim(10) == 0
        assert await audit.trim(11) == 1
        new = await audit.begin(RETRIED)
        assert new > old
        assert await numbers(audit, AuditQuery()) == [new]
