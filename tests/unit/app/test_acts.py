"""An act has the same effect whoever does it: this process, or the one that runs and is asked."""

from __future__ import annotations

import json

import pytest

from trunkline.app import control
from trunkline.app.acts import (
    Answer,
    DiscardEntries,
    Publish,
    ReleaseEntries,
    Trim,
    control_file,
    handler,
    perform,
    remote,
    runs_elsewhere,
    submit,
)
from trunkline.app.backbone import opened
from trunkline.app.project import Project
from trunkline.intake.quarantine import Query
from trunkline.kernel.errors import StoreError, TrunklineError

FLOW = "orders-to-warehouse"


# A published record is stored with its receipt; the same one again is a duplicate.
async def test_publishing(backbone, order):
    [first] = await perform(backbone, Publish("order", [order()]))
    [second] = await perform(backbone, Publish("order@1", [order()]))
    assert (first.status, first.offset) == ("accepted", 0)
    assert (second.status, second.offset) == ("duplicate", 0)


# A stream that is not there is named with the near miss, or with those there are.
@pytest.mark.parametrize(("name", "said"), [("ordr", 'did you mean "order"'), ("zzz", "warehouse-order@1")])
async def test_an_unknown_stream(backbone, name, said):
    with pytest.raises(TrunklineError, match=said):
        await perform(backbone, Publish(name, [b"{}"]))


# Answering a dead letter ends its being one; answering again says that there is none.
async def test_answering_dead_letters(backbone, publish, bury):
    await publish(2)
    await bury([0, 1], cursor=2)
    [retried] = await perform(backbone, Answer(FLOW, [0], retry=True))
    [given_up, unknown] = await perform(backbone, Answer(FLOW, [1, 7], retry=False, reason="test data"))
    assert (retried.answered, given_up.answered, unknown.answered) == (True, True, False)
    assert [(await backbone.ledger.fate(FLOW, n)).state for n in (0, 1)] == ["waiting", "discarded"]


# A mended arrival is let in and its entry ended; what is discarded cannot be discarded twice.
async def test_quarantined_arrivals(backbone, order):
    await perform(backbone, Publish("order", [order(total="much"), order(event_id="x", status="lost")]))
    wrong_status, wrong_total = await backbone.quarantine.list(Query())
    mended = ReleaseEntries([wrong_total.id], "eve", "typo", order(total=5))
    [released] = await perform(backbone, mended)
    discard = DiscardEntries([wrong_status.id], "eve", "test data")
    assert released.fate == "released"
    assert [(await perform(backbone, discard))[0].discarded for _ in range(2)] == [True, False]


# Where a process runs, it is asked, and its answer comes back as the same values; else this one does it.
async def test_who_does_it(folder, machine, backbone, order):
    project = Project.load(folder)
    assert not await runs_elsewhere(project, "intake")
    async with control.serving([control_file(project, "intake")], handler(backbone)):
        assert await runs_elsewhere(project, "intake")
        [receipt] = await submit(project, machine, Publish("order", [order()]))
        assert (receipt.status, receipt.offset) == ("accepted", 0)
        with pytest.raises(TrunklineError, match="no stream"):
            await remote(project, Publish("nothing", [b"{}"]))
    with pytest.raises(StoreError, match="another process"):
        await submit(project, machine, Trim())


# Each act goes to the process of its role; where only the other role runs, this process takes its role.
async def test_each_act_has_its_role(folder, machine, order):
    project, asked = Project.load(folder), []

    async def delivery(act):
        asked.append(act)
        return b"[]"

    async with control.serving([control_file(project, "delivery")], delivery):
        await submit(project, machine, Answer(FLOW, [0], retry=True))
        async with opened(project, machine, ["delivery"]):
            [receipt] = await submit(project, machine, Publish("order", [order()]))
    assert receipt.status == "accepted"
    assert [json.loads(act)["type"] for act in asked] == ["Answer"]


# An act of another release is refused with what to do, not guessed at.
async def test_an_unknown_act(backbone):
    with pytest.raises(TrunklineError, match="restart it"):
        await handler(backbone)(b'{"type":"Explode"}')
