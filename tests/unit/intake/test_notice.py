"""What senders are told of a version that ends: by headers while it works, by a refusal once it does not."""

from __future__ import annotations

import asyncio
import json

import pytest

from trunkline.connectors.source import Arrival, Batch
from trunkline.intake.asking import Asking, AskingSettings
from trunkline.intake.notice import Announcing, AnnouncingAll, Ceasing, Ending, Notice, announcing
from trunkline.intake.pull import pump
from trunkline.intake.webhook import Webhook, WebhookRequest, WebhookSettings
from trunkline.kernel.signals import Refused
from trunkline.surfaces.connection import Batching

BODY = b'{"id":"s1","amount":1.50,"key":"k1"}'
ENDING = Ending("sale@1.2.0", 1_688_169_599_000_000, 1_704_067_199_500_000, "sale@2.0.0", "/docs/sale.html")
TOLD = {
    b"deprecation": b"@1688169599",
    b"sunset": b"Sun, 31 Dec 2023 23:59:59 GMT",
    b"link": b'</docs/sale.html>; rel="deprecation sunset"; type="text/html"',
}


def request(body=BODY, method="POST"):
    return WebhookRequest(method, {b"content-type": b"application/json"}, body)


def told(answer):
    return {name: value for name, value in answer.headers if name in TOLD}


@pytest.fixture
def notice():
    return Notice()


@pytest.fixture
def endpoint(scene, notice):
    webhook = Webhook(WebhookSettings("/sales", "none"), None, scene.intake, scene.around)
    return announcing(webhook, "shop/sales", "sale@1", notice, scene.around)


# While nothing is on its way out, answers are those of the webhook itself.
async def test_nothing_to_say(endpoint):
    answer = await endpoint.handle(request())
    assert (answer.status, told(answer)) == (202, {})
    [answer] = await endpoint.handle_all([request()])
    assert (answer.status, told(answer)) == (202, {})


# Every answer says since when the version is deprecated and when it ends: a success, and each refusal.
async def test_every_answer_says_it(endpoint, notice):
    notice.change(ENDING, over=False)
    answers = await endpoint.handle_all([request(), request(b"{}"), request(b"["), request(method="GET")])
    answers += [await endpoint.handle(request()), endpoint.too_large(), endpoint.too_slow()]
    assert [one.status for one in answers] == [202, 422, 400, 405, 202, 413, 408]
    assert all(told(one) == TOLD for one in answers)


# A version that nobody can read about, and none that takes its place: what is not known is left out.
def test_only_what_is_known():
    ending = Ending("sale@1.2.0", 0, 0)
    assert dict(ending.headers) == {b"deprecation": b"@0", b"sunset": b"Thu, 01 Jan 1970 00:00:00 GMT"}
    assert str(ending) == "sale@1.2.0 is over since its sunset, 1970-01-01T00:00:00Z"


# Once it is over a request is refused with what to use instead, nothing is stored, and that is counted.
async def test_over(endpoint, notice, scene):
    notice.change(ENDING, over=True)
    for answer in (await endpoint.handle(request()), *await endpoint.handle_all([request(), request()])):
        found = json.loads(answer.body)
        assert (answer.status, found["status"]) == (410, 410)
        assert found["type"].endswith("webhooks.md#sunset")
        assert (found["version"], found["sunset"]) == ("sale@1.2.0", "2023-12-31T23:59:59.500000Z")
        assert found["successor"] == "sale@2.0.0"
        assert "sale@2.0.0" in found["detail"]
        assert told(answer) == TOLD
    assert scene.emitted == [Refused("shop/sales", "sale@1", 1, "sunset")] * 3
    assert await scene.stored() == []


# A sunset that is moved, or taken back, holds for the next request.
async def test_a_sunset_that_is_moved(endpoint, notice):
    notice.change(ENDING, over=True)
    notice.change(ENDING, over=False)
    assert (await endpoint.handle(request())).status == 202
    notice.change(None, over=False)
    assert told(await endpoint.handle(request())) == {}


# An endpoint that answers requests together still does, and one whose callers wait still does not.
def test_together_or_each_by_itself(scene, notice):
    webhook = Webhook(WebhookSettings("/sales", "none"), None, scene.intake, scene.around)
    asking = Asking(webhook, AskingSettings("/sales", "none"), scene.intake, scene.around, answers=None)
    made = [announcing(one, "shop/sales", "sale@1", notice, scene.around) for one in (webhook, asking)]
    assert [type(one) for one in made] == [AnnouncingAll, Announcing]
    assert [isinstance(one, Batching) for one in made] == [True, False]
    assert [(one.path, one.body_bytes) for one in made] == [(webhook.path, webhook.body_bytes)] * 2


class Files:
    """A source of one arrival a batch, as long as it is told of any; it notes how often it was begun."""

    name = "till/sales"

    def __init__(self):
        self.waiting, self.settled, self.begun, self.ended = [], [], 0, 0
        self.changed, self.closed = asyncio.Event(), False

    def put(self, *numbers):
        self.waiting += numbers
        self.changed.set()

    async def batches(self):
        self.begun += 1
        try:
            while not self.closed:
                for number in [one for one in self.waiting if one not in self.settled]:
                    raw = b'{"id":"s%d","amount":1,"key":"k%d"}' % (number, number)
                    yield Batch([Arrival(raw)], number)
                self.changed.clear()
                await self.changed.wait()
        finally:
            self.ended += 1

    async def settle(self, batch, receipts):
        self.settled.append(batch.token)

    async def close(self):
        self.closed = True
        self.changed.set()


async def until(condition):
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0)
    pytest.fail("it did not come")


# What comes to a source whose version is over stays where it is, and is taken once the sunset was moved.
async def test_a_source_that_ceases(scene, notice):
    files = Files()
    source = Ceasing(files, notice)
    pumping = asyncio.create_task(pump(source, scene.intake, scene.around))
    files.put(1)
    await until(lambda: files.settled == [1])
    notice.change(ENDING, over=True)
    files.put(2)
    await until(lambda: files.ended == 1)
    assert files.settled == [1]
    assert len(await scene.stored()) == 1
    notice.change(ENDING, over=False)
    await until(lambda: files.settled == [1, 2])
    assert files.begun == 2
    await source.close()
    await asyncio.wait_for(pumping, 10)


# A source whose version was over from the start is closed at once, and was never begun.
async def test_a_source_that_never_began(scene, notice):
    notice.change(ENDING, over=True)
    files = Files()
    source = Ceasing(files, notice)
    pumping = asyncio.create_task(pump(source, scene.intake, scene.around))
    for _ in range(5):
        await asyncio.sleep(0)
    await source.close()
    await asyncio.wait_for(pumping, 10)
    assert files.begun == 0
