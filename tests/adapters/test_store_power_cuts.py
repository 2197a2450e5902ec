"""The power goes at any moment: what was acknowledged is there afterwards, and nothing contradicts it.

One run is recorded on a disk that notes every write and sync; then its power is cut, in hindsight, at many
moments, and the store is opened on what each could have left.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import shutil

import pytest
from tests.store_runs import Backbone, after_all, backbone, contradictions, known, lost

from trunkline.adapters.sql import sqlite as table_module
from trunkline.adapters.sqlite import store as store_module
from trunkline.kernel.errors import StoreError
from trunkline.testkit.disk import FaultyDisk
from trunkline.testkit.history import Expected, faults
from trunkline.testkit.platter import Mark
from trunkline.testkit.targets import Place

CUTS = 500 if os.environ.get("TRUNKLINE_FAULTS") == "all" else 32
CONTROL_CUTS = 24
SEED = int(os.environ.get("TRUNKLINE_SEED", "20260301"))
CHECKPOINT = "wal_autocheckpoint = 25"
SLOW, FAST = 200, 400
EVENTS_A_SECOND = 200


@pytest.fixture(autouse=True)
def checkpoints(monkeypatch):
    """Checkpoint every 25 pages instead of every 4,000, or so small a run would have none."""
    for module in (store_module, table_module):
        pragmas = [text.replace("wal_autocheckpoint = 4000", CHECKPOINT) for text in module._PRAGMAS]
        assert any(CHECKPOINT in text for text in pragmas)
        monkeypatch.setattr(module, "_PRAGMAS", pragmas)


async def slowly(one):
    """Send an event after the other, at most so many a second: each is a commit of its own."""
    for number in range(SLOW):
        await asyncio.gather(one.take(number), one.clock.sleep(1 / EVENTS_A_SECOND))


async def in_a_crowd(one):
    """Send batches of one to forty events from six senders at a time."""
    chance = random.Random(SEED)
    numbers = iter(range(FAST))

    async def sender():
        while batch := list(itertools.islice(numbers, chance.randint(1, 40))):
            await one.take(*batch)

    await asyncio.gather(*(sender() for _ in range(6)))


async def recorded(folder, send):
    """Run a backbone from its first start to its end, and return its disk with all that happened."""
    folder.mkdir()
    with FaultyDisk(folder) as disk:
        one = Backbone(folder, mark=disk.mark)
        await one.open()
        disk.mark(("ready",))
        one.start_flows()
        await send(one)
        await one.drained()
        await one.close()
    return disk


RUNS = {"at 200 events a second": (slowly, SLOW), "as fast as it goes": (in_a_crowd, FAST)}


def cuts(disk, run, count):
    """Yield moments of a recorded run, each with the chance that decides what was left, and its seed."""
    for number in range(count):
        seed = f"{SEED} {run} {number}"
        chance = random.Random(seed)
        yield chance.randrange(len(disk.history) + 1), chance, seed


@pytest.mark.timeout(3_600 if CUTS > 100 else 120)
@pytest.mark.parametrize("run", RUNS)
async def test_a_power_cut_loses_nothing_that_was_acknowledged(tmp_path, run):
    """Cut anywhere, half of the cuts at 200 events a second: nothing is lost, doubled or contradicted."""
    send, count = RUNS[run]
    disk = await recorded(tmp_path / "run", send)
    for number, (at, chance, seed) in enumerate(cuts(disk, run, CUTS)):
        left, told, place = tmp_path / f"{number}", known(disk.marks(at)), Place()
        left.mkdir()
        disk.image(left, at, chance)
        async with backbone(left, place) as one:
            found = [*await lost(one, told), *await contradictions(one, told)]
            found += await after_all(one, range(count), told)
            page = await one.log.read(one.stream, 0, count)
        found += faults(Expected(page), [*told.received, *place.received])
        assert found == [], f"seed {seed!r}, cut after step {at}"
        shutil.rmtree(left)


@pytest.mark.parametrize("how", ["the disk lies", "synchronous = NORMAL"])
async def test_without_syncs_such_cuts_lose_events(tmp_path, monkeypatch, how):
    """The control: on a disk that says it has synced and has not, or is not asked to, cuts lose events."""
    if how != "the disk lies":
        pragmas = [text.replace("synchronous = FULL", how) for text in store_module._PRAGMAS]
        monkeypatch.setattr(store_module, "_PRAGMAS", pragmas)
    disk = await recorded(tmp_path / "run", slowly)
    lies_from = disk.history.index(Mark(("ready",))) if how == "the disk lies" else None
    losses = []
    for number, (at, chance, _) in enumerate(cuts(disk, how, CONTROL_CUTS)):
        left, told = tmp_path / f"{number}", known(disk.marks(at))
        left.mkdir()
        disk.image(left, at, chance, lies_from=lies_from)
        try:
            async with backbone(left) as one:
                losses.append(len(await lost(one, told)))
        except StoreError:
            losses.append(len(told.taken))
        shutil.rmtree(left)
    assert sum(1 for loss in losses if loss) >= CONTROL_CUTS // 8, losses
