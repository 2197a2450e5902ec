"""The suite for sources finds sources that are wrong: each way of being wrong fails its test."""

import msgspec
import pytest

from trunkline.connectors.memory_source import MemorySource, Shelf
from trunkline.connectors.source import Arrival, Batch
from trunkline.testkit.source import UNREADABLE, SourceSuite


class Forgetful(MemorySource):
    """Acknowledges a batch before anybody stored it."""

    async def batches(self):
        async for batch in super().batches():
            for number in batch.token:
                self._shelf.waiting.pop(number, None)
            yield batch


class Deaf(MemorySource):
    """Hears that a batch is durable and does not acknowledge it."""

    async def settle(self, batch, receipts):
        pass


class Renaming(MemorySource):
    """Gives a record another identity each time it is read."""

    async def batches(self):
        async for batch in super().batches():
            mark = f"{id(self)}:"
            renamed = [
                msgspec.structs.replace(arrival, identity=mark + arrival.identity)
                for arrival in batch.arrivals
            ]
            yield Batch(renamed, batch.token)


class Jumbling(MemorySource):
    """Hands over the newest records first."""

    async def batches(self):
        async for batch in super().batches():
            yield Batch(batch.arrivals[::-1], batch.token)


class Merging(MemorySource):
    """Takes equal records for the same one."""

    async def batches(self):
        async for batch in super().batches():
            merged = [
                msgspec.structs.replace(arrival, identity=arrival.raw.decode()) for arrival in batch.arrivals
            ]
            yield Batch(merged, batch.token)


class Silent(MemorySource):
    """Hands over what it cannot read as if it could."""

    async def batches(self):
        async for batch in super().batches():
            yield Batch(
                [msgspec.structs.replace(arrival, fault="") for arrival in batch.arrivals], batch.token
            )


class Place:
    """A shelf, read by a source that is wrong."""

    def __init__(self, kind):
        self._shelf = Shelf("shelf")
        self._kind = kind

    def source(self):
        return self._kind("wrong", self._shelf, batch_rows=100)

    async def offer(self, values):
        self._shelf.put(
            Arrival(b"%d" % value, "shelf", fault="no number" if value == UNREADABLE else "")
            for value in values
        )

    def value(self, arrival):
        return int(arrival.raw)


@pytest.mark.parametrize(
    ("kind", "test"),
    [
        (Deaf, "test_what_was_settled_does_not_come_again"),
        (Renaming, "test_what_was_not_settled_comes_again"),
        (Jumbling, "test_every_record_comes_once_and_in_order"),
        (Merging, "test_every_record_has_its_own_identity"),
        (Silent, "test_what_cannot_be_read_does_not_stop_the_rest"),
    ],
)
async def test_a_wrong_source_fails(kind, test):
    """A source with one mistake fails the test of what it does wrong."""
    with pytest.raises(AssertionError):
        await getattr(SourceSuite(), test)(Place(kind))


async def test_a_source_that_loses_records_fails(monkeypatch):
    """What never comes again is noticed after the suite's patience, made short here."""
    monkeypatch.setattr("trunkline.testkit.source._PATIENCE_SECONDS", 0.05)
    with pytest.raises(TimeoutError):
        await SourceSuite().test_what_was_not_settled_comes_again(Place(Forgetful))
