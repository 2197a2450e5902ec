"""An older backup of the store beside a newer table, on real files: told, and nothing skipped in silence."""

from __future__ import annotations

import asyncio
import shutil

import pytest
from msgspec.structs import replace
from tests.sql_places import contract
from tests.sqlite_engine import SqliteEngine, ledger_of
from tests.unit.delivery.small import STREAM, event, flow_of

from trunkline.delivery.flow import Ports
from trunkline.delivery.runner import FlowRunner
from trunkline.kernel.clock import SECOND, SystemClock
from trunkline.kernel.ids import SystemIds
from trunkline.kernel.signals import BatchDelivered, FlowStalled, Signals

NUMBERS = contract("n integer!", key=("n",))


class Shop:
    """A store with a table behind it; each ``run`` is a process that ends when it said what came of it."""

    def __init__(self, folder, place):
        self.place = place
        self.folder = folder
        self.folder.mkdir()
        self.engine = SqliteEngine(folder)

    async def take_in(self, *numbers, later=0):
        """Accept events, so many seconds later than the first time."""
        log = await self.engine.open()
        arrived = [event(number) for number in numbers]
        await log.append(STREAM, [replace(one, recorded=one.recorded + later * SECOND) for one in arrived])
        await self.engine.close()

    async def run(self):
        """Run the flow until its first batch or stall, and return that."""
        log, said = await self.engine.open(), asyncio.get_running_loop().create_future()

        def listen(signal):
            if isinstance(signal, BatchDelivered | FlowStalled) and not said.done():
                said.set_result(signal)

        clock, signals = SystemClock(), Signals()
        signals.listen(listen)
        target = self.place.target(NUMBERS)
        ledger = ledger_of(self.engine.store)
        runner = FlowRunner(flow_of(), Ports(log, ledger, target, clock, SystemIds(clock, 7), signals))
        task = asyncio.create_task(runner.run())
        await asyncio.wait([task, said], return_when=asyncio.FIRST_COMPLETED)
        runner.stop()
        await task
        await target.close()
        position = await ledger.position("flow")
        await self.engine.close()
        self.cursor = position.cursor
        return said.result()

    def back_up(self):
        shutil.copytree(self.folder, self.folder.with_suffix(".backup"), dirs_exist_ok=True)

    def restore(self):
        shutil.rmtree(self.folder)
        shutil.copytree(self.folder.with_suffix(".backup"), self.folder)

    @property
    def rows(self):
        return [n for (n,) in self.place.ask("SELECT n FROM stock ORDER BY n")]


@pytest.fixture
async def shop(sql_place, tmp_path):
    """Give a shop whose table has events 0 to 3, with a backup of its store after 0 and 1."""
    shop = Shop(tmp_path / "state", sql_place)
    await shop.take_in(0, 1)
    await shop.run()
    shop.back_up()
    await shop.take_in(2, 3)
    await shop.run()
    assert shop.rows == [0, 1, 2, 3]
    return shop


async def test_a_store_that_grew_past_a_newer_table_is_refused(shop):
    """Other events have the offsets that the table took: the flow says so, and goes on where it is set."""
    shop.restore()
    await shop.take_in(4, 5, 6, later=60)
    stalled = await shop.run()
    assert stalled.kind == "ahead"
    assert "up to offset 4 of order@1, where 3 is another event" in stalled.detail
    assert (shop.rows, shop.cursor) == ([0, 1, 2, 3], 2)
    shop.place.ask(f"UPDATE trunkline_progress SET cursor = {shop.cursor}, last_event = ''")
    delivered = await shop.run()
    assert (delivered.first, delivered.delivered) == (2, 3)
    assert shop.rows == [0, 1, 2, 3, 4, 5, 6]


async def test_a_store_as_long_as_the_newer_table_is_refused(shop):
    """Where the log ends just at the table's position its end tells nothing, and the event does."""
    shop.restore()
    await shop.take_in(4, 5, later=60)
    assert (await shop.run()).kind == "ahead"
    assert shop.rows == [0, 1, 2, 3]


async def test_the_same_records_taken_in_again_are_other_events(shop):
    """One event that looks the same says nothing of those below it: a person decides what they are."""
    shop.restore()
    await shop.take_in(2, 3, 4, later=60)
    assert "where 3 is another event" in (await shop.run()).detail
    # Who knows that all of them are the same clears the event alone: the table's position holds.
    shop.place.ask("UPDATE trunkline_progress SET last_event = ''")
    delivered = await shop.run()
    assert (delivered.first, delivered.delivered) == (4, 1)
    assert shop.rows == [0, 1, 2, 3, 4]


async def test_a_new_record_below_a_repeated_one_is_not_skipped(shop):
    """Where new records and repeats mingle, the repeat at the old place does not hide what is below it."""
    shop.restore()
    await shop.take_in(4, 3, 5, later=60)
    assert (await shop.run()).kind == "ahead"
    shop.place.ask(f"UPDATE trunkline_progress SET cursor = {shop.cursor}, last_event = ''")
    await shop.run()
    assert shop.rows == [0, 1, 2, 3, 4, 5]


async def test_a_store_restored_to_the_moment_of_its_table_goes_on(shop):
    """A backup that holds all that the table took is no other log: the flow goes on where it was."""
    shop.back_up()
    await shop.take_in(4)
    shop.restore()
    await shop.take_in(5, later=60)
    delivered = await shop.run()
    assert (delivered.first, delivered.delivered) == (4, 1)
    assert shop.rows == [0, 1, 2, 3, 5]
