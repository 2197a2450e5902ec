"""Trimming makes room by what retention says, and never takes what a flow still has to read."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from trunkline.app.acts import PauseFlow, Publish, perform
from trunkline.app.backbone import opened
from trunkline.app.project import Project
from trunkline.app.trim import fold, trim
from trunkline.connectors.reply import Reply
from trunkline.delivery.ledger import Case, Discard, Record, StoredReply
from trunkline.delivery.replay.port import Change, Replay, Selection
from trunkline.kernel.clock import SECOND
from trunkline.kernel.rollup import MINUTE
from trunkline.observe.audit import AuditQuery
from trunkline.testkit.audit import RETRIED

DAY = 86_400


@pytest.fixture
async def backbone(folder, machine, edit, request):
    edit("trunkline.yaml", "days: 90", getattr(request, "param", "days: 1"))
    async with opened(Project.load(folder), machine) as found:
        yield found


# A flow that never ran has read nothing, so nothing goes however old it is.
async def test_unread_events_stay(backbone, publish):
    await publish(3)
    backbone.machine.clock.advance(2 * DAY)
    assert [(one.stream, one.events) for one in await trim(backbone)] == [("order@1", 0)]


# What a paused flow has not taken stays, also where it was paused before it ever ran.
async def test_a_paused_flow_keeps_its_events(backbone, order):
    for number in range(3):  # each in a page of its own: pages go whole
        await perform(backbone, Publish("order", [order(event_id=f"e{number}")]))
    await perform(backbone, PauseFlow("orders-to-warehouse", "ann", "the ERP moves"))
    backbone.machine.clock.advance(2 * DAY)
    assert (await trim(backbone))[0].events == 0
    await backbone.ledger.record(Record("orders-to-warehouse", backbone.machine.clock.now(), cursor=1))
    assert (await trim(backbone))[0].events == 1


# A draft that never ran keeps nothing: nobody may ever let it.
async def test_a_draft_keeps_nothing(folder, machine, edit, order):
    edit("trunkline.yaml", "days: 90", "days: 1")
    edit("flows/orders-to-warehouse.yaml", "needs:", "draft: true\nneeds:")
    async with opened(Project.load(folder), machine) as backbone:
        await perform(backbone, Publish("order", [order()]))
        machine.clock.advance(2 * DAY)
        assert (await trim(backbone))[0].events == 1
        await perform(backbone, Publish("order", [order(event_id="e2")]))
        await backbone.ledger.record(Record("orders-to-warehouse", machine.clock.now(), cursor=1))
        machine.clock.advance(2 * DAY)
        assert (await trim(backbone))[0].events == 0


# What every flow has settled goes once it is old enough, and not before.
async def test_old_events_go(backbone, publish):
    await publish(3)
    now = backbone.machine.clock.now()
    await backbone.ledger.record(Record("orders-to-warehouse", now, cursor=3))
    assert (await trim(backbone))[0].events == 0
    backbone.machine.clock.advance(2 * DAY)
    assert (await trim(backbone))[0].events == 3


# A dead letter's event is kept until a person has answered it.
async def test_a_dead_letter_keeps_its_event(backbone, publish, bury):
    await publish(3)
    await bury([0], cursor=3)
    backbone.machine.clock.advance(2 * DAY)
    assert (await trim(backbone))[0].events == 0


# What a replay still has to deliver is kept, until it has ended with nothing left to answer.
async def test_a_replay_keeps_its_events(backbone, order):
    for number in range(5):  # each in a page of its own: pages go whole
        await perform(backbone, Publish("order", [order(event_id=f"e{number}")]))
    now = backbone.machine.clock.now()
    await backbone.ledger.record(Record("orders-to-warehouse", now, cursor=5))
    replay = Replay("r1", "orders-to-warehouse", "order@1", Selection(2), "ann", "lost", now)
    await backbone.replays.add(replay)
    backbone.machine.clock.advance(2 * DAY)
    assert (await trim(backbone))[0].events == 2
    await backbone.ledger.record(Record(replay.name, now, 5, cases=[Case(4, "1004", "dead", at=now)]))
    await backbone.replays.change("r1", Change("done", "trunkline", "", now))
    assert (await trim(backbone))[0].events == 2
    await backbone.ledger.resolve(replay.name, 4, Discard("over"), now)
    assert (await trim(backbone))[0].events == 1


# Size counts as well as age, and without any retention nothing goes.
@pytest.mark.parametrize(("backbone", "went"), [("bytes: 1B", [3]), ("", [])], indirect=["backbone"])
async def test_by_size_or_never(backbone, publish, went):
    await publish(3)
    now = backbone.machine.clock.now()
    await backbone.ledger.record(Record("orders-to-warehouse", now, cursor=3))
    assert [one.events for one in await trim(backbone)] == went


# A reply is kept for as long as a repeat is known, or events are; whatever retention says of the log.
@pytest.mark.parametrize(
    ("backbone", "days"), [("", 30), ("days: 3", 3), ("days: 90", 30)], indirect=["backbone"]
)
async def test_replies_go(backbone, days):
    now = backbone.machine.clock.now()
    replies = [StoredReply(0, "tl_0", Reply(b"1"))]
    await backbone.ledger.record(Record("orders-to-warehouse", now, replies=replies))
    backbone.machine.clock.advance((days - 1) * DAY)
    await trim(backbone)
    assert await backbone.ledger.reply("orders-to-warehouse", 0) == Reply(b"1")
    backbone.machine.clock.advance(2 * DAY)
    await trim(backbone)
    assert await backbone.ledger.reply("orders-to-warehouse", 0) is None


# The audit is kept for as long as the project says, whether or not anything else may go.
@pytest.mark.parametrize("backbone", [""], indirect=True)
async def test_the_audit_is_kept_for_two_years(backbone):
    await backbone.audit.begin(RETRIED)
    await backbone.audit.begin(replace(RETRIED, at=backbone.machine.clock.now()))
    await trim(backbone)
    assert len(await backbone.audit.list(AuditQuery())) == 1
    backbone.machine.clock.advance(731 * DAY)
    await trim(backbone)
    assert await backbone.audit.list(AuditQuery()) == []


# Sums are folded, and known by the minute and by the hour for as long as the project says.
async def test_sums_are_folded_and_trimmed(backbone, publish):
    clock = backbone.machine.clock
    await publish(3)
    await fold(backbone)
    assert (await backbone.rollups.kept()).folded == clock.now() - clock.now() % MINUTE
    clock.advance(16 * DAY)
    await fold(backbone)
    kept = await backbone.rollups.kept()
    assert kept.minutes_from == clock.now() - 15 * DAY * SECOND
    assert kept.hours_from == clock.now() - 800 * DAY * SECOND
    [sums] = (await backbone.rollups.arrivals(0, clock.now())).values()
    assert sums.accepted == 3
