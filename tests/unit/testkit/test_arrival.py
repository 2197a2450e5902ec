"""The suite for senders finds what is wrong: each way of being wrong fails its test."""

import asyncio

import msgspec
import pytest

from trunkline.connectors.source import Arrival
from trunkline.kernel.errors import StoreError
from trunkline.testkit.arrival import ArrivalSuite
from trunkline.testkit.source import UNREADABLE


class Caller:
    """Brings its records to the intake as it should, and again until they are stored."""

    async def send(self, intake, around, values):
        while True:
            try:
                return await intake.accept(self.arrivals(values))
            except StoreError:
                await around.clock.sleep(1)

    def arrivals(self, values):
        return [self.arrival(values, number) for number in range(len(values))]

    def arrival(self, values, number):
        torn = "torn" if values[number] == UNREADABLE else ""
        return Arrival(b'{"value":%d}' % values[number], "call", f"{values}/{number}", fault=torn)


class TestCaller(ArrivalSuite):
    """A sender that does it right passes."""

    @pytest.fixture
    def sender(self):
        return Caller()


class Rash(Caller):
    """Answers before anything is stored."""

    def __init__(self):
        self._calls = set()

    async def send(self, intake, around, values):
        self._calls.add(asyncio.ensure_future(super().send(intake, around, values)))
        return []


class Backwards(Caller):
    """Stores the newest record first."""

    def arrivals(self, values):
        return super().arrivals(values)[::-1]


class Anew(Caller):
    """Takes a repeat for something new."""

    def __init__(self):
        self._times = 0

    def arrivals(self, values):
        self._times += 1
        return [
            msgspec.structs.replace(one, identity=f"{self._times}/{one.identity}")
            for one in super().arrivals(values)
        ]


class Equal(Caller):
    """Takes equal records for one."""

    def arrival(self, values, number):
        return msgspec.structs.replace(super().arrival(values, number), identity=f"{values[number]}")


class Picky(Caller):
    """Brings nothing of a delivery in which something cannot be read."""

    def arrivals(self, values):
        return [] if UNREADABLE in values else super().arrivals(values)


class Wiping(Caller):
    """Forgets the bytes and the place of what it could not read."""

    def arrival(self, values, number):
        one = super().arrival(values, number)
        return msgspec.structs.replace(one, raw=b"", place="") if one.fault else one


class Resigned(Caller):
    """Takes a store that failed for an answer."""

    async def send(self, intake, around, values):
        try:
            return await intake.accept(self.arrivals(values))
        except StoreError:
            return []


@pytest.mark.parametrize(
    ("kind", "test"),
    [
        (Rash, "test_nothing_is_acknowledged_before_it_is_durable"),
        (Backwards, "test_records_are_stored_in_their_order"),
        (Anew, "test_a_repeated_arrival_is_a_duplicate"),
        (Anew, "test_a_repeated_refusal_is_kept_once"),
        (Anew, "test_what_was_stored_unanswered_is_a_duplicate"),
        (Equal, "test_a_repeated_arrival_is_a_duplicate"),
        (Picky, "test_good_records_go_on_beside_bad_ones"),
        (Wiping, "test_what_is_refused_is_kept_with_its_reasons"),
        (Resigned, "test_what_could_not_be_stored_is_sent_again"),
    ],
)
async def test_a_wrong_sender_fails(kind, test):
    """A sender with one mistake fails the test of what it does wrong."""
    with pytest.raises(AssertionError):
        await getattr(ArrivalSuite(), test)(kind())
