"""The behaviour every ``Pauses`` has, whatever it is kept in.

A test module of an implementation subclasses ``PausesSuite`` and gives it a ``pauses`` fixture: an empty one.
pytest collects the cases from the subclass.
"""

from __future__ import annotations

from trunkline.delivery.pausing import Pause, Pauses

PAUSE = Pause("ann", "the shop is being moved", 1_767_225_600_000_000)


class PausesSuite:
    """What every ``Pauses`` does. The subclass defines the fixture ``pauses``."""

    async def test_begins_empty(self, pauses: Pauses) -> None:
        """A flow of which nothing was said is not paused."""
        assert await pauses.load() == {}

    async def test_a_pause_comes_and_goes(self, pauses: Pauses) -> None:
        """What is paused is told with who, why and when, until it is paused no more."""
        await pauses.put("orders-to-shop", PAUSE)
        assert await pauses.load() == {"orders-to-shop": PAUSE}
        await pauses.put("orders-to-shop", None)
        assert await pauses.load() == {}

    async def test_keeps_flows_apart(self, pauses: Pauses) -> None:
        """What is said of one flow is said of no other; what is not paused can be resumed."""
        await pauses.put("orders-to-shop", PAUSE)
        await pauses.put("stock-to-shop", None)
        assert await pauses.load() == {"orders-to-shop": PAUSE}

    async def test_the_latest_word_counts(self, pauses: Pauses) -> None:
        """A pause of a paused flow takes the place of the one before."""
        await pauses.put("orders-to-shop", Pause("bob", "first", 1))
        await pauses.put("orders-to-shop", PAUSE)
        assert await pauses.load() == {"orders-to-shop": PAUSE}
