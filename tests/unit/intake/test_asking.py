"""Whoever asks gets the answer, its repeat, or a clear word why there is none."""

from __future__ import annotations

import asyncio
import json

import pytest
from msgspec import ValidationError, convert
from tests.unit.intake.conftest import SALE

from trunkline.connectors.reply import Reply
from trunkline.contracts.contract import load
from trunkline.intake.accept import Into
from trunkline.intake.asking import Asking, AskingSettings
from trunkline.intake.quarantine import Query
from trunkline.intake.webhook import Webhook, WebhookRequest
from trunkline.kernel.errors import StoreError
from trunkline.kernel.event import Event
from trunkline.kernel.signals import Answered
from trunkline.surfaces.connection import Batching

TRACE = "0af7651916cd43dd8448eb211c80319c"
OTHER = "b" * 32
JSON = {b"content-type": b"application/json", b"traceparent": f"00-{TRACE}-b7ad6b7169203331-01".encode()}
GOOD = b'{"id":"s1","amount":1.50,"key":"k1"}'
ANSWER = Reply(b'{"reserved":3}', correlation=TRACE)


class Flow:
    """The flow behind the source: it answers what it is given, when it is told to."""

    def __init__(self):
        self.away, self.known, self.asked = 0.0, None, []
        self.answer = ANSWER
        self.begun = asyncio.Queue()
        self.gate = asyncio.Event()
        self.gate.set()

    def away_seconds(self):
        return self.away

    async def told(self, event):
        return self.known

    async def reply(self, offset, *, again):
        self.asked.append((offset, again))
        self.begun.put_nowait(offset)
        await self.gate.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def flow():
    return Flow()


@pytest.fixture
def source(scene, flow):
    settings = AskingSettings(path="/ask", verify="none", timeout_seconds=5.0, callers=2)
    hook = Webhook(settings, None, scene.intake, scene.around)
    return Asking(hook, settings, scene.intake, scene.around, flow)


async def post(source, body=GOOD, method="POST"):
    answer = await source.handle(WebhookRequest(method, JSON, body))
    return answer.status, dict(answer.headers), json.loads(answer.body)


# What was asked before its source moved to another major version is not asked again: its answer is gone.
async def test_a_question_from_before_the_move(scene, source, flow):
    await scene.log.append("sale@0", [Event("k1", "shop/sales", "", "", 0, 0, "sale@0.1.0", "", b"{}")])
    earlier = load(SALE.replace("version: 1.2.0", "version: 0.1.0"), "sale-0.odcs.yaml")
    intake = scene.build(contract=earlier, into=Into(scene.contract, lambda record: record))
    settings = AskingSettings(path="/ask", verify="none")
    hook = Webhook(settings, None, intake, scene.around)
    moved = Asking(hook, settings, intake, scene.around, flow)
    status, _, document = await post(moved)
    assert (status, "before its contract had a new major version" in document["detail"]) == (410, True)
    assert flow.asked == []


# The answer of the flow is the caller's, with the correlation ID; the same again says that it is a repeat.
async def test_an_answer_and_its_repeat(scene, source, flow):
    status, headers, document = await post(source)
    assert (status, document) == (200, {"reserved": 3})
    assert headers[b"correlation-id"] == TRACE.encode()
    assert b"idempotency-replayed" not in headers
    flow.answer = Reply(ANSWER.body, correlation=OTHER)
    status, headers, document = await post(source)
    assert (status, document, headers[b"idempotency-replayed"]) == (200, {"reserved": 3}, b"true")
    assert headers[b"correlation-id"] == OTHER.encode()
    assert flow.asked == [(0, False), (0, True)]
    assert len(await scene.stored()) == 1
    told = [one for one in scene.emitted if isinstance(one, Answered)]
    assert [(one.source, one.status, one.requests, one.repeats) for one in told] == [
        ("shop/sales", 200, 1, 0),
        ("shop/sales", 200, 1, 1),
    ]


