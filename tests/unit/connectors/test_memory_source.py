"""The reference source: what the port asks for, with nothing else in the way."""

import json

import pytest

from trunkline.connectors.memory_source import MemorySource, Shelf
from trunkline.connectors.source import Arrival
from trunkline.testkit.arrival import ArrivalSuite, Pulling
from trunkline.testkit.source import UNREADABLE, SourceSuite


class ShelfHarness:
    """A shelf of this process."""

    def __init__(self):
        self._shelf = Shelf("shelf")

    def source(self):
        return MemorySource("memory", self._shelf, batch_rows=100)

    async def offer(self, values):
        self._shelf.put(
            Arrival(b"?", "shelf", f"{values}/{number}", fault="not a number")
            if value == UNREADABLE
            else Arrival(b'{"value":%d}' % value, "shelf", f"{values}/{number}")
            for number, value in enumerate(values)
        )

    def value(self, arrival):
        return json.loads(arrival.raw)["value"]


class TestMemorySource(SourceSuite):
    """The reference passes the suite."""

    @pytest.fixture
    def harness(self):
        return ShelfHarness()


class TestArrivals(ArrivalSuite):
    """Pumped into an intake, it keeps what its sender relies on."""

    @pytest.fixture
    def sender(self):
        return Pulling(ShelfHarness())


def test_an_identity_of_its_own_is_kept():
    """A record that brings its identity keeps it."""
    shelf = Shelf("shelf")
    shelf.put([Arrival(b"1", identity="order-7"), Arrival(b"2")])
    assert [arrival.identity for arrival in shelf.waiting.values()] == ["order-7", "shelf:2"]
