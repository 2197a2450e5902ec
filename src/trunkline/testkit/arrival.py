"""What a sender may rely on, as one suite: for any source, pulled or pushed, with an intake behind it.

The suite sees nothing of the source but a ``Sender``. ``Pulling`` makes one of every harness of
``trunkline.testkit.source``; a source that is called, as a webhook is, needs a few lines that call it. A test
subclasses ``ArrivalSuite`` and gives it a fixture ``sender``; pytest collects the rest. The suite itself
needs no pytest.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from trunkline.connectors.source import Batch, Receipt, Source
from trunkline.contracts.contract import load
from trunkline.eventlog.memory import MemoryLog
from trunkline.eventlog.port import Appended
from trunkline.intake.accept import Intake, Surroundings
from trunkline.intake.pull import pump
from trunkline.intake.quarantine import Entry, Held, MemoryQuarantine, Query
from trunkline.kernel import json
from trunkline.kernel.clock import Clock
from trunkline.kernel.errors import StoreError
from trunkline.kernel.event import Event
from trunkline.kernel.signals import Signals
from trunkline.testkit.clock import CountingIds, ManualClock
from trunkline.testkit.source import UNREADABLE, Harness

WRONG = -2
"""A value that every source can read, and that is against the contract of the suite."""

_PATIENCE_SECONDS = 20.0

_READING = b"""
apiVersion: v3.1.0
kind: DataContract
id: reading
name: reading
version: 1.0.0
status: active
schema:
  - name: reading
    logicalType: object
    properties:
      - {name: value, logicalType: integer, required: true, logicalTypeOptions: {minimum: 0}}
      - {name: note, logicalType: string}