# What has no answer is told as a problem: its class and its correlation ID.
@pytest.mark.parametrize(
    ("reply", "status", "words"),
    [
        (Reply(kind="http-422", detail="a person has to look", correlation=TRACE), 502, "http-422: a person"),
        (Reply(kind="gone", detail="not kept any more"), 410, "not kept"),
    ],
)
async def test_no_answer(source, flow, reply, status, words):
    flow.answer = reply
    found, headers, document = await post(source)
    assert (found, document["status"], document["instance"]) == (
        status,
        status,
        f"urn:trunkline:trace:{TRACE}",
    )
    assert words in document["detail"]
    assert headers[b"content-type"] == b"application/problem+json"


# What takes too long is 504, the record stays stored, and the wait ends at the set time.
async def test_too_late(scene, source, flow):
    flow.gate.clear()
    asked = asyncio.ensure_future(post(source))
    await flow.begun.get()
    scene.clock.advance(4.9)
    await asyncio.sleep(0)
    assert not asked.done()
    scene.clock.advance(0.2)
    status, headers, document = await asked
    assert (status, headers[b"correlation-id"]) == (504, TRACE.encode())
    assert "same idempotency key" in document["detail"]
    assert len(await scene.stored()) == 1


# A store that cannot tell what came of it leaves the request stored, and says to ask again.
async def test_a_store_that_fails_meanwhile(scene, source, flow):
    flow.answer = StoreError("away")
    status, _, document = await post(source)
    assert (status, "ask again" in document["detail"]) == (504, True)
    assert len(await scene.stored()) == 1


# While the target is away nothing is stored, and the caller is told when to come back, or what it was told.
async def test_the_target_is_away(scene, source, flow):
    flow.away = 12.3
    status, headers, document = await post(source)
    assert (status, headers[b"retry-after"]) == (503, b"13")
    assert [one.status for one in scene.emitted if isinstance(one, Answered)] == [503]
    assert "nothing was stored" in document["detail"]
    flow.known = ANSWER
    status, headers, document = await post(source)
    assert (status, document, headers[b"idempotency-replayed"]) == (200, {"reserved": 3}, b"true")
    assert await scene.stored() == []


# Only so many wait at a time; one more is told to come back, and nothing of it is stored.
async def test_too_many_wait(scene, source, flow):
    flow.gate.clear()
    bodies = [b'{"id":"s","amount":1,"key":"k%d"}' % number for number in range(3)]
    waiting = [asyncio.ensure_future(post(source, body)) for body in bodies[:2]]
    for _ in waiting:
        await flow.begun.get()
    status, headers, _ = await post(source, bodies[2])
    assert (status, headers[b"retry-after"]) == (503, b"1")
    flow.gate.set()
    assert [(await one)[0] for one in waiting] == [200, 200]
    assert (await post(source, bodies[2]))[0] == 200
    assert len(await scene.stored()) == 3


# What a webhook refuses is refused in the same words; a request is one record.
@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{oops", 400), (b"[]", 400), (b"[" + GOOD + b"," + GOOD + b"]", 400), (b'{"id":"s1","key":"k"}', 422)],
)
async def test_what_is_refused(scene, source, flow, body, status):
    assert (await post(source, body))[0] == status
    assert flow.asked == []
    assert await scene.stored() == []
    assert len(await scene.quarantine.list(Query())) == (status == 422)


# The door hands none of them over together: a quick answer would wait for a slow one that came with it.
def test_each_is_answered_by_itself(scene, source):
    assert isinstance(Webhook(AskingSettings("/ask", "none"), None, scene.intake, scene.around), Batching)
    assert not isinstance(source, Batching)


# Only POST asks.
async def test_only_post(source, flow):
    assert (await post(source, method="PUT"))[0] == 405
    assert flow.asked == []


# A setting that makes no sense is refused in words.
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"timeout_seconds": 601}, "timeout_seconds"),
        ({"callers": 0}, "callers"),
        ({"batch_events": 5}, "one record"),
        ({"path": "ask"}, "slash"),
    ],
)
def test_settings(changes, words):
    with pytest.raises(ValidationError, match=words):
        convert({"path": "/ask", "verify": "none", **changes}, AskingSettings)
