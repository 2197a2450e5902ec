"""People plan, start and change replays; what they do is audited, and told to whoever runs them."""

from __future__ import annotations

import pytest

from trunkline.app.acts import (
    CancelReplay,
    DiscardLetters,
    PauseReplay,
    ResumeReplay,
    RetryLetters,
    StartReplay,
    perform,
)
from trunkline.app.backbone import opened
from trunkline.app.dead import dead_letter, dead_letters
from trunkline.app.project import Project
from trunkline.app.replays import plan, replay_of, replays
from trunkline.app.status import status
from trunkline.app.story import trace
from trunkline.delivery.ledger import Case, CaseQuery, Range, Record, Try
from trunkline.delivery.replay.port import Change, Selection
from trunkline.kernel.errors import TrunklineError
from trunkline.kernel.signals import ReplayChanged
from trunkline.observe.audit import AuditQuery

FLOW = "orders-to-warehouse"


def asked(selection=None, **changes):
    given = {"flow": FLOW, "selection": selection or Selection(), "by": "ann", "why": "lost"}
    return StartReplay(**given | changes)


@pytest.fixture
def settled(backbone, publish):
    """Publish so many orders and have the flow behind them."""

    async def several(count, **changes):
        receipts = await publish(count, **changes)
        now = backbone.machine.clock.now()
        await backbone.ledger.record(Record(FLOW, now, count, Range(0, count - 1, now, now, 1, count)))
        return receipts

    return several


# A plan tells how many events go where, and how long that takes at the rate; nothing is started by it.
async def test_a_plan(backbone, settled, bury):
    await settled(5)
    await bury([3], cursor=5)
    found = await plan(backbone, asked(Selection(1), rate=2.0))
    assert (found.target, found.stream, found.planned, found.left) == ("warehouse.orders", "order@1", 3, 1)
    assert (found.first, found.last, found.seconds) == (1, 4, 1.5)
    assert await replays(backbone) == []


# What the flow has not reached yet is not planned: it is delivered anyway.
async def test_a_plan_ends_where_the_flow_is(backbone, publish, bury):
    await publish(5)
    await bury([], cursor=2)
    assert (await plan(backbone, asked())).planned == 2


# An expression selects by the record, and one that does not fit the contract is refused with the near miss.
async def test_an_expression(backbone, settled):
    await settled(3)
    assert (await plan(backbone, asked(Selection(when="order_id = '1001'")))).planned == 1
    with pytest.raises(TrunklineError, match='no field "ordr_id"; did you mean "order_id"'):
        await plan(backbone, asked(Selection(when="ordr_id = '1001'")))
    with pytest.raises(TrunklineError, match="when: "):
        await plan(backbone, asked(Selection(when="order_id = ")))


# A table has no idempotency keys: where each event adds, one under its original identity would add again.
@pytest.mark.parametrize("adding", ["sum: [pieces]", "mode: insert"])
async def test_an_original_identity_needs_a_target_that_keeps_it(folder, edit, machine, adding):
    edit("systems/warehouse.yaml", "    mode: upsert\n    version: revision\n", f"    {adding}\n")
    async with opened(Project.load(folder), machine) as backbone:
        told = "original identity: table warehouse.orders"
        with pytest.raises(TrunklineError, match=told):
            await plan(backbone, asked(original_identity=True))
        assert (await plan(backbone, asked())).planned == 0


# A replay is stored with all that was asked, told, audited, and shown in the list and in status.
async def test_a_start(backbone, machine, settled):
    said = []
    await settled(3)
    machine.signals.listen(said.append)
    view = await perform(backbone, asked(Selection(0, 1), rate=5.0))
    assert (view.state, view.planned, view.delivered, view.rate) == ("running", 2, 0, 5.0)
    assert (view.by, view.why, view.name) == ("ann", "lost", f"{FLOW}#{view.id}")
    assert said == [ReplayChanged(view.id, FLOW, "running", "ann")]
    assert await replays(backbone) == (await status(backbone)).replays == [view]
    [entry] = await backbone.audit.list(AuditQuery())
    assert (entry.what, entry.by, entry.why, entry.after, entry.count) == (
        "start-replay",
        "ann",
        "lost",
        "running",
        2,
    )


# Entity keys, which may be personal, are not repeated in the audit.
async def test_keys_in_the_audit(backbone, settled):
    await settled(3)
    view = await perform(backbone, asked(Selection(keys=("1001",))))
    assert view.selection.keys == ("1001",)
    [entry] = await backbone.audit.list(AuditQuery())
    assert "1001" not in entry.about


# What cannot be started says why.
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"flow": "orders-to-warehose"}, 'did you mean "orders-to-warehouse"'),
        ({"selection": Selection(9)}, "nothing to replay"),
        ({"rate": 0.0}, "more than 0"),
    ],
)
async def test_what_cannot_be_started(backbone, settled, changes, expected):
    await settled(3)
    with pytest.raises(TrunklineError, match=expected):
        await perform(backbone, asked(**changes))


# A flow has one replay at a time, until that has ended.
async def test_one_at_a_time(backbone, settled):
    await settled(3)
    first = await perform(backbone, asked())
    with pytest.raises(TrunklineError, match=f"replay {first.id} open, which is running"):
        await perform(backbone, asked())
    await perform(backbone, CancelReplay(first.id, "bob", "the wrong week"))
    second = await perform(backbone, asked())
    assert [one.id for one in await replays(backbone, FLOW)] == [second.id, first.id]
    assert [one.id for one in await replays(backbone, only_open=True)] == [second.id]