"""


class Sender(Protocol):
    """A system that brings records to an intake, as the suite sees it: made new for each test."""

    async def send(self, intake: Intake, around: Surroundings, values: Sequence[int]) -> list[Receipt]:
        """Bring ``{"value": value}`` for each value, in order and in one go; return once it is acknowledged.

        What is not acknowledged is sent again, as the system would. The same values again are the same
        records again, with the identities they had. A ``note`` beside the value is allowed.
        """


class Pulling:
    """The sender of a pull source: what its harness offers is pumped until it is settled."""

    def __init__(self, harness: Harness) -> None:
        self._harness = harness

    async def send(self, intake: Intake, around: Surroundings, values: Sequence[int]) -> list[Receipt]:
        """Offer ``values`` and return the receipts that the source was given."""
        await self._harness.offer(values)
        source = _Overheard(self._harness.source(), len(values))
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await pump(source, intake, around)
        return source.receipts


class _Overheard:
    """A source that notes its receipts, and closes once it has so many."""

    def __init__(self, source: Source, count: int) -> None:
        self.name = source.name
        self.receipts: list[Receipt] = []
        self._source = source
        self._count = count

    def batches(self) -> AsyncIterator[Batch]:
        return self._source.batches()

    async def settle(self, batch: Batch, receipts: Sequence[Receipt]) -> None:
        await self._source.settle(batch, receipts)
        self.receipts += receipts
        if len(self.receipts) >= self._count:
            await self.close()

    async def close(self) -> None:
        await self._source.close()


class ArrivalSuite:
    """What a sender may rely on, whatever source it sends to. The subclass defines ``sender``."""

    async def test_records_are_stored_in_their_order(self, sender: Sender) -> None:
        """What was sent first is stored first, within a delivery and from one to the next."""
        scene = _Scene()
        first = await scene.send(sender, range(250))
        second = await scene.send(sender, range(250, 300))
        assert {receipt.status for receipt in first + second} == {"accepted"}
        assert [receipt.offset for receipt in first + second] == list(range(300))
        assert await scene.stored() == list(range(300))

    async def test_a_repeated_arrival_is_a_duplicate(self, sender: Sender) -> None:
        """The same again is acknowledged as what it was, and stored once; equal records are both real."""
        scene = _Scene()
        first = await scene.send(sender, [7, 7, 8])
        again = await scene.send(sender, [7, 7, 8])
        assert [receipt.status for receipt in again] == ["duplicate"] * 3
        assert [receipt.offset for receipt in again] == [receipt.offset for receipt in first] == [0, 1, 2]
        assert await scene.stored() == [7, 7, 8]

    async def test_good_records_go_on_beside_bad_ones(self, sender: Sender) -> None:
        """What cannot be read or breaks its contract is refused by itself, and those around it are stored."""
        scene = _Scene()
        receipts = await scene.send(sender, [1, UNREADABLE, 2, WRONG, 3])
        good, bad = "accepted", "refused"
        assert [receipt.status for receipt in receipts] == [good, bad, good, bad, good]
        assert await scene.stored() == [1, 2, 3]

    async def test_what_is_refused_is_kept_with_its_reasons(self, sender: Sender) -> None:
        """Quarantine holds each refused record as it came, with its place and the reasons of its receipt."""
        scene = _Scene()
        receipts = await scene.send(sender, [1, UNREADABLE, WRONG])
        entries = await scene.refused()
        assert [entry.kind == "contract" for entry in entries] == [False, True]
        for entry, receipt in zip(entries, receipts[1:], strict=True):
            assert tuple(map(str, entry.reasons)) == receipt.reasons != ()
            assert (entry.correlation, bool(entry.place)) == (receipt.correlation, True)
            held = await scene.quarantine.get(entry.id)
            assert held is not None
            assert held.arrival.raw

    async def test_a_repeated_refusal_is_kept_once(self, sender: Sender) -> None:
        """The same bad records again are counted, not kept twice."""
        scene = _Scene()
        for _ in range(2):
            await scene.send(sender, [1, UNREADABLE, WRONG])
        assert [entry.count for entry in await scene.refused()] == [2, 2]

    async def test_nothing_is_acknowledged_before_it_is_durable(self, sender: Sender) -> None:
        """While quarantine or log still write, the sender has no answer."""
        scene = _Scene()
        gates = (scene.quarantine.gate, scene.log.gate)
        for gate in gates:
            gate.open.clear()
        sending = asyncio.create_task(scene.send(sender, [1, WRONG, 2]))
        for gate in gates:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await gate.reached.wait()
            for _ in range(10):  # whoever answers without waiting has done so by then
                await asyncio.sleep(0)
            assert not sending.done()
            gate.open.set()
        assert [receipt.status for receipt in await sending] == ["accepted", "refused", "accepted"]

    async def test_what_could_not_be_stored_is_sent_again(self, sender: Sender) -> None:
        """A store that failed acknowledged nothing: the records come again and are stored once, in order."""
        scene = _Scene()
        scene.log.trouble = ["before"]
        assert {one.status for one in await scene.send(sender, [1, 2, 3])} == {"accepted"}
        assert await scene.stored() == [1, 2, 3]

    async def test_what_was_stored_unanswered_is_a_duplicate(self, sender: Sender) -> None:
        """Where only the answer was lost, what comes again is known: it is stored once."""
        scene = _Scene()
        scene.log.trouble = ["after"]
        assert {one.status for one in await scene.send(sender, [1, 2, 3])} == {"duplicate"}
        assert await scene.stored() == [1, 2, 3]


class _Scene:
    """An intake into a log and a quarantine that can be held up, and a log that can fail."""

    def __init__(self) -> None:
        self._around = Surroundings(_Hasty(), CountingIds(), Signals())
        self.log = _Log(self._around.clock)
        self.quarantine = _Quarantine()
        self._contract = load(_READING, "reading.odcs.yaml")
        self._intake = Intake("meter/reading", self._contract, self.log, self.quarantine, self._around)

    async def send(self, sender: Sender, values: Sequence[int]) -> list[Receipt]:
        return await sender.send(self._intake, self._around, values)

    async def stored(self) -> list[int]:
        page = await self.log.read(self._contract.stream, 0)
        return [json.decode(event.data)["value"] for event in page.events]

    async def refused(self) -> list[Entry]:
        """Return what is in quarantine, oldest first."""
        return list(await self.quarantine.list(Query()))[::-1]


class _Hasty(ManualClock):
    """A clock on which nobody waits: whoever sleeps moves it on."""

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)


class _Gate:
    """Where a write waits while it is closed."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    async def passed(self) -> None:
        self.reached.set()
        await self.open.wait()


class _Log(MemoryLog):
    """Waits at its gate, and fails once for each ``trouble``: before it stored, or after."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.gate = _Gate()
        self.trouble: list[str] = []

    async def append(self, stream: str, events: Sequence[Event]) -> list[Appended]:
        await self.gate.passed()
        trouble = self.trouble.pop() if self.trouble else ""
        if trouble == "before":
            raise StoreError("the disk was away")
        appended = await super().append(stream, events)
        if trouble:
            raise StoreError("the disk went away")
        return appended


class _Quarantine(MemoryQuarantine):
    """Waits at its gate."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = _Gate()

    async def put(self, held: Sequence[Held]) -> None:
        await self.gate.passed()
        await super().put(held)
