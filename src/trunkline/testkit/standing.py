"""The behaviour every ``Standings`` has, whatever it is kept in.

A test module of an implementation subclasses ``StandingsSuite`` and gives it a ``standings`` fixture: an
empty one. pytest collects the cases from the subclass.
"""

from __future__ import annotations

from trunkline.delivery.standing import Isolation, Outage, Standing, Standings

ISOLATION = Isolation("ann", "stock count until noon", 1_767_225_600_000_000)
OUTAGE = Outage(1_767_225_500_000_000, 12.5, "http-503", "it answered 503")


class StandingsSuite:
    """What every ``Standings`` does. The subclass defines the fixture ``standings``."""

    async def test_begins_empty(self, standings: Standings) -> None:
        """A target of which nothing was said is simply there."""
        assert await standings.load() == {}

    async def test_keeps_each_part_by_itself(self, standings: Standings) -> None:
        """An isolation and an outage of one target come and go without each other."""
        await standings.isolate("shop.stock", ISOLATION)
        await standings.note("shop.stock", OUTAGE)
        assert await standings.load() == {"shop.stock": Standing(ISOLATION, OUTAGE)}
        await standings.isolate("shop.stock", None)
        assert await standings.load() == {"shop.stock": Standing(None, OUTAGE)}
        await standings.isolate("shop.stock", ISOLATION)
        await standings.note("shop.stock", None)
        assert await standings.load() == {"shop.stock": Standing(ISOLATION)}

    async def test_keeps_targets_apart(self, standings: Standings) -> None:
        """What is said of one target is said of no other."""
        await standings.isolate("shop.stock", ISOLATION)
        await standings.note("desk.orders", OUTAGE)
        await standings.note("till.prices", None)
        await standings.isolate("till.prices", None)
        expected = {"shop.stock": Standing(ISOLATION), "desk.orders": Standing(outage=OUTAGE)}
        assert await standings.load() == expected

    async def test_the_latest_word_counts(self, standings: Standings) -> None:
        """What is said again replaces what was said before."""
        await standings.isolate("shop.stock", Isolation("bob", "first", 1))
        await standings.isolate("shop.stock", ISOLATION)
        await standings.note("shop.stock", Outage(1, 0.0, "timeout", "no answer"))
        await standings.note("shop.stock", OUTAGE)
        assert await standings.load() == {"shop.stock": Standing(ISOLATION, OUTAGE)}
