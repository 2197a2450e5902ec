"""Duplicate entities of a project: counted piece by piece from its log, told in KPIs, alerts and a list."""

from __future__ import annotations

import pytest

from trunkline.app import census
from trunkline.app.acts import Publish, perform
from trunkline.app.alerting.readings import Reader
from trunkline.app.backbone import opened
from trunkline.app.kpis import Window, kpis
from trunkline.app.project import Project
from trunkline.eventlog.port import Retention
from trunkline.kernel.errors import UsageError
from trunkline.observe.alerts.rule import Series

STREAM = "customer@1"
CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: customer
name: customer
version: 1.0.0
status: active
team: {name: Sales}
schema:
  - name: customer
    customProperties:
      - {property: idempotencyKey, value: event}
      - {property: match, value: [[email], [phone, postcode]]}
    properties:
      - {name: event, logicalType: string, required: true}
      - {name: id, logicalType: string, primaryKey: true}
      - {name: email, logicalType: string, classification: personal}
      - {name: phone, logicalType: integer}
      - {name: postcode, logicalType: string}
"""


@pytest.fixture
def folder(folder):
    (folder / "contracts/customer.odcs.yaml").write_text(CONTRACT, "utf-8")
    return folder


@pytest.fixture
def tell(backbone):
    """Publish states of customers, in their order: each its key, and what it says."""
    told = []

    async def several(*states):
        records = []
        for key, said in states:
            told.append(key)
            records.append({"event": str(len(told)), "id": key, **said})
        encoded = [census.json.encode(record) for record in records]
        await perform(backbone, Publish(STREAM, encoded, []))

    return several


async def counted(backbone):
    """Count all that is new; return how many events the pieces had."""
    return [events async for events in census.pieces(backbone)]


async def count_of(backbone):
    [found] = await census.entity_counts(backbone)
    return found.entities, found.duplicates, found.uncounted


ADA = ("a", {"email": "ada@example.com"})
ADA_AGAIN = ("b", {"email": " ADA@example.com", "phone": 5, "postcode": "1010"})
BOB = ("c", {"email": "bob@example.com", "phone": 5, "postcode": "10 10"})


# What came since is counted piece by piece; what was counted is not read again, after a restart either.
async def test_counts_what_is_new(folder, machine, backbone, tell, monkeypatch):
    monkeypatch.setattr(census, "SLICE_EVENTS", 2)
    await tell(ADA, ADA_AGAIN, BOB)
    assert await count_of(backbone) == (0, 0, 3)
    assert await counted(backbone) == [2, 1]
    assert await count_of(backbone) == (3, 1, 0)
    assert await counted(backbone) == []
    await tell(("c", {"phone": 5, "postcode": "1010"}))
    assert await counted(backbone) == [1]
    assert await count_of(backbone) == (3, 2, 0)
    await backbone.store.close()
    async with opened(Project.load(folder), machine) as again:
        assert await counted(again) == []
        assert await count_of(again) == (3, 2, 0)


# The report of KPIs gives the share, of the stream and of all, and when it was counted.
async def test_kpis(backbone, tell):
    now = backbone.machine.clock.now()
    report = await kpis(backbone, Window(now - 1, now + 1))
    assert report.total.kpis.duplicate_entity_percent is None
    await tell(ADA, ADA_AGAIN, BOB, ("d", {}))
    await counted(backbone)
    report = await kpis(backbone, Window(now - 1, now + 1), "stream")
    assert report.total.kpis.duplicate_entity_percent == 25.0
    shares = {one.name: one.kpis.duplicate_entity_percent for one in report.views}
    assert shares[STREAM] == 25.0
    assert shares["order@1"] is None
    [one] = report.entities
    assert (one.stream, one.percent, one.counted) == (STREAM, 25.0, "2026-01-01T00:00:00Z")


# Who is one thing is listed with the fields it shows in, the keys, and the offsets of the newest events.
async def test_lists_who_is_one_thing(backbone, tell):
    await tell(ADA, BOB, ADA_AGAIN, ADA)
    await counted(backbone)
    report = await census.duplicates(backbone, "customer")
    assert report.count.duplicates == 1
    [group] = report.groups
    assert (group.fields, group.entities) == (("email",), 2)
    assert [(one.key, one.offset) for one in group.oldest] == [("a", 3), ("b", 2)]


# Retention takes events, and with them the keys of a list, and no entity from the count.
async def test_trimmed_events_stay_counted(backbone, tell):
    await tell(ADA, ADA_AGAIN)
    await counted(backbone)
    await tell(BOB)
    later = backbone.machine.clock.now() + 1
    assert await backbone.log.trim(STREAM, Retention(2, later)) == 2
    await counted(backbone)
    assert await count_of(backbone) == (3, 1, 0)
    [group] = (await census.duplicates(backbone, STREAM)).groups
    assert [one.key for one in group.oldest] == [None, None]


# Where a contract comes to match by other fields, its stream is counted anew; without any, it is forgotten.
async def test_other_rules(folder, machine, backbone, tell, edit):
    await tell(ADA, ADA_AGAIN, ("c", {"phone": 5, "postcode": "1010"}))
    await counted(backbone)
    assert await count_of(backbone) == (3, 2, 0)
    await backbone.store.close()
    edit("contracts/customer.odcs.yaml", "[[email], [phone, postcode]]", "[[phone]]")
    async with opened(Project.load(folder), machine) as again:
        assert await count_of(again) == (0, 0, 3)
        assert await counted(again) == [3]
        assert await count_of(again) == (3, 1, 0)
    edit("contracts/customer.odcs.yaml", "property: match", "property: other")
    async with opened(Project.load(folder), machine) as again:
        assert await counted(again) == []
        assert await again.census.marks() == {}
        assert await census.entity_counts(again) == []


# Keys that are personal are masked, and the store holds neither a key nor a value.
async def test_keeps_and_shows_nothing_personal(folder, machine, backbone, tell, edit):
    await tell(("ada-the-key", {"email": "ada@example.com"}), ("ada-too", {"email": "ada@example.com"}))
    await counted(backbone)
    await backbone.store.close()
    held = Project.load(folder).store_path.read_bytes()
    assert b"ada@example.com" not in held
    assert b"ada-the-key" not in held
    edit("contracts/customer.odcs.yaml", "primaryKey: true", "primaryKey: true, classification: personal")
    async with opened(Project.load(folder), machine) as again:
        [group] = (await census.duplicates(again, STREAM)).groups
        assert [one.key for one in group.oldest] == ["***", "***"]


# A stream that is not matched has no duplicates to list, and a list has bounds.
async def test_usage(backbone):
    with pytest.raises(UsageError, match="order@1 is not counted: its contract does not say match"):
        await census.duplicates(backbone, "order")
    with pytest.raises(UsageError, match="from 1 to 1,000"):
        await census.duplicates(backbone, "customer", 0)
    assert (await census.duplicates(backbone, "customer")).groups == []


# Rules can ask for the share of each stream that is matched.
async def test_a_measure_of_alerts(backbone, tell):
    await tell(ADA, ADA_AGAIN)
    await counted(backbone)
    readings = await Reader(backbone, [], dict).look([])
    [one] = [subject for subject in readings["stream"] if subject.labels == {"stream": STREAM}]
    assert one.values[Series("duplicate_entities")] == 0.5


# It begins soon after the start, rests after each piece, and looks again within the hour.
async def test_in_the_background(backbone, tell):
    clock = backbone.machine.clock
    await tell(ADA, ADA_AGAIN)
    task = census.asyncio.create_task(census.keep_counting(backbone))
    try:
        for expected in ((2, 1, 0), (3, 1, 0)):
            while (await count_of(backbone)) != expected:
                clock.advance_to(clock.next_wake or clock.now())
                await census.asyncio.sleep(0)
            await tell(BOB)
    finally:
        task.cancel()
    assert clock.now() >= census.EVERY_SECONDS
