"""Every call that the store makes of its disk fails once: a clean refusal, nothing lost, and it goes on.

A short life of a whole backbone is lived again and again, and each time another call fails: the first, the
second, and so on, until a life needs fewer calls. CI lives every so-manieth, from a drawn one on.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil

import pytest
from tests.store_runs import (
    Backbone,
    Hurried,
    after_all,
    arrival,
    backbone,
    contradictions,
    known,
    lost,
)

from trunkline.intake.accept import Surroundings
from trunkline.intake.webhook import Webhook, WebhookRequest, WebhookSettings
from trunkline.kernel.errors import StoreError
from trunkline.kernel.ids import SystemIds
from trunkline.testkit.disk import Fault, FaultyDisk
from trunkline.testkit.history import Expected, faults
from trunkline.testkit.targets import Place

ALL = os.environ.get("TRUNKLINE_FAULTS") == "all"
SEED = int(os.environ.get("TRUNKLINE_SEED", "20260301"))
STRIDE = {"EIO": 1 if ALL else 32, "ENOSPC": 1 if ALL else 16}
EVENTS = 12
LEAST_CALLS = {"EIO": 400, "ENOSPC": 100}
"""How many calls a life makes at least, or it has become too small to say anything."""
TRIES = 4


class Shop:
    """A web shop: it posts each event until it is acknowledged, and comes back when it is told to."""

    def __init__(self, disk, one):
        around = Surroundings(one.clock, SystemIds(one.clock, 7), one.signals)
        self.hook = Webhook(WebhookSettings("/hooks", "none"), None, one.intake, around)
        self.disk = disk

    async def send(self, number):
        """Post an event; where it is refused for now, the disk is mended before it comes again."""
        one = arrival(number)
        headers = {b"content-type": b"application/json", b"idempotency-key": one.identity.encode()}
        for _ in range(TRIES):
            answer = await self.hook.handle(WebhookRequest("POST", headers, one.raw))
            if answer.status in (202, 422):
                return self.acknowledged(json.loads(answer.body)["receipts"])
            assert answer.status in (503, 507)
            assert int(dict(answer.headers)[b"retry-after"]) > 0
            self.disk.mend()
        raise AssertionError(f"it does not take {one.identity} after the fault is gone")

    def acknowledged(self, receipts):
        taken = {one["id"]: one["offset"] for one in receipts if one["status"] != "refused"}
        self.disk.mark(("taken", taken, [one["id"] for one in receipts if one["status"] == "refused"]))


async def opened(disk, place):
    """Open the store, again where it says that it cannot."""
    for _ in range(TRIES):
        one = Backbone(disk.folder, place, disk.mark, clock=Hurried())
        try:
            await one.open()
        except StoreError:
            disk.mend()
        else:
            return one
    raise AssertionError("the store does not open after the fault is gone")


async def live(disk, place):
    """Open, take events, deliver them, and close: a failing call is answered, and one life is enough."""
    one = await opened(disk, place)
    shop = Shop(disk, one)
    one.start_flows()
    for number in range(EVENTS):
        await shop.send(number)
    disk.mend()
    await one.drained()
    await one.close()


# apsw tells of errors that SQLite did not pass on, such as those of a checkpoint that is tried again
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.timeout(3_600 if ALL else 120)
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
async def test_a_failing_call_costs_nothing_that_was_acknowledged(tmp_path, error, lasting):
    """Senders are told to come back, the process goes on when the fault is gone, and all is delivered."""
    first = 1 + random.Random(f"{SEED} {error} {lasting}").randrange(STRIDE[error])
    for n in itertools.count(first, STRIDE[error]):
        fault, place = Fault(n, error, lasting=lasting), Place()
        folder = tmp_path / f"{n}"
        folder.mkdir()
        with FaultyDisk(folder) as disk:
            disk.fail(fault)
            await live(disk, place)
        if disk.calls < n:
            break
        told = known(disk.marks(len(disk.history)))
        async with backbone(folder, place, clock=Hurried()) as one:
            found = [*await lost(one, told), *await contradictions(one, told)]
            found += await after_all(one, range(EVENTS), told)
            page = await one.log.read(one.stream, 0)
        assert [*found, *faults(Expected(page), place.received)] == [], f"{fault} of seed {SEED}"
        shutil.rmtree(folder)
    assert n > LEAST_CALLS[error]
