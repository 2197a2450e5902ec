"""What an arrival becomes on its way into the log."""

from __future__ import annotations

import msgspec
import pytest
from tests.unit.intake.conftest import SALE

from trunkline.connectors.source import Arrival
from trunkline.contracts.contract import load
from trunkline.intake.accept import Into, Refusal
from trunkline.intake.quarantine import MemoryQuarantine, QuarantineLimits, Query
from trunkline.intake.webhook import Webhook, WebhookRequest, WebhookSettings
from trunkline.kernel import json
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import BusyError, Final, StoreError
from trunkline.kernel.signals import Accepted, Refused
from trunkline.testkit.clock import START


# A good arrival is an event with its bytes untouched, named and keyed by its contract.
async def test_good_arrival_is_stored_as_it_came(scene):
    raw = b' {"id":"s1", "amount":0.10, "key":"k1", "at":"2026-01-02T03:04:05Z"} '
    [receipt] = await scene.intake.accept([Arrival(raw)])
    [event] = await scene.stored()
    assert event.data == raw
    assert (event.id, event.source, event.type, event.subject) == ("k1", "shop/sales", "sale", "s1")
    assert (event.contract, event.recorded) == ("sale@1.2.0", START)
    assert event.time == START + (24 * 3600 + 3 * 3600 + 4 * 60 + 5) * SECOND
    assert (receipt.status, receipt.id, receipt.offset) == ("accepted", "k1", 0)
    assert receipt.correlation == event.correlation


# What the source knows of identity, type, time and correlation is kept.
async def test_source_knows_more(scene, sale):
    await scene.intake.accept([sale(identity="mine", type="sale.made", time=5, correlation="c" * 32)])
    [event] = await scene.stored()
    assert (event.id, event.type, event.time, event.correlation) == ("mine", "sale.made", 5, "c" * 32)


# An arrival without any time happened when it was accepted.
async def test_time_falls_back_to_now(scene, sale):
    scene.clock.advance(7)
    await scene.intake.accept([sale()])
    [event] = await scene.stored()
    assert event.time == event.recorded == START + 7 * SECOND


# A row of texts becomes a typed record without binary floats.
async def test_fields_are_typed(scene):
    await scene.intake.accept([Arrival(b"s1;0.10;k1", fields={"id": "s1", "amount": "0.10", "key": "k1"})])
    [event] = await scene.stored()
    assert msgspec.json.decode(event.data, type=dict[str, msgspec.Raw])["amount"] == msgspec.Raw(b"0.10")


# The same identity again is a duplicate, in one call or in two, with the offset of the first.
async def test_duplicates(scene, sale):
    receipts = await scene.intake.accept([sale(1), sale(2), sale(1)])
    receipts += await scene.intake.accept([sale(2)])
    assert [(r.status, r.offset) for r in receipts] == [
        ("accepted", 0),
        ("accepted", 1),
        ("duplicate", 0),
        ("duplicate", 1),
    ]
    assert scene.emitted == [Accepted("shop/sales", "sale@1", 2, 1), Accepted("shop/sales", "sale@1", 0, 1)]


# Bad arrivals go to quarantine with their bytes and reasons while the good ones go on, receipts in order.
async def test_bad_among_good(scene, sale):
    bad = Arrival(
        b'{"id":"s2","amount":"ann@example.com","key":"k"}', place="sales.jsonl line 2", identity="file/2"
    )
    receipts = await scene.intake.accept([sale(1), bad, sale(3)])
    assert [r.status for r in receipts] == ["accepted", "refused", "accepted"]
    assert receipts[1].id == "file/2"
    assert len(await scene.stored()) == 2
    [entry] = await scene.quarantine.list(Query())
    held = await scene.quarantine.get(entry.id)
    assert (held.arrival.raw, held.arrival.identity) == (bad.raw, "file/2")
    assert (entry.source, entry.stream, entry.contract) == ("shop/sales", "sale@1", "sale@1.2.0")
    assert (entry.place, entry.kind, entry.reasons[0].pointer) == (
        "sales.jsonl line 2",
        "contract",
        "/amount",
    )
    assert entry.correlation == receipts[1].correlation
    named = (entry.correlation, "file/2", "sale@1.2.0")
    assert Refused("shop/sales", "sale@1", 1, "contract", *named) in scene.emitted


# No receipt, reason or signal repeats a value of the record.
async def test_reasons_repeat_no_value(scene):
    [receipt] = await scene.intake.accept(
        [Arrival(b'{"id":{"mail":"ann@example.com"},"amount":"ann@example.com"}')]
    )
    assert receipt.reasons
    [entry] = await scene.quarantine.list(Query())
    assert "ann" not in repr([receipt, entry, scene.emitted])


DEEP = b'{"id":"s","amount":1,"key":"k","x":' + b"[" * 64 + b"]" * 64 + b"}"


# Each way an arrival can be unfit has its class.
@pytest.mark.parametrize(
    ("arrival", "kind"),
    [
        (Arrival(b"{"), "json"),
        (Arrival(b'{"id":"\xff"}'), "json"),
        (Arrival(b"[" * 100_000), "json"),
        (Arrival(b"[]"), "contract"),
        (Arrival(b"{}"), "contract"),
        (Arrival(b'"' + b"x" * 300_000 + b'"'), "size"),
        (Arrival(DEEP), "depth"),
        (Arrival(b'{"id":"s","amount":1,"key":""}'), "identity"),
        (Arrival(b'{"id":"s","amount":1,"key":"%s"}' % (b"k" * 513)), "identity"),
        (Arrival(b'{"id":"s","amount":1,"key":"k"}', identity="k" * 513), "identity"),
        (Arrival(b"s1;x", fields={"id": "s1", "amount": "x"}), "contract"),
        (Arrival(b"s1;1", fields={"id": "s1", "amount": "1", "key": "k" * 513}), "identity"),
        (Arrival(b"\x00", fault="line 3 has an open quote"), "source"),
    ],
)
def test_classes_of_refusal(scene, arrival, kind):
    judged = scene.intake.judge(arrival, START)
    assert isinstance(judged, Refusal)
    assert judged.kind == kind
    assert judged.reasons


