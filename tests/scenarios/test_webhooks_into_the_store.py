"""Webhooks over a real socket into a real store: what was answered 202 is there after a restart."""

from __future__ import annotations

import asyncio
import contextlib

import aiohttp

from trunkline.adapters.sqlite.log import SqliteLog
from trunkline.adapters.sqlite.quarantine import SqliteQuarantine
from trunkline.adapters.sqlite.store import Store
from trunkline.contracts.contract import load
from trunkline.eventlog.seal import KEY_BYTES, Sealer
from trunkline.intake.accept import Intake, Surroundings
from trunkline.intake.quarantine import Query
from trunkline.intake.release import Decision, release
from trunkline.intake.webhook import Webhook, WebhookSettings
from trunkline.kernel.clock import SystemClock
from trunkline.kernel.ids import SystemIds
from trunkline.kernel.signals import Signals
from trunkline.surfaces.door import Door, serve

CLOCK = SystemClock()
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: sale
name: sale
version: 1.0.0
status: active
schema:
  - name: sale
    logicalType: object
    properties:
      - {name: id, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: amount, logicalType: number, required: true}
"""


@contextlib.asynccontextmanager
async def running(folder):
    """Open the store in ``folder`` behind a door; give a client session, log, quarantine and intake."""
    store, sealer = Store(folder / "store.db"), Sealer(bytes(KEY_BYTES))
    log = await SqliteLog.open(store, sealer, CLOCK)
    quarantine = SqliteQuarantine(store, sealer)
    around = Surroundings(CLOCK, SystemIds(CLOCK), Signals())
    intake = Intake("shop/sales", load(CONTRACT, "sale.odcs.yaml"), log, quarantine, around)
    hook = Webhook(WebhookSettings("/hooks", "none"), None, intake, around)
    listening = await serve(Door({"/hooks": hook}, around.ids), "127.0.0.1", 0)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{listening.port}") as session:
        yield session, log, quarantine, intake
    await listening.close()
    await store.close()


async def post(session, number: int, amount: str = "0.10"):
    body = f'{{"id":"s{number}","amount":{amount}}}'
    headers = {"content-type": "application/json", "idempotency-key": f'"k{number}"'}
    async with session.post("/hooks", data=body, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


# Forty senders at once: each has its own receipt, offsets are one each, and a restart still knows them all.
async def test_stored_before_it_is_answered(tmp_path):
    async with running(tmp_path) as (session, *_):
        answers = await asyncio.gather(*(post(session, number) for number in range(40)))
    receipts = [document["receipts"][0] for _, document in answers]
    assert [receipt["id"] for receipt in receipts] == [f"k{number}" for number in range(40)]
    assert sorted(receipt["offset"] for receipt in receipts) == list(range(40))
    async with running(tmp_path) as (session, log, *_):
        page = await log.read("sale@1", 0)
        assert {event.id: event.data for event in page.events}["k7"] == b'{"id":"s7","amount":0.10}'
        status, document = await post(session, 7)
        assert (status, document["receipts"][0]["status"]) == (202, "duplicate")
        assert document["receipts"][0]["offset"] == receipts[7]["offset"]


# What was refused outlives a restart; let in with an edit, its sender's repeat is then a duplicate.
async def test_refused_mended_released(tmp_path):
    async with running(tmp_path) as (session, *_):
        assert (await post(session, 1, '"ten"'))[0] == 422
    async with running(tmp_path) as (session, log, quarantine, intake):
        [entry] = await quarantine.list(Query())
        edited = Decision("eve", "typed as a text", {entry.id: b'{"id":"s1","amount":10}'})
        [one] = await release(quarantine, {"shop/sales": intake}, CLOCK, [entry.id], edited)
        assert one.fate == "released"
        status, document = await post(session, 1, "10")
        assert (status, document["receipts"][0]["status"]) == (202, "duplicate")
        assert len((await log.read("sale@1", 0)).events) == 1