# It is paused, resumed and cancelled, each told and audited with who and why.
async def test_changes(backbone, machine, settled):
    await settled(3)
    view = await perform(backbone, asked())
    said = []
    machine.signals.listen(said.append)
    acts = (PauseReplay, ResumeReplay, CancelReplay)
    states = [(await perform(backbone, act(view.id, "bob", "because"))).state for act in acts]
    assert states == ["paused", "running", "cancelled"]
    assert [(one.state, one.by) for one in said] == [(state, "bob") for state in states]
    after = await replay_of(backbone, view.id)
    assert (after.changed_by, after.changed_why, after.by) == ("bob", "because", "ann")
    assert [one.what for one in await backbone.audit.list(AuditQuery(by="bob"))] == [
        "cancel-replay",
        "resume-replay",
        "pause-replay",
    ]


# There is no change of one that is cancelled, none of one that is not there, and none beside an open one.
async def test_no_such_change(backbone, machine, settled):
    await settled(3)
    first = await perform(backbone, asked())
    with pytest.raises(TrunklineError, match='no replay "other"'):
        await perform(backbone, PauseReplay("other", "bob"))
    await backbone.replays.change(first.id, Change("done", "trunkline", "", machine.clock.now()))
    second = await perform(backbone, asked())
    with pytest.raises(TrunklineError, match=f"replay {second.id} of its flow is open"):
        await perform(backbone, ResumeReplay(first.id, "bob"))
    await perform(backbone, CancelReplay(second.id, "bob"))
    with pytest.raises(TrunklineError, match="is cancelled: it cannot become paused"):
        await perform(backbone, PauseReplay(second.id, "bob"))


# What is asked for and is so already stays as it is, told as such: by whom and why it came to be so is kept.
async def test_already(backbone, settled):
    await settled(3)
    first = await perform(backbone, asked())
    assert (await perform(backbone, ResumeReplay(first.id, "bob", "again"))).already
    assert not (await perform(backbone, PauseReplay(first.id, "ann", "lunch"))).already
    paused = await perform(backbone, PauseReplay(first.id, "bob", "again"))
    assert (paused.state, paused.already, paused.changed_by) == ("paused", True, "ann")
    await perform(backbone, CancelReplay(first.id, "ann", "wrong"))
    assert (await perform(backbone, CancelReplay(first.id, "bob", "again"))).already
    assert [one.count for one in await backbone.audit.list(AuditQuery(by="bob"))] == [0, 0, 0]


# A dead letter of a replay is found under its name, masked as any; retried, it lets the replay go on.
async def test_a_dead_letter_of_a_replay(backbone, machine, settled):
    await settled(3)
    view = await perform(backbone, asked())
    now = machine.clock.now()
    died = Case(1, "1001", "dead", attempts=1, at=now, tries=(Try(now, "http-422", "no"),))
    await backbone.ledger.record(Record(view.name, now, cursor=3, cases=[died]))
    await backbone.replays.change(view.id, Change("done", "trunkline", "", now))
    where = CaseQuery(flow=view.name)
    [letter] = await dead_letters(backbone, where)
    assert (letter.flow, letter.subject) == (view.name, "1001")
    assert (await dead_letter(backbone, view.name, 1)).event.data["email"] == "***"
    assert (await replay_of(backbone, view.id)).dead == 1
    await perform(backbone, RetryLetters(where, "bob", "mended"))
    after = await replay_of(backbone, view.id)
    assert (after.state, after.changed_by, after.waiting, after.dead) == ("running", "bob", 1, 0)


# What nobody would deliver cannot be retried: the letters of a replay that was cancelled are discarded.
async def test_a_dead_letter_of_a_cancelled_replay(backbone, machine, settled):
    await settled(3)
    view = await perform(backbone, asked())
    now = machine.clock.now()
    await backbone.ledger.record(Record(view.name, now, 3, cases=[Case(1, "1001", "dead", at=now)]))
    await perform(backbone, CancelReplay(view.id, "bob", "the wrong week"))
    with pytest.raises(TrunklineError, match="can only be discarded"):
        await perform(backbone, RetryLetters(CaseQuery(flow=view.name), "bob"))
    [answered] = await perform(backbone, RetryLetters(CaseQuery(), "bob"))
    assert not answered.answered
    [answered] = await perform(backbone, DiscardLetters(CaseQuery(flow=view.name), "bob", "cancelled"))
    assert answered.answered


# A trace tells of replays what they did with the event, and nothing of those that left it alone.
async def test_a_trace(backbone, machine, settled):
    receipts = await settled(2)
    view = await perform(backbone, asked(Selection(0, 0)))
    now = machine.clock.now()
    await backbone.ledger.record(Record(view.name, now, 1, Range(0, 0, now, now, 1, 1)))
    fates = [(await trace(backbone, one.correlation)).events[0].fates for one in receipts]
    assert [(fate.flow, fate.state) for fate in fates[0]] == [(FLOW, "delivered"), (view.name, "delivered")]
    assert [fate.flow for fate in fates[1]] == [FLOW]
