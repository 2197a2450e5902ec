"""The reference source: what the port asks for, with nothing else in the way."""

import pytest

from trunkline.connectors.memory_source import MemorySource, Shelf
from trunkline.connectors.source import Arrival
from trunkline.testkit.source import UNREADABLE, SourceSuite


class ShelfHarness:
    """A shelf of this process."""

    def __init__(self):
        self._shelf = Shelf("shelf")

    def source(self):
        return MemorySource("memory", self._shelf, batch_rows=100)

    async def offer(self, values):
        self._shelf.put(
            Arrival(b"?", "shelf", fault="not a number")
            if value == UNREADABLE
            else Arrival(b"%d" % value, "shelf")
            for value in values
        )

    def value(self, arrival):
        return int(arrival.raw)


class TestMemorySource(SourceSuite):
    """The reference passes the suite."""

    @pytest.fixture
    def harness(self):
        return ShelfHarness()


def test_an_identity_of_its_own_is_kept():
    """A record that brings its identity keeps it."""
    shelf = Shelf("shelf")
    shelf.put([Arrival(b"1", identity="order-7"), Arrival(b"2")])
    assert [arrival.identity for arrival in shelf.waiting.values()] == ["order-7", "shelf:2"]