# A time that no calendar has is the sender's fault, not a failure of the store.
@pytest.mark.parametrize("time", [10**30, -(10**30)])
def test_impossible_times(scene, sale, time):
    judged = scene.intake.judge(sale(time=time), START)
    assert (judged.kind, judged.reasons[0].rule) == ("contract", "eventTime")


# Many brackets are no depth: a wide record passes where a deep one does not.
def test_wide_is_not_deep(scene):
    wide = b'{"id":"s","amount":1,"key":"k","x":[' + b",".join([b"[[]]"] * 100) + b"]}"
    assert not isinstance(scene.intake.judge(Arrival(wide), START), Refusal)


# A log that cannot store gives no receipt, and the same arrivals may come again.
async def test_store_error_gives_no_receipt(scene, sale):
    class Broken:
        async def append(self, stream, events):
            raise StoreError("the disk is away")

    broken = scene.build(log=Broken())
    with pytest.raises(StoreError):
        await broken.accept([sale()])
    assert scene.emitted == []
    [receipt] = await scene.intake.accept([sale()])
    assert receipt.status == "accepted"


# A full quarantine refuses the whole call before anything is appended: nothing is lost, all may come again.
async def test_full_quarantine_is_busy(scene, sale):
    full = scene.build(quarantine=MemoryQuarantine(QuarantineLimits(entries=0)))
    with pytest.raises(BusyError):
        await full.accept([sale(1), Arrival(b"{}")])
    assert await scene.stored() == []


# An empty call stores and says nothing.
async def test_nothing_arrives(scene):
    assert await scene.intake.accept([]) == []
    assert scene.emitted == []


NEXT = SALE.replace("version: 1.2.0", "version: 2.0.0").replace("name: amount", "name: cents")


def cast_scene(scene, cast):
    return scene.build(into=Into(load(NEXT, "sale-2.odcs.yaml"), cast))


def cents(record):
    return {
        **{name: value for name, value in record.items() if name != "amount"},
        "cents": record["amount"] * 100,
    }


# What is given in an earlier version is judged and identified by that, then cast and stored in the later.
async def test_a_cast(scene, sale):
    intake = cast_scene(scene, cents)
    [receipt] = await intake.accept([sale()])
    assert (receipt.status, receipt.id) == ("accepted", "k1")
    [event] = (await scene.log.read("sale@2", 0)).events
    assert json.decode(event.data) == {"id": "s1", "key": "k1", "cents": 150}
    assert (event.contract, event.given, event.subject) == ("sale@2.0.0", "sale@1.2.0", "s1")
    assert await scene.stored() == []
    assert scene.emitted == [Accepted("shop/sales", "sale@2", 1, 0)]


# What breaks the version it is given in is refused by that one, before any cast.
async def test_a_refusal_before_the_cast(scene):
    intake = cast_scene(scene, cents)
    [receipt] = await intake.accept([Arrival(b'{"id": "s1"}')])
    assert receipt.status == "refused"
    [entry] = await scene.quarantine.list(Query())
    assert (entry.kind, entry.contract, entry.stream) == ("contract", "sale@1.2.0", "sale@1")


# What cannot be cast is kept in quarantine with the reason, and so is what would have another key.
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("final", "it cannot be cast to sale@2.0.0: no such status"),
        ("entity", "its key would be another one in sale@2.0.0"),
        ("identity", "its key would be another one in sale@2.0.0"),
    ],
)
async def test_what_cannot_be_cast(scene, sale, wrong, reason):
    def cast(record):
        if wrong == "final":
            raise Final("contract", "no such status")
        return cents(record) | ({"id": "other"} if wrong == "entity" else {"key": "other"})

    intake = cast_scene(scene, cast)
    [receipt] = await intake.accept([sale()])
    assert receipt.status == "refused"
    [entry] = await scene.quarantine.list(Query())
    held = await scene.quarantine.get(entry.id)
    assert (entry.kind, entry.contract, held.arrival.raw) == ("cast", "sale@1.2.0", sale().raw)
    assert [(one.rule, one.message) for one in entry.reasons] == [("cast", reason)]


# A sender's own idempotency key goes through the cast, whatever the record's own would be.
async def test_a_senders_key_goes_through_the_cast(scene, sale):
    intake = cast_scene(scene, cents)
    [receipt] = await intake.accept([sale(identity="mine")])
    assert receipt.id == "mine"


# A record that cannot be cast is one of its sender's all the same: it is kept, also where it came alone.
async def test_what_a_webhook_cannot_cast_is_kept(scene, sale):
    def cast(_record):
        raise Final("contract", "no such status")

    hook = Webhook(WebhookSettings("/sales", "none"), None, cast_scene(scene, cast), scene.around)
    answer = await hook.handle(WebhookRequest("POST", {b"content-type": b"application/json"}, sale().raw))
    [error] = json.decode(answer.body)["errors"]
    assert (answer.status, error["detail"]) == (422, "it cannot be cast to sale@2.0.0: no such status")
    assert len(await scene.quarantine.list(Query())) == 1
