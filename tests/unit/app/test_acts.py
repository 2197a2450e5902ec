"""An act has the same effect whoever does it: this process, or the one that runs and is asked."""

from __future__ import annotations

import asyncio
import json

import pytest

from trunkline.app import control
from trunkline.app.acts import (
    EditLetters,
    Publish,
    RetryLetters,
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
from trunkline.delivery.ledger import CaseQuery
from trunkline.kernel.errors import StoreHeld, TrunklineError
from trunkline.observe.audit import AuditQuery

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


# An act that a person answers for is in the audit from its beginning, with what came of it, and no payload.
async def test_an_act_is_audited(backbone, publish, bury):
    await publish(2)
    await bury([0, 1], cursor=2)
    where = CaseQuery(FLOW, key="1000")
    await perform(backbone, RetryLetters(where, "ann", "mended"))
    edit = EditLetters(CaseQuery(FLOW), "bob", "typo", values={"status": b'"paid"'})
    await perform(backbone, edit)
    edited, retried = await backbone.audit.list(AuditQuery())
    assert (retried.what, retried.by, retried.why) == ("retry-letters", "ann", "mended")
    assert (retried.outcome, retried.before, retried.after, retried.count) == ("done", "dead", "waiting", 1)
    assert retried.about == '{"where":{"flow":"orders-to-warehouse","key":"***"}}'
    assert (edited.after, edited.count) == ("edited status", 1)
    assert '"values":{"status":"6 bytes"}' in edited.about


# An act that failed is in the audit with the reason; one that names nobody is not done.
async def test_a_failed_act_is_audited(backbone, publish, bury):
    await publish(1)
    await bury([0], cursor=1)
    with pytest.raises(TrunklineError, match=r"either a whole record .*--set PATH=VALUE"):
        await perform(backbone, EditLetters(CaseQuery(FLOW), "ann"))
    [failed] = await backbone.audit.list(AuditQuery())
    assert (failed.outcome, failed.count) == ("failed", 0)
    assert "either a whole record" in failed.failure
    with pytest.raises(TrunklineError, match="say who"):
        await perform(backbone, RetryLetters(CaseQuery(FLOW), ""))
    assert (await backbone.ledger.fate(FLOW, 0)).state == "dead"


# What is published is told by the log itself, record by record: the audit has nothing of it.
async def test_publishing_is_not_audited(backbone, order):
    await perform(backbone, Publish("order", [order()]))
    assert await backbone.audit.list(AuditQuery()) == []


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
    with pytest.raises(StoreHeld, match="another process"):
        await passing(machine.clock, submit(project, machine, Trim("ann")))


async def passing(clock, awaited):
    """Return what ``awaited`` returns, letting the time pass that it sleeps."""
    waiting = asyncio.ensure_future(awaited)
    while not waiting.done():
        await asyncio.sleep(0)
        if clock.next_wake is not None:
            clock.advance_to(clock.next_wake)
    return await waiting


# Where another process has the store and takes no requests yet, it is asked as soon as it does.
async def test_a_process_that_is_starting(folder, machine, backbone, order):
    project = Project.load(folder)
    waiting = asyncio.ensure_future(submit(project, machine, Publish("order", [order()])))
    while not waiting.done():
        await asyncio.sleep(0)
        if machine.clock.next_wake is not None:
            break
    async with control.serving([control_file(project, "intake")], handler(backbone)):
        [receipt] = await passing(machine.clock, waiting)
    assert receipt.status == "accepted"


# Each act goes to the process of its role; where only the other role runs, this process takes its role.
async def test_each_act_has_its_role(folder, machine, order):
    project, asked = Project.load(folder), []

    async def delivery(act):
        asked.append(act)
        return b"[]"

    async with control.serving([control_file(project, "delivery")], delivery):
        await submit(project, machine, RetryLetters(CaseQuery(FLOW), "ann"))
        async with opened(project, machine, ["delivery"]):
            [receipt] = await submit(project, machine, Publish("order", [order()]))
    assert receipt.status == "accepted"
    assert [json.loads(act)["type"] for act in asked] == ["RetryLetters"]


# An act of another release is refused with what to do, not guessed at.
async def test_an_unknown_act(backbone):
    with pytest.raises(TrunklineError, match="restart it"):
        await handler(backbone)(b'{"type":"Explode"}')
